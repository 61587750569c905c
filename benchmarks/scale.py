"""Measure whether many tables, or many parts, cost more for each than few, in time or in memory.

    python -m benchmarks.scale --tables 1000,2500,5000,10000 --parts 12000,25000,50000,100000

The service's and the worker's own code runs on the home of one machine, with an Oracle that costs
nothing: what is measured is the book, the queue and the folder. Each size has a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.counted_book import CountedJobBook
from benchmarks.peak_memory import forget_peak, peak_rss_mb
from benchmarks.simulated_oracle import OWNER, SimulatedOracle
from oracle_etl.flow.draft_transport import TransportDraft
from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.flow.resolve_tables import resolve_tables
from oracle_etl.flow.start_job import start_job
from oracle_etl.flow.tick import tick
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.gateways.embedded.processes import NoWorkers
from oracle_etl.gateways.embedded.sqlite import (
    Database,
    SqliteProgressBoard,
    SqliteTaskQueue,
)
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.job import Job, JobRequest, JobStatus
from oracle_etl.model.transport import Carriage, TableChoice, Transport
from oracle_etl.outside import Limits, Outside
from oracle_etl.ports import PageRequest, TableSource

_ROOT = Path(__file__).parent.parent
_TRANSPORT = "TRPID-00000000"
_PARTS_OF_A_TABLE = 1000
_PART_BYTES = 1024 * 1024
_ONE = "--one"
_PROGRESS_SECONDS = 60.0
"""Longer than any piece of work here takes on the busiest machine: nobody watches."""
_IDLE_SECONDS = 2.0
"""Longer than a piece of work rests that failed for once, as a busy machine makes it happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a job: how long it took, and how much memory the process held at most."""

    what: str
    seconds: float
    cpu_seconds: float
    peak_rss_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A job of so many tables, or parts."""

    unit: str
    count: int
    steps: tuple[Step, ...]


def main() -> None:
    """Measure every size that was asked for, print, and store."""
    chosen = _arguments()
    if chosen.one:
        unit, count = chosen.one
        print(json.dumps(asdict(_job(unit, int(count)))))
        return
    found = [
        _apart(unit, int(count))
        for unit, counts in (("tables", chosen.tables), ("parts", chosen.parts))
        for count in filter(None, counts.split(","))
    ]
    for unit in ("tables", "parts"):
        print("\n".join(lines_of([each for each in found if each.unit == unit])))
    if chosen.json:
        text = json.dumps([asdict(each) for each in found], indent=2)
        Path(chosen.json).write_text(text + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale")
    parser.add_argument("--tables", default="1000,2500,5000,10000")
    parser.add_argument("--parts", default="12000,25000,50000,100000")
    parser.add_argument("--json", default="")
    parser.add_argument(_ONE, nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def lines_of(found: list[Measured]) -> Iterator[str]:
    """Yield a line for each size and step; what each unit costs is set against the smallest size.

    A factor near 1 is linear; memory that is bounded does not grow with the size.
    """
    first: dict[str, float] = {}
    for measured in found:
        for step in measured.steps:
            each = step.cpu_seconds / measured.count
            factor = each / first.setdefault(step.what, each)
            yield (
                f"{measured.count:>7,} {measured.unit:6} {step.what:22} {step.seconds:8.2f} s "
                f"{step.cpu_seconds:8.2f} CPU-s {each * 1e6:7.0f} us each, {factor:4.2f} times "
                f"{step.peak_rss_mb:5.0f} MB"
            )


def _apart(unit: str, count: int) -> Measured:
    done = subprocess.run(  # noqa: S603  this very module
        [sys.executable, "-m", "benchmarks.scale", _ONE, unit, str(count)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    read = json.loads(done.stdout)
    measured = Measured(unit=unit, count=count, steps=tuple(Step(**each) for each in read["steps"]))
    print("\n".join(lines_of([measured])), file=sys.stderr, flush=True)
    return measured


def _job(unit: str, count: int) -> Measured:
    with scaled_job(unit, count) as job:
        return Measured(unit=unit, count=count, steps=tuple(_steps(job)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledJob:
    """A transport of so many tables, or of tables of so many parts, and its home."""

    source: SimulatedOracle
    transport: Transport
    book: CountedJobBook
    outside: Outside

    def resolve(self) -> None:
        """Find the tables that the transport's pattern names."""
        resolve_tables(self.transport.tables, source=lambda: self.source)

    def start(self) -> None:
        """Start the job."""
        start_job(self.transport.id, JobRequest(), outside=self.outside)

    def work(self) -> None:
        """Do all pieces of work but one."""
        while not self.source.all_but_one_read.is_set():
            self._drain(self.source.all_but_one_read)

    def close(self) -> None:
        """Do the last piece of work and close the job; then idle for a while, as workers do."""
        self._drain(threading.Event())

    def _drain(self, stopping: threading.Event) -> None:
        done = drain_queue(owner="worker", stopping=stopping, outside=self.outside)
        if not done:
            raise RuntimeError(f"a worker found nothing to do: {self._told()}")

    def check_completed(self) -> None:
        """Raise RuntimeError where the job has not completed."""
        if any(each.status is not JobStatus.COMPLETED for each in self._jobs()):
            raise RuntimeError(f"the job did not complete: {self._told()}")

    def _jobs(self) -> Sequence[Job]:
        return self.book.jobs(PageRequest()).items

    def _told(self) -> str:
        return "; ".join(f"{each.status} {each.counts} {each.failure}" for each in self._jobs())


@contextmanager
def scaled_job(unit: str, count: int) -> Iterator[ScaledJob]:
    """Yield a job of `count` tables, or of tables of `count` parts together."""
    tables = count if unit == "tables" else max(1, count // _PARTS_OF_A_TABLE)
    source = SimulatedOracle(
        tables=tables, bytes_of_a_table=count // tables * _PART_BYTES, readings=count
    )
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="oracle-etl-scale-") as folder:
        database = Database(Path(folder) / "state.db")
        book = CountedJobBook(database)
        outside = home_in(Path(folder), source, database, book)
        transport = _draft().begun(_TRANSPORT, at=clock.now())
        book.transact(lambda entries: entries.put_transport(transport))
        # Code is imported and the state file made before anything is measured.
        tick(outside=outside)
        book.counted.clear()
        try:
            yield ScaledJob(source=source, transport=transport, book=book, outside=outside)
        finally:
            database.close()


def _steps(job: ScaledJob) -> Iterator[Step]:
    yield _timed("resolve", job.resolve)
    yield _timed("resolve and dispatch", job.start)
    yield _timed("tick", lambda: tick(outside=job.outside))
    yield _timed("work", job.work)
    yield _timed("close", job.close)
    job.check_completed()


def _timed(what: str, step: Callable[[], object]) -> Step:
    forget_peak()
    began, cpu_began = time.perf_counter(), time.process_time()
    step()
    return Step(
        what=what,
        seconds=time.perf_counter() - began,
        cpu_seconds=time.process_time() - cpu_began,
        peak_rss_mb=peak_rss_mb(),
    )


def _draft() -> TransportDraft:
    return TransportDraft(
        name="scale",
        tables=(TableChoice(table=f"{OWNER}.*"),),
        target_bucket="lake",
        carriage=Carriage(part_bytes=_PART_BYTES),
    )


def home_in(folder: Path, source: TableSource, database: Database, book: CountedJobBook) -> Outside:
    """Return the home of one machine in a folder, with one source and no workers."""
    clock = SystemClock()
    return Outside(
        book=book,
        queue=SqliteTaskQueue(database, clock=clock),
        board=SqliteProgressBoard(database, clock=clock, interval_seconds=1.0),
        launcher=NoWorkers(),
        store=FolderObjectStore(folder / "objects"),
        source=lambda _name: source,
        clock=clock,
        randomness=lambda: os.urandom(8).hex(),
        limits=Limits(idle=_IDLE_SECONDS, progress_interval=_PROGRESS_SECONDS),
    )


if __name__ == "__main__":
    main()
