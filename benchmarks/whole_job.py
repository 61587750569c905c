"""Measure whole jobs: how many rows a second arrive, and what more workers give.

    python -m benchmarks.whole_job --jobs narrow,wide,small --workers 1,2

The rows are replayed and the answers of the dictionary remembered. The workers are `table_worker`
as the product starts it; the state and the objects are files. The clock runs from the job's start
to its end, with the workers already there: how long a process takes to start is another question.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks.cases import CASES
from benchmarks.peak_memory import peak_rss_mb
from benchmarks.remembering_database import RememberingDatabase
from benchmarks.replay_cells import PASSWORD, USER
from benchmarks.results import machine_now
from oracle_etl.flow.draft_transport import TransportDraft
from oracle_etl.flow.start_job import start_job
from oracle_etl.gateways.embedded.processes import NoWorkers
from oracle_etl.model.job import Job, JobRequest, JobStatus
from oracle_etl.model.transport import Carriage, Format, TableChoice
from oracle_etl.outside import Outside
from oracle_etl.settings import Settings
from oracle_etl.wiring import wire_api
from oracle_standin.server import running

SEEDS_ROWS_PER_SECOND = (100_000, 134_000)
"""What the seed aimed at and measured, with four cores and rows of a width it does not tell."""
_ROOT = Path(__file__).parent.parent
_SERVE = "--serve"
_TRANSPORT = "TRPID-00000000"
_SOURCE = "default"
_PART_BYTES = 16 * 1024 * 1024
_LONGEST_SECONDS = 600
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One job by so many workers; medians of its runs."""

    job: str
    tables: int
    workers: int
    rows: int
    seconds: float
    rows_per_second: float
    cpu_seconds: float
    """Of all workers, from their start to their end."""
    peak_rss_mb: float


def main() -> None:
    """Measure, print, and store."""
    chosen = _arguments()
    if chosen.serve:
        _serve()
        return
    machine = machine_now()
    found: list[Whole] = []
    with _server() as dsn:
        for name in chosen.jobs.split(","):
            # The server makes its rows, and answers for the dictionary, when it is first asked.
            _run(name, 1, chosen.format, dsn)
            for workers in map(int, chosen.workers.split(",")):
                runs = [_run(name, workers, chosen.format, dsn) for _ in range(chosen.repeats)]
                found.append(_median(runs))
                print(line_of(found[-1], found), flush=True)
    if chosen.json:
        stored = {"machine": machine, "results": [asdict(each) for each in found]}
        Path(chosen.json).write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole_job")
    parser.add_argument("--jobs", default="narrow,wide,small", help=f"of {','.join(CASES)}")
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--format", default="jsonl.gz", choices=list(Format))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", default="")
    parser.add_argument(_SERVE, action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def line_of(whole: Whole, found: Sequence[Whole]) -> str:
    """Return a line of the table: beside the seed's figures, and beside one worker."""
    first = next(each for each in found if each.job == whole.job)
    gained = whole.rows_per_second / first.rows_per_second
    linear = gained * first.workers / whole.workers
    seeds = " and ".join(f"{whole.rows_per_second / each:.1f}" for each in SEEDS_ROWS_PER_SECOND)
    return (
        f"{whole.job:7s} {whole.tables:>3} tables  workers {whole.workers}  {whole.rows:>9,} rows "
        f"{whole.seconds:7.2f} s  {whole.rows_per_second:>9,.0f} rows/s, {seeds} times the seed's  "
        f"{whole.cpu_seconds:6.2f} CPU-s  {whole.peak_rss_mb:.0f} MB RSS  "
        f"{gained:.2f} times {first.workers} ({linear:.0%} of linear)"
    )


def _median(runs: Sequence[Whole]) -> Whole:
    seconds = median(each.seconds for each in runs)
    return replace(
        runs[0],
        seconds=seconds,
        rows_per_second=runs[0].rows / seconds,
        cpu_seconds=median(each.cpu_seconds for each in runs),
        peak_rss_mb=max(each.peak_rss_mb for each in runs),
    )


def _run(name: str, workers: int, format_: str, dsn: str) -> Whole:
    with tempfile.TemporaryDirectory(prefix="oracle-etl-whole-") as folder:
        environment = {
            "ORACLE_DSN": dsn,
            "ORACLE_USERNAME": USER,
            "ORACLE_PASSWORD": PASSWORD,
            "DATA_FOLDER": folder,
        }
        wired = wire_api(Settings.from_environment(environment))
        with closing(replace(wired, launcher=NoWorkers())) as outside:
            started = [_worker(environment) for _ in range(workers)]
            try:
                _wait_for_seats(workers, outside)
                ended = _ended(_started(name, Format(format_), outside=outside), outside)
            finally:
                usages = [_let_go(each) for each in started]
    case = CASES[name]
    if ended.status is not JobStatus.COMPLETED or ended.counts.rows != case.rows * case.tables:
        sys.exit(f"{name} did not complete: {ended.counts} {ended.failure}")
    assert ended.completed_at is not None, "it has ended"
    seconds = (ended.completed_at - ended.created_at) / timedelta(seconds=1)
    return Whole(
        job=name,
        tables=ended.tables_total,
        workers=workers,
        rows=ended.counts.rows,
        seconds=seconds,
        rows_per_second=ended.counts.rows / seconds,
        cpu_seconds=sum(cpu for cpu, _ in usages),
        peak_rss_mb=max(peak for _, peak in usages),
    )


def _worker(environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    machine = os.environ  # noqa: TID251  handed on to the worker, read by nobody here
    kept = {each: machine[each] for each in ("PATH", "PYTHONPATH") if each in machine}
    return subprocess.Popen(
        [sys.executable, "-m", "table_worker"],
        env={**kept, "ETL_IDLE": "60s", "LOG_LEVEL": "ERROR", **environment},
        cwd=_ROOT,
    )


def _let_go(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Have a worker end; return its CPU-seconds and its largest resident set in MB."""
    peak = peak_rss_mb(process.pid)
    process.send_signal(signal.SIGTERM)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"a worker ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, peak


def _wait_for_seats(workers: int, outside: Outside) -> None:
    def taken() -> int:
        slots = outside.book.transact(lambda entries: entries.slots(_SOURCE))
        return sum(each.owner is not None for each in slots)

    deadline = time.monotonic() + _LONGEST_SECONDS
    while taken() < workers:
        if time.monotonic() > deadline:
            sys.exit("the workers did not come")
        time.sleep(_LOOK_SECONDS)


def _started(name: str, format_: Format, *, outside: Outside) -> Job:
    case = CASES[name]
    draft = TransportDraft(
        name="whole",
        tables=tuple(
            TableChoice(table=f"{USER}.{name.upper()}_{number}") for number in range(case.tables)
        ),
        target_bucket="lake",
        carriage=Carriage(format=format_, part_bytes=_part_bytes(name)),
        parallel_tables=case.tables,
    )
    transport = draft.begun(_TRANSPORT, at=outside.clock.now())
    outside.book.transact(lambda entries: entries.put_transport(transport))
    return start_job(_TRANSPORT, JobRequest(), outside=outside).job


def _part_bytes(name: str) -> int | None:
    """Return what cuts a large table into parts; a small one stays whole."""
    return _PART_BYTES if CASES[name].tables == 1 else None


def _ended(job: Job, outside: Outside) -> Job:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not (seen := outside.book.job(job.id)).status.ended:
        if time.monotonic() > deadline:
            sys.exit(f"{job.id} did not end: {seen.status}")
        time.sleep(_LOOK_SECONDS)
    return seen


@contextmanager
def _server() -> Iterator[str]:
    """Serve the tables from a process of its own."""
    with subprocess.Popen(  # noqa: S603  this very module
        [sys.executable, "-m", "benchmarks.whole_job", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    ) as process:
        assert process.stdout is not None, "it was asked for"
        yield process.stdout.readline().strip()
        process.communicate()


def _serve() -> None:
    with running(RememberingDatabase(CASES.values())) as server:
        print(server.dsn, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
