"""Carry tables through the whole system: HTTP, workers of their own, the wire, and files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journey_homes.api import Document
from journey_homes.command import Ended
from journey_homes.embedded_home import EmbeddedHome, embedded_home
from journey_homes.environment import environment_of, the_command
from journey_homes.event_stream import Event
from journey_homes.home import Home
from journey_homes.oracle import Oracle
from journey_homes.written import Row, Version

_VERIFY_SECONDS = 900.0

STAYING = {"ETL_IDLE": "60s"}
"""Workers wait for the next job, so that small jobs do not pay for starting them."""


@dataclass(frozen=True, kw_only=True)
class Carried:
    """A job that has ended, and what it left."""

    job: Document
    tables: dict[str, Document]
    events: list[Event]
    transport: str
    version: Version

    def rows(self, table: str) -> list[Row]:
        """Return a table's rows in the order of their ids, where they have one."""
        rows = self.version.rows(table)
        return sorted(rows, key=lambda row: int(row["ID"])) if rows and "ID" in rows[0] else rows

    def of_manifest(self, table: str) -> Document:
        """Return what the manifest says of a table."""
        tables = self.version.manifest["tables"]
        [found] = [each for each in tables if each["table"].rpartition(".")[2] == table]
        return dict(found)


def carry(home: Home, *tables: Any, **fields: Any) -> Carried:  # noqa: ANN401 - as the API takes them
    """Carry tables as a new transport, and return what came of it, whichever way it ended."""
    transport = home.api.create(list(tables), **fields)
    return carry_again(home, transport, label="v001")


def carry_again(home: Home, transport: str, *, label: str) -> Carried:
    """Run a transport and return what came of it."""
    job = home.api.execute(transport)
    events = list(home.api.watch(job))
    return Carried(
        job=home.api.job(job),
        tables=home.api.tables(job),
        events=events,
        transport=transport,
        version=Version(home=home, transport=transport, label=label),
    )


@contextmanager
def a_home(folder: Path, oracle: Oracle, **settings: str) -> Iterator[EmbeddedHome]:
    """Run the system on this machine while the block runs."""
    with embedded_home(folder / "data", oracle, {**STAYING, **settings}) as home:
        yield home


def verified(home: EmbeddedHome, oracle: Oracle, job: str, *arguments: str) -> Ended:
    """Run `oracle-etl verify` as a user does on the machine that has the objects."""
    settings = {**oracle.settings, "DATA_FOLDER": str(home.objects_folder.parent)}
    return Ended(
        subprocess.run(  # noqa: S603 - our own program, no shell
            (the_command(), "verify", job, "--json", *arguments),
            env=environment_of(settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_VERIFY_SECONDS,
        )
    )
