"""Five million rows, read in parts by four workers, become one gzip member with every row once."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.json as pj
import pytest

from carried_through import a_home, verified
from journey_homes.api import Document
from journey_homes.embedded_home import EmbeddedHome
from journey_homes.oracle import PASSWORD, USER, CountingDatabase, Oracle
from journey_homes.processes import send
from journey_homes.waiting import until
from numbered_rows import NumberedRows, amount_of
from oracle_standin.engine.storage.tables import Statistics
from oracle_standin.faults import Action, Rule
from oracle_standin.server import running

WORKERS, PARTS, BYTES_OF_A_ROW = 4, 16, 15
FEW, MANY = 20_000, 5_000_000
CHUNK = 1 << 22
SLOWLY = Rule(action=Action.TRICKLE, statement="AS OF SCN", bytes_per_second=30_000, times=None)
"""So that a small table is not written before a worker can be killed."""

Record = Callable[[str, object], None]


@dataclass(frozen=True, kw_only=True)
class Written:
    """A large table in its one object, and how it came there."""

    rows: int
    oracle: Oracle
    home: EmbeddedHome
    job: Document
    table: Document
    file: Path
    workers: int
    killed: int
    seconds: float

    def plain(self) -> Iterator[bytes]:
        """Yield the lines, inflated by zlib, which stops at the end of the first member."""
        inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        with self.file.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield inflater.decompress(chunk)
        assert inflater.eof, "the object ends before its trailer"
        assert not inflater.unused_data, "something lies behind the first member"


@contextmanager
def an_oracle_of(rows: int) -> Iterator[Oracle]:
    database = CountingDatabase()
    database.create_user(USER, PASSWORD)
    table = database.hold(USER, "NUMBERED", NumberedRows(rows), key=["ID"])
    # The stand-in sees no bytes in rows that somebody else keeps, so that this says how many.
    table.statistics = Statistics(
        rows=rows, blocks=rows // 100, average_row=BYTES_OF_A_ROW, sample=rows, analysed=0
    )
    with running(database) as server:
        yield Oracle(server, database)


def kill_one(home: EmbeddedHome, job: str) -> tuple[int, int]:
    """Kill one of several workers once rows come; return how many there were, and which it was."""
    home.api.carried_some(job)

    def several() -> Sequence[int] | None:
        assert home.api.job(job)["status"] == "running", "the job ended before it had its workers"
        return found if len(found := home.workers()) == WORKERS else None

    workers = until(several, within_seconds=60, what=f"{WORKERS} workers")
    send(workers[0], signal.SIGKILL)
    return len(workers), workers[0]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(FEW, id="20,000 rows"),
        pytest.param(MANY, id="5,000,000 rows", marks=pytest.mark.prove),
    ],
)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Written]:
    rows: int = request.param
    settings = {
        "ETL_WORKERS": str(WORKERS),
        "ETL_PART_BYTES": str(rows * BYTES_OF_A_ROW // PARTS),
        "ETL_BATCH_BYTES": "4194304",
        "ORACLE_FETCH_ARRAY_SIZE": "0" if rows == MANY else "200",
    }
    folder = tmp_path_factory.mktemp("home")
    with an_oracle_of(rows) as oracle, a_home(folder, oracle, **settings) as home:
        if rows == FEW:
            oracle.faults.add(SLOWLY)
        began = time.monotonic()
        transport = home.api.create(["SHOP.NUMBERED"])
        job = home.api.execute(transport)
        workers, killed = kill_one(home, job)
        ended = home.api.ended(job, within_seconds=900)
        seconds = time.monotonic() - began
        oracle.faults.clear()
        version = home.objects_folder / home.bucket / transport / "v001"
        yield Written(
            rows=rows,
            oracle=oracle,
            home=home,
            job=ended,
            table=home.api.tables(job)["NUMBERED"],
            file=version / "NUMBERED.jsonl.gz",
            workers=workers,
            killed=killed,
            seconds=seconds,
        )


def parts_begun_again(home: EmbeddedHome) -> int:
    """Count the parts that a second worker took up; no interface tells it, so the state is read."""
    with closing(sqlite3.connect(home.objects_folder.parent / "state.db")) as state:
        documents = [json.loads(each) for (each,) in state.execute("SELECT document FROM parts")]
    return sum(each["hold"]["fence"] > 1 for each in documents)


def digest_of(pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def read_through(stream: io.BufferedIOBase) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield pieces that end where a line ends."""
    rest = b""
    for piece in pieces:
        lines, end, rest = (rest + piece).rpartition(b"\n")
        if end:
            yield lines + end
    assert not rest, "the last line is not whole"


@pytest.mark.timeout(1200)
class TestALargeTableReadByFourWorkersOfWhichOneIsKilled:
    def test_completes_in_parts_without_the_one(
        self, written: Written, record_property: Record
    ) -> None:
        record_property("rows", written.rows)
        record_property("seconds", round(written.seconds, 1))
        record_property("parts", written.table["parts_total"])
        record_property("failed attempts", written.table["attempts_failed"])
        record_property("object bytes", written.file.stat().st_size)
        assert written.job["status"] == "completed", written.job["error"]
        assert written.job["total_rows"] == written.rows
        assert written.table["parts_total"] >= PARTS // 2
        assert written.workers == WORKERS
        assert written.killed not in written.home.workers()

    def test_had_a_part_begun_again(self, written: Written, record_property: Record) -> None:
        again = parts_begun_again(written.home)
        record_property("parts begun again", again)
        assert 1 <= again < PARTS

    def test_lies_in_one_object_whose_attempts_are_gone(self, written: Written) -> None:
        names = written.home.names(written.home.bucket)
        assert [name for name in names if "NUMBERED" in name and "schema" not in name] == [
            written.file.relative_to(written.home.objects_folder / written.home.bucket).as_posix()
        ]
        assert [name for name in names if written.job["id"] in name] == []

    def test_is_one_gzip_member_of_the_same_lines_to_every_reader(self, written: Written) -> None:
        plain = digest_of(written.plain())
        with gzip.open(written.file) as stream:
            assert digest_of(read_through(stream)) == plain
        gunzip = shutil.which("gunzip")
        assert gunzip is not None, "the system has no gunzip"
        with subprocess.Popen(  # noqa: S603 - the system's gunzip, a file of ours
            (gunzip, "--stdout", os.fspath(written.file)), stdout=subprocess.PIPE
        ) as process:
            assert isinstance(process.stdout, io.BufferedIOBase)
            assert digest_of(read_through(process.stdout)) == plain
        assert process.returncode == 0

    def test_holds_every_row_once_by_a_bitmap(self, written: Written) -> None:
        seen = np.zeros(written.rows, dtype=np.int64)
        only_ids = pj.ParseOptions(
            explicit_schema=pa.schema([("ID", pa.int64())]), unexpected_field_behavior="ignore"
        )
        for lines in whole_lines(written.plain()):
            np.add.at(seen, pj.read_json(io.BytesIO(lines), parse_options=only_ids)["ID"], 1)
        assert (seen == 1).all()

    def test_holds_every_row_once_by_an_aggregate_of_duckdb(self, written: Written) -> None:
        asked = duckdb.sql(
            'SELECT COUNT(*), COUNT(DISTINCT "ID"), MIN("ID"), MAX("ID"), SUM("ID"), '
            'SUM("AMOUNT"), COUNT("NOTE") '
            f"FROM read_json('{written.file}', format='newline_delimited', columns="
            "{ID: 'BIGINT', AMOUNT: 'DECIMAL(12,2)', NOTE: 'VARCHAR'})"
        )
        assert asked is not None
        [found] = asked.fetchall()
        rows = written.rows
        amounts = sum(map(amount_of, range(1000)), Decimal(0)) * (rows // 1000)
        assert found == (rows, rows, 0, rows - 1, rows * (rows - 1) // 2, amounts, rows)

    def test_is_confirmed_by_verify(self, written: Written, record_property: Record) -> None:
        began = time.monotonic()
        ended = verified(written.home, written.oracle, written.job["id"], "--deep")
        record_property("seconds of verify --deep", round(time.monotonic() - began, 1))
        assert ended.code == 0, ended.said + ended.complained
        [table] = ended.events("verified_table")
        assert table["rows_compared"] == written.rows
