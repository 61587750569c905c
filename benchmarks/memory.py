"""Measure how much memory a worker takes at most, whatever the table: python -m benchmarks.memory.

Each figure is the largest resident set of one `table_worker`, as the kernel counted it, that
carried one table of a stand-in Oracle in another process, with the settings that it has by default.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import oracledb

from benchmarks.cases import CASES, Case, Declared, Value
from benchmarks.replay_cells import PASSWORD, USER
from benchmarks.replay_database import Replayed
from oracle_etl.flow.draft_transport import TransportDraft
from oracle_etl.flow.start_job import start_job
from oracle_etl.gateways.embedded.processes import NoWorkers
from oracle_etl.model.job import JobRequest, JobStatus
from oracle_etl.model.transport import Carriage, Format, TableChoice
from oracle_etl.outside import Outside
from oracle_etl.settings import Settings
from oracle_etl.wiring import wire_api
from oracle_standin.engine.database import OracleDatabase
from oracle_standin.server import running

LIMIT_MB = 512
_ROOT = Path(__file__).parent.parent
_SERVE = "--serve"
_TRANSPORT = "TRPID-00000000"
_LOB_BYTES = 50 * 2**20
_LOBS = 3
_BUCKET = "lake"
_JSON_BYTES = 32 * 2**20
"""What Oracle stores of one at most."""
_WORD_BYTES = 1000
_DOCUMENTS = {
    "CLOBS": ("CLOB",),
    "BLOBS": ("BLOB",),
    "JSONS": ("JSON",),
    "SEVERAL": ("CLOB", "BLOB", "CLOB", "BLOB"),
}
"""The types of the large columns."""


def _long_row(n: int) -> Sequence[Value]:
    return (n, f"{n:08d} a long line that nobody folded; " * 100)


_GENERATED = {
    "NARROW": CASES["narrow"],
    "WIDE": CASES["wide"],
    "LONG": Case(
        name="long",
        columns=(
            Declared(name="ID", type="NUMBER", precision=10, scale=0),
            Declared(name="LINE", type="VARCHAR2", size=4000),
        ),
        row=_long_row,
        rows=50_000,
        pool=1_000,
        driver_sizes=(1000,),
    ),
}
TABLES = {
    "NARROW": "1,000,000 rows of 10 columns",
    "WIDE": "40,000 rows of 274 columns",
    "LONG": "50,000 rows of 4,000 bytes",
    "CLOBS": f"{_LOBS} CLOBs of 50 MB",
    "BLOBS": f"{_LOBS} BLOBs of 50 MB",
    "JSONS": f"{_LOBS} JSON documents of 32 MB",
    "SEVERAL": f"{_LOBS} rows of 2 CLOBs and 2 BLOBs of 50 MB each",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """What one worker took for one table."""

    table: str
    what: str
    format: str
    rows: int
    written_bytes: int
    seconds: float
    peak_rss_mb: int


def main() -> None:
    """Carry each table in each format, print the table for the docs, and store the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory")
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--formats", default=",".join(Format))
    parser.add_argument("--json", default="")
    parser.add_argument(_SERVE, action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    tables = chosen.tables.split(",")
    if chosen.serve:
        _serve(tables)
        return
    with _server(tables) as dsn:
        peaks = [_carried(dsn, name, Format(each)) for name in tables for each in _formats(chosen)]
    print(table_of(peaks))
    if chosen.json:
        Path(chosen.json).write_text(json.dumps([asdict(each) for each in peaks], indent=2) + "\n")
    too_large = [each for each in peaks if each.peak_rss_mb >= LIMIT_MB]
    if too_large:
        sys.exit(f"over {LIMIT_MB} MB: {too_large}")


def table_of(peaks: Sequence[Peak]) -> str:
    """Return the figures as they stand in docs/memory.md."""
    formats = list(dict.fromkeys(each.format for each in peaks))
    by_place = {(each.table, each.format): each.peak_rss_mb for each in peaks}
    lines = [f"| table | {' | '.join(formats)} |", "|---" * (len(formats) + 1) + "|"]
    for table in dict.fromkeys(each.table for each in peaks):
        figures = " | ".join(f"{by_place[table, each]} MB" for each in formats)
        lines.append(f"| {TABLES[table]} | {figures} |")
    return "\n".join(lines)


def _formats(chosen: argparse.Namespace) -> Sequence[str]:
    formats: list[str] = chosen.formats.split(",")
    return formats


def _carried(dsn: str, table: str, format_: Format) -> Peak:
    with tempfile.TemporaryDirectory(prefix="oracle-etl-memory-") as folder:
        environment = {
            "ORACLE_DSN": dsn,
            "ORACLE_USERNAME": USER,
            "ORACLE_PASSWORD": PASSWORD,
            "DATA_FOLDER": folder,
        }
        wired = wire_api(Settings.from_environment(environment))
        # The one worker that is measured is started here.
        with closing(replace(wired, launcher=NoWorkers())) as outside:
            job = _started(table, format_, outside=outside)
            began = time.monotonic()
            peak = _worked(environment)
            seconds = time.monotonic() - began
            # The worker leaves the last word on a job to the tick where it had none left.
            ended = outside.book.job(job)
        if ended.status is not JobStatus.COMPLETED:
            sys.exit(f"{table} as {format_} did not complete: {ended.failure}")
        found = Peak(
            table=table,
            what=TABLES[table],
            format=format_,
            rows=ended.counts.rows,
            written_bytes=ended.counts.bytes,
            seconds=round(seconds, 1),
            peak_rss_mb=peak,
        )
        print(found, file=sys.stderr, flush=True)
        return found


def _started(table: str, format_: Format, *, outside: Outside) -> str:
    draft = TransportDraft(
        name="memory",
        tables=(TableChoice(table=f"{USER}.{table}"),),
        target_bucket=_BUCKET,
        # One part: several would lie smaller beside each other, never larger.
        carriage=Carriage(format=format_, part_bytes=2**40),
    )
    transport = draft.begun(_TRANSPORT, at=outside.clock.now())
    outside.book.transact(lambda entries: entries.put_transport(transport))
    return start_job(_TRANSPORT, JobRequest(), outside=outside).job.id


def _worked(environment: Mapping[str, str]) -> int:
    """Run a worker to its end, and return its largest resident set in MB."""
    machine = os.environ  # noqa: TID251  handed on to the worker, read by nobody here
    process = subprocess.Popen(
        [sys.executable, "-m", "table_worker"],
        env={"PATH": machine["PATH"], "ETL_IDLE": "500ms", "LOG_LEVEL": "ERROR", **environment},
        cwd=_ROOT,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the worker ended with {process.returncode}")
    return round(usage.ru_maxrss / 1024)


@contextmanager
def _server(tables: Sequence[str]) -> Iterator[str]:
    """Serve the tables from a process of its own, whose memory is nobody's concern."""
    with subprocess.Popen(  # noqa: S603  this very module
        [sys.executable, "-m", "benchmarks.memory", _SERVE, "--tables", ",".join(tables)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    ) as process:
        assert process.stdout is not None, "it was asked for"
        yield process.stdout.readline().strip()
        process.communicate()


def _serve(tables: Sequence[str]) -> None:
    database = OracleDatabase()
    database.create_user(USER, PASSWORD)
    for name in tables:
        if name in _GENERATED:
            database.hold(USER, name, Replayed.of(_GENERATED[name]).table)
    with running(database) as server:
        with oracledb.connect(user=USER, password=PASSWORD, dsn=server.dsn) as connection:
            for name in tables:
                if name in _DOCUMENTS:
                    _fill(connection, name)
        print(server.dsn, flush=True)
        sys.stdin.read()


def _fill(connection: oracledb.Connection, name: str) -> None:
    """Make a table of large documents, no two of them alike and none easy to compress."""
    types = _DOCUMENTS[name]
    columns = [f"DOCUMENT_{at} {type_}" for at, type_ in enumerate(types)]
    binds = [f":{at}" for at in range(len(types) + 1)]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {name} (ID NUMBER(9), {','.join(columns)})")
        for number in range(_LOBS):
            lobs = [connection.createlob(*_document(type_)) for type_ in types]
            cursor.execute(f"INSERT INTO {name} VALUES ({','.join(binds)})", [number, *lobs])
        connection.commit()


def _document(type_: str) -> tuple[oracledb.DbType, str | bytes]:
    if type_ == "BLOB":
        return oracledb.DB_TYPE_BLOB, os.urandom(_LOB_BYTES)
    if type_ == "CLOB":
        return oracledb.DB_TYPE_CLOB, os.urandom(_LOB_BYTES // 2).hex()
    words = [os.urandom(_WORD_BYTES // 2).hex() for _ in range(_JSON_BYTES // _WORD_BYTES)]
    return oracledb.DB_TYPE_CLOB, json.dumps({"words": words})


if __name__ == "__main__":
    main()
