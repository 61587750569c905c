"""A whole system in one thread for tests of the flow: state, queue and objects are real.

Oracle is a source in memory, time moves by waiting, and the test itself plays the workers.
"""

from __future__ import annotations

import gzip
import itertools
import json
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from builders import a_transport
from fakes.memory_source import MemorySource
from fakes.stepped_clock import SteppedClock
from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.flow.start_job import start_job
from oracle_etl.flow.tick import tick
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.gateways.embedded.sqlite import (
    Database,
    SqliteJobBook,
    SqliteProgressBoard,
    SqliteTaskQueue,
)
from oracle_etl.model.job import Job, JobRequest
from oracle_etl.model.transport import Carriage, TableChoice, Transport
from oracle_etl.outside import Limits, Outside
from oracle_etl.ports import PageRequest

BUCKET = "lake"
NEVER = 1e9
LIMITS = Limits(
    workers=2,
    lease=120.0,
    # The keeper thread would act by real time; what it does is tested apart.
    renewal=NEVER,
    progress_interval=NEVER,
    idle=2.0,
    dispatch_grace=10.0,
)


class CountingLauncher:
    """Starts nobody and remembers how many were asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.alive = 0

    def launch(self, count: int) -> None:
        self.asked.append(count)

    def running(self) -> int:
        return self.alive


def a_home(folder: Path, *, source: MemorySource | None = None, **changes: Any) -> Outside:  # noqa: ANN401 - any field
    """Return a home in a folder, with a source in memory."""
    clock = SteppedClock()
    database = Database(folder / "state.db")
    read = source or MemorySource()
    digits = itertools.count(1)
    home = Outside(
        book=SqliteJobBook(database),
        queue=SqliteTaskQueue(database, clock=clock),
        board=SqliteProgressBoard(database, clock=clock),
        launcher=CountingLauncher(),
        store=FolderObjectStore(folder / "objects"),
        source=lambda _: read,
        clock=clock,
        randomness=lambda: f"{next(digits):08x}"[::-1],
        limits=LIMITS,
        default_bucket=BUCKET,
        close=database.close,
    )
    return replace(home, **changes)


def put_transport(home: Outside, *tables: str, **changes: Any) -> Transport:  # noqa: ANN401 - any field
    """Write a transport of these tables down and return it."""
    choices = tuple(TableChoice(table=each) for each in tables)
    transport = a_transport(tables=choices, target_bucket=BUCKET, **changes)
    home.book.transact(lambda entries: entries.put_transport(transport))
    return transport


def start(home: Outside, transport: Transport, **asked: Any) -> Job:  # noqa: ANN401 - any field
    return start_job(transport.id, JobRequest(**asked), outside=home).job


def drain(home: Outside, *, owner: str = "w1") -> int:
    """Let one worker work until it finds nothing more."""
    return drain_queue(owner=owner, stopping=threading.Event(), outside=home)


def settle(home: Outside, job_id: str, *, rounds: int = 12) -> Job:
    """Tick and work until the job has ended, letting leases lapse in between; it has to end."""
    job = go_on(home, job_id, rounds=rounds)
    assert job.status.ended, f"{job.id} is {job.status} after {rounds} rounds"
    return job


def go_on(home: Outside, job_id: str, *, rounds: int) -> Job:
    """Tick and work so many times, or until the job has ended, letting leases lapse in between."""
    for number in range(rounds):
        job = home.book.job(job_id)
        if job.status.ended:
            return job
        home.clock.wait(home.limits.lease + 1)
        tick(outside=home)
        drain(home, owner=f"settler-{number}")
    return home.book.job(job_id)


def names(home: Outside, prefix: str = "") -> list[str]:
    return list(home.store.names(BUCKET, prefix))


def content(home: Outside, name: str) -> bytes:
    stored = home.store.stat(BUCKET, name)
    assert stored is not None, f"{name} is not there"
    with home.store.open(stored) as pieces:
        return b"".join(pieces)


def rows(home: Outside, name: str) -> Counter[tuple[int, str | None]]:
    """Return the rows of a gzip JSON Lines object, each with how often it stands there."""
    lines = gzip.decompress(content(home, name)).splitlines()
    read = (json.loads(line) for line in lines)
    return Counter((each["ID"], each["NAME"]) for each in read)


def manifest(home: Outside, job: Job) -> dict[str, Any]:
    assert job.manifest is not None, "the job has no manifest"
    read: dict[str, Any] = json.loads(content(home, job.manifest))
    return read


def tables(home: Outside, job: Job) -> dict[str, Any]:
    page = home.book.tables(job.id, PageRequest(size=1000))
    return {each.table.name: each for each in page.items}


SMALL_PARTS = Carriage(part_bytes=4096)
"""With a source of 8192 bytes: two parts."""
