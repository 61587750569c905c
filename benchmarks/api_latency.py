"""Measure how long the HTTP API takes to answer, against `oracle-etl serve` with a history.

    python -m benchmarks.api_latency --transports 1000 --jobs 10000 --requests 1000

Prints a table, and with --json stores the figures. Exit code 1 where a p99 is above --limit-ms.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.job import Counts, Dispatch, Job, JobRequest, JobStatus
from oracle_etl.model.names import TableName
from oracle_etl.model.objects import FinalObject, StoredObject
from oracle_etl.model.table_task import Step, TableTask
from oracle_etl.model.transport import TableChoice, Transport
from oracle_etl.model.work import Hold, WorkStatus
from oracle_etl.ports import Entries

_WRITTEN_AT_ONCE = 500
_TABLES_OF_A_JOB = 3
_SECONDS = 30
_JSON = {"Content-Type": "application/json"}
_RUNNING_JOB = "JOB-20260101-000000-ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long one kind of request took, in milliseconds."""

    request: str
    count: int
    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, request: str, seconds: list[float]) -> Latency:
        """Sum up measurements."""
        ordered = sorted(each * 1000 for each in seconds)
        return cls(
            request=request,
            count=len(ordered),
            p50=round(statistics.median(ordered), 2),
            p99=round(ordered[int(len(ordered) * 0.99) - 1], 2),
            most=round(ordered[-1], 2),
        )


def main() -> int:
    """Measure, print, and say whether the limit was kept."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        store_history(Path(folder), transports=asked.transports, jobs=asked.jobs)
        with serving(Path(folder)) as port:
            latencies = list(measure(port, transports=asked.transports, count=asked.requests))
    _print(latencies)
    if asked.json:
        stored = {
            "machine": {"cores": os.cpu_count(), "python": sys.version.split()[0]},
            "transports": asked.transports,
            "jobs": asked.jobs,
            "results": [asdict(each) for each in latencies],
        }
        Path(asked.json).write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    return int(any(each.p99 > asked.limit_ms for each in latencies))


def store_history(folder: Path, *, transports: int, jobs: int) -> None:
    """Write transports, their finished jobs, and one job that runs, so that others wait."""
    database = Database(folder / "state.db")
    book = SqliteJobBook(database)
    stored = [_transport(number) for number in range(transports)]
    finished = [_job(number, stored[number % transports]) for number in range(jobs)]
    for first in range(0, transports, _WRITTEN_AT_ONCE):
        book.transact(_putting(stored[first : first + _WRITTEN_AT_ONCE]))
    for first in range(0, jobs, _WRITTEN_AT_ONCE):
        chunk = finished[first : first + _WRITTEN_AT_ONCE]
        book.transact(_putting([*chunk, *(table for job in chunk for table in _tables(job))]))
    running = replace(_job(jobs, stored[0]), id=_RUNNING_JOB, status=JobStatus.RUNNING)
    book.transact(_putting([replace(running, completed_at=None), _held_table(running)]))
    database.close()


def _putting(values: Sequence[Transport | Job | TableTask]) -> Callable[[Entries], None]:
    def put(entries: Entries) -> None:
        for value in values:
            match value:
                case Transport():
                    entries.put_transport(value)
                case Job():
                    entries.put_job(value)
                case TableTask():
                    entries.put_table(value)

    return put


def _transport(number: int) -> Transport:
    at = SystemClock().now() - timedelta(days=30, seconds=-number)
    return Transport(
        id=f"TRPID-{number:08x}",
        name=f"transport {number}",
        description="Monthly sales data extraction",
        tables=tuple(TableChoice(table=f"T{each}") for each in range(20)),
        target_bucket="oracle-etl-data",
        last_version=10,
        created_at=at,
        updated_at=at,
    )


def _job(number: int, transport: Transport) -> Job:
    at = SystemClock().now() - timedelta(days=20, seconds=-number)
    return Job(
        id=f"JOB-{at:%Y%m%d-%H%M%S}-{number % 65536:04x}",
        transport=replace(transport, tables=()),
        version=number,
        request=JobRequest(),
        status=JobStatus.COMPLETED,
        dispatch=Dispatch.LAUNCHED,
        tables_total=_TABLES_OF_A_JOB,
        counts=Counts(tables_completed=_TABLES_OF_A_JOB, rows=750_000, bytes=45_678_901),
        created_at=at,
        started_at=at,
        completed_at=at + timedelta(seconds=8),
    )


def _tables(job: Job) -> Iterator[TableTask]:
    for position in range(_TABLES_OF_A_JOB):
        name = f"T{position}"
        yield TableTask(
            job_id=job.id,
            table_id=f"t{position}",
            position=position,
            table=TableName(name=name),
            choice=TableChoice(table=name),
            stem=name,
            status=WorkStatus.COMPLETED,
            step=Step.DONE,
            objects=(_object(job, name),),
            rows=250_000,
            bytes=15_226_300,
        )


def _object(job: Job, name: str) -> FinalObject:
    stored = StoredObject(
        bucket=job.transport.target_bucket,
        name=f"{job.folder}/{name}.jsonl.gz",
        generation="1",
        size=15_226_300,
        crc32c=0,
    )
    return FinalObject(object=stored, rows=250_000, sha256="0" * 64)


def _held_table(job: Job) -> TableTask:
    """Return a table in somebody's hands, so that no worker is started for the job."""
    [table, *_] = _tables(job)
    tomorrow = SystemClock().now() + timedelta(days=1)
    hold = Hold(fence=1, owner="nobody", expires_at=tomorrow)
    return replace(table, status=WorkStatus.RUNNING, step=Step.PLAN, hold=hold)


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """Run `oracle-etl serve` over a data folder and yield its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "command_line", "serve", "--json"],
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield _port(process)
    finally:
        process.terminate()
        process.communicate(timeout=_SECONDS)


def _environment(folder: Path) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}  # noqa: TID251 - what any process needs
    return {
        **kept,
        "DATA_FOLDER": f"{folder}",
        "SERVER_PORT": "0",
        # Configured but never asked: tables are named outright, and no worker starts.
        "ORACLE_DSN": "127.0.0.1:1/NONE",
        "ORACLE_USERNAME": "scott",
        "LOG_LEVEL": "WARNING",
    }


def _port(process: subprocess.Popen[str]) -> int:
    said = []
    for line in process.stdout or ():
        said.append(line)
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if found:
            return int(found[1])
    raise RuntimeError("the service did not start:\n" + "".join(said))


def measure(port: int, *, transports: int, count: int) -> Iterator[Latency]:
    """Yield the latency of each kind of request, over one connection that is kept open."""
    body = json.dumps({"name": "new", "tables": [f"T{each}" for each in range(20)]})
    job = _newest_job(port)

    def transport(number: int) -> str:
        return f"/api/transports/TRPID-{number % transports:08x}"

    kinds: dict[str, Callable[[int], tuple[str, str, str | None]]] = {
        "GET /api/transports/{id}": lambda number: ("GET", transport(number), None),
        "GET /api/transports": lambda _: ("GET", "/api/transports", None),
        "POST /api/transports": lambda _: ("POST", "/api/transports", body),
        "GET /api/jobs": lambda _: ("GET", "/api/jobs", None),
        "GET /api/jobs?transport=": lambda number: (
            "GET",
            f"/api/jobs?transport=TRPID-{number % transports:08x}",
            None,
        ),
        "GET /api/jobs/{id}": lambda _: ("GET", f"/api/jobs/{job}", None),
        "GET /api/jobs/{id}/tables": lambda _: ("GET", f"/api/jobs/{job}/tables", None),
        "POST /api/transports/{id}/execute": lambda number: (
            "POST",
            f"{transport(number)}/execute",
            "{}",
        ),
    }
    with closing(HTTPConnection("127.0.0.1", port, timeout=_SECONDS)) as connection:
        for name, request in kinds.items():
            yield Latency.of(name, [_timed(connection, *request(each)) for each in range(count)])


def _newest_job(port: int) -> str:
    with closing(HTTPConnection("127.0.0.1", port, timeout=_SECONDS)) as connection:
        connection.request("GET", "/api/jobs?status=completed&page_size=1")
        return str(json.loads(connection.getresponse().read())["jobs"][0]["id"])


def _timed(connection: HTTPConnection, method: str, path: str, body: str | None) -> float:
    began = time.perf_counter()
    connection.request(method, path, body=body, headers=_JSON if body else {})
    response = connection.getresponse()
    content = response.read()
    took = time.perf_counter() - began
    if response.status >= 400:  # noqa: PLR2004 - where errors begin
        raise RuntimeError(f"{method} {path}: {response.status} {content[:500]!r}")
    return took


def _print(latencies: list[Latency]) -> None:
    print(f"{'request':36} {'count':>6} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8}")
    for each in latencies:
        print(f"{each.request:36} {each.count:6} {each.p50:8.2f} {each.p99:8.2f} {each.most:8.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transports", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--limit-ms", type=float, default=25.0)
    parser.add_argument("--json", default="")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
