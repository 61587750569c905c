from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from builders import a_job, a_part, a_table
from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook, SqliteProgressBoard
from oracle_etl.model.job import Totals
from oracle_etl.model.progress import Progress
from oracle_etl.model.work import WorkStatus
from oracle_etl.ports import Entries, PageRequest

JOB = "JOB-20260301-120000-0001"


@pytest.fixture
def board(database: Database, clock: SteppedClock) -> SqliteProgressBoard:
    return SqliteProgressBoard(database, clock=clock, interval_seconds=1)


def write(book: SqliteJobBook, *tables: str, status: WorkStatus = WorkStatus.RUNNING) -> None:
    def work(entries: Entries) -> None:
        entries.put_job(a_job())
        for position, name in enumerate(tables):
            entries.put_table(a_table(name, position=position, status=status))
            entries.put_part(a_part(table_id=name, status=status))

    book.transact(work)


class TestAPostSoonerThanTheInterval:
    def test_is_skipped(
        self, board: SqliteProgressBoard, book: SqliteJobBook, clock: SteppedClock
    ) -> None:
        write(book, "t1")
        for rows in (1, 2):
            board.post_table(JOB, "t1", Progress(rows=rows))
            board.post_part(JOB, "t1", 1, Progress(rows=rows))
            board.post_totals(JOB, Totals(rows=rows))
            clock.wait(0.9)
        assert book.table(JOB, "t1").progress == Progress(rows=1)
        assert book.parts(JOB, "t1", PageRequest()).items[0].progress == Progress(rows=1)
        assert book.job(JOB).totals == Totals(rows=1)

    def test_is_still_skipped_after_very_many_tables(
        self, board: SqliteProgressBoard, book: SqliteJobBook, clock: SteppedClock
    ) -> None:
        write(book, "t1")
        board.post_table(JOB, "t1", Progress(rows=1))
        for number in range(1100):
            board.post_table(JOB, f"x{number}", Progress())
        board.post_table(JOB, "t1", Progress(rows=2))
        assert book.table(JOB, "t1").progress == Progress(rows=1)
        clock.wait(1)
        board.post_table(JOB, "t1", Progress(rows=3))
        assert book.table(JOB, "t1").progress == Progress(rows=3)
        assert len(board._posted) == 1


class TestAPostThatComesTooLate:
    @pytest.mark.parametrize("status", [status for status in WorkStatus if status.ended])
    def test_does_not_change_an_ended_table(
        self, board: SqliteProgressBoard, book: SqliteJobBook, status: WorkStatus
    ) -> None:
        write(book, "t1", status=status)
        board.post_table(JOB, "t1", Progress(rows=1))
        board.post_part(JOB, "t1", 1, Progress(rows=1))
        assert book.table(JOB, "t1").progress == Progress()
        assert book.parts(JOB, "t1", PageRequest()).items[0].progress == Progress()


class TestAPostThatCannotBeShown:
    def test_is_lost_with_a_warning(
        self,
        board: SqliteProgressBoard,
        book: SqliteJobBook,
        path: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        write(book, "t1")
        with (
            closing(sqlite3.connect(path, isolation_level=None)) as other,
            caplog.at_level(logging.WARNING),
        ):
            other.execute("BEGIN IMMEDIATE")
            board.post_table(JOB, "t1", Progress(rows=1))
            other.execute("ROLLBACK")
        assert book.table(JOB, "t1").progress == Progress()
        assert "progress could not be shown" in caplog.text
