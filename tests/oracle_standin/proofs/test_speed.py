"""How fast stored rows go out, and how much memory a million of them take."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import oracledb
import pytest

from oracle_standin.sample.schema import USER, sample_database
from oracle_standin.wire.lobs import LobStore
from oracle_standin.wire.rows import Repeats, RowWriter

pytestmark = pytest.mark.prove

CELLS_A_SECOND = 2_000_000
FETCHED_ROWS = 500
REPETITIONS = 5
MOST_GROWTH_KILOBYTES = 100_000

Record = Callable[[str, object], None]


class TestStoredColumns:
    @pytest.mark.parametrize("repeats", Repeats)
    def test_go_out_at_two_million_cells_a_second(
        self, repeats: Repeats, record_property: Record, capsys: pytest.CaptureFixture[str]
    ) -> None:
        session = sample_database(event_rows=1).open_session(user=USER, session_id=1, attributes={})
        fastest = 0.0
        for _ in range(REPETITIONS):
            outcome = session.execute("SELECT * FROM vbrp", ())
            assert outcome.columns is not None
            assert outcome.rows is not None
            writer = RowWriter(outcome.columns, wanted=None, lobs=LobStore(), repeats=repeats)
            began, rows = time.process_time(), 0
            while (block := outcome.rows.fetch(FETCHED_ROWS)).count:
                writer.write(block)
                rows += block.count
            taken = time.process_time() - began
            fastest = max(fastest, rows * len(outcome.columns) / taken)
        record_property(f"cells a second, repeats {repeats.name.lower()}", round(fastest))
        with capsys.disabled():
            print(f"\n{fastest:,.0f} cells a second")  # noqa: T201 - a figure
        assert fastest >= CELLS_A_SECOND


class TestAMillionRows:
    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
    def test_take_little_memory_however_often_they_are_read(
        self, record_property: Record, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with subprocess.Popen(
            (sys.executable, "-m", "oracle_standin", "--port", "0", "--schema", "sample"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            dsn = process.stdout.readline().split()[-1]
            before = peak_kilobytes(process.pid)
            with oracledb.connect(user="scott", password="tiger", dsn=dsn) as connection:
                rows = sum(
                    frame.num_rows()
                    for _ in range(2)
                    for frame in connection.fetch_df_batches("SELECT * FROM events", size=20_000)
                )
            grown = peak_kilobytes(process.pid) - before
            process.terminate()
        record_property("kilobytes that a million rows, read twice, added", grown)
        with capsys.disabled():
            print(f"\n{grown:,} kB for {rows:,} rows")  # noqa: T201 - a figure
        assert rows == 2_000_000
        assert grown < MOST_GROWTH_KILOBYTES


def peak_kilobytes(process: int) -> int:
    """Return the most memory that a process has had."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1])
