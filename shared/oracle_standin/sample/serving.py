"""The sample schema behind a server, for tests and trials in Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from oracle_standin.faults import FaultBook
from oracle_standin.sample.events import EVENT_ROWS
from oracle_standin.sample.schema import PASSWORD, USER, sample_database
from oracle_standin.server import RELEASES, ServerOptions, running
from oracle_standin.wire.profiles import PROFILES


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a client logs in with."""

    dsn: str
    user: str = USER
    password: str = PASSWORD


@contextmanager
def running_sample(
    *,
    profile: str = "23ai",
    event_rows: int = EVENT_ROWS,
    faults: FaultBook | None = None,
) -> Iterator[Account]:
    """Serve the sample schema on a free port of this machine while the block runs."""
    database = sample_database(release=RELEASES[profile], event_rows=event_rows)
    with running(database, ServerOptions(profile=PROFILES[profile]), faults=faults) as server:
        yield Account(dsn=server.dsn)
