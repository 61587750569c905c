"""A Google home whose three tables take their time, and one of which stumbles: much to watch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journey_homes.google_home import GoogleHome, google_home
from journey_homes.oracle import an_oracle
from oracle_standin.faults import Action, Rule

NAMES = ("WATCHED_A", "WATCHED_B", "WATCHED_C")
ROWS = 300
_STUMBLE = Rule(action=Action.DROP, statement=r'SELECT "ID".*"WATCHED_B"', after_rows=50)


@contextmanager
def watched_home(folder: Path, *, bytes_per_second: int) -> Iterator[GoogleHome]:
    """Serve while the block runs; each table is 50 kB."""
    slowly = Rule(
        action=Action.TRICKLE,
        statement="AS OF SCN",
        bytes_per_second=bytes_per_second,
        times=None,
    )
    with an_oracle() as oracle:
        for name in NAMES:
            rows = [(number, f"{name} " + "x" * 150) for number in range(ROWS)]
            oracle.make_table(name, "ID NUMBER(9), NOTE VARCHAR2(200)", rows)
        with (
            oracle.going_wrong(_STUMBLE, slowly),
            google_home(folder / "home", oracle, {}) as home,
        ):
            yield home
