"""What every ProgressBoard does: `class TestMine(ProgressBoardContract)` with three fixtures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import NOON, a_job, a_part, a_table, later
from contracts.job_book_basis import write
from contracts.together import all_at_once, patiently
from oracle_etl.model.job import Totals
from oracle_etl.model.progress import Progress
from oracle_etl.model.work import WorkStatus
from oracle_etl.ports import Clock, Entries, JobBook, PageRequest, ProgressBoard

JOB = "JOB-20260301-120000-0001"
RUNNING = WorkStatus.RUNNING


def progress(rows: int) -> Progress:
    return Progress(rows=rows, bytes=rows * 10, rows_total=100, rows_per_second=2.5, at=later(rows))


class ProgressBoardContract:
    """Give `board` and `book` the same home, and the board this `clock` and interval."""

    interval_seconds = 1.0
    rounds = 20

    @pytest.fixture
    def clock(self) -> Clock:
        raise NotImplementedError

    @pytest.fixture
    def book(self) -> JobBook:
        raise NotImplementedError

    @pytest.fixture
    def board(self) -> ProgressBoard:
        raise NotImplementedError

    def test_a_post_is_shown_on_its_table(self, board: ProgressBoard, book: JobBook) -> None:
        write(book, a_job(), a_table(status=RUNNING))
        board.post_table(JOB, "t00000", progress(5))
        shown = a_table(progress=progress(5), status=RUNNING)
        assert book.table(JOB, "t00000") == shown
        assert book.tables(JOB, PageRequest()).items == (shown,)
        assert book.transact(lambda entries: entries.table(JOB, "t00000")) == shown

    def test_a_post_is_shown_on_its_part(self, board: ProgressBoard, book: JobBook) -> None:
        write(
            book,
            a_job(),
            a_table(status=RUNNING),
            a_part(1, status=RUNNING),
            a_part(2, status=RUNNING),
        )
        board.post_part(JOB, "t00000", 2, progress(5))
        assert book.parts(JOB, "t00000", PageRequest()).items == (
            a_part(1, status=RUNNING),
            a_part(2, progress=progress(5), status=RUNNING),
        )

    def test_totals_are_shown_on_their_job(self, board: ProgressBoard, book: JobBook) -> None:
        totals = Totals(rows=5, bytes=50, percent=12.5, current_tables=("HR.EMP",), at=NOON)
        write(book, a_job())
        board.post_totals(JOB, totals)
        assert book.job(JOB) == a_job(totals=totals)

    def test_a_post_is_a_change_of_its_table(self, board: ProgressBoard, book: JobBook) -> None:
        write(book, a_job(), a_table(status=RUNNING))
        cursor = book.table_changes(JOB, after=None, limit=10).cursor
        board.post_table(JOB, "t00000", progress(5))
        changes = book.table_changes(JOB, after=cursor, limit=10)
        assert changes.tables == (a_table(progress=progress(5), status=RUNNING),)

    def test_a_post_after_the_interval_is_never_skipped(
        self, board: ProgressBoard, book: JobBook, clock: Clock
    ) -> None:
        write(book, a_job(), a_table(status=RUNNING), a_part(1, status=RUNNING))
        for rows in (1, 2, 3):
            board.post_table(JOB, "t00000", progress(rows))
            board.post_part(JOB, "t00000", 1, progress(rows))
            board.post_totals(JOB, Totals(rows=rows))
            clock.wait(self.interval_seconds * 1.01)
        assert book.table(JOB, "t00000").progress == progress(3)
        assert book.parts(JOB, "t00000", PageRequest()).items[0].progress == progress(3)
        assert book.job(JOB).totals == Totals(rows=3)

    def test_posts_of_one_table_do_not_skip_those_of_another(
        self, board: ProgressBoard, book: JobBook
    ) -> None:
        write(
            book,
            a_job(),
            a_table("t1", status=RUNNING),
            a_table("t2", position=1, status=RUNNING),
            a_part(1, table_id="t1", status=RUNNING),
        )
        board.post_table(JOB, "t1", progress(1))
        board.post_part(JOB, "t1", 1, progress(2))
        board.post_table(JOB, "t2", progress(3))
        assert book.table(JOB, "t1").progress == progress(1)
        assert book.parts(JOB, "t1", PageRequest()).items[0].progress == progress(2)
        assert book.table(JOB, "t2").progress == progress(3)

    def test_a_post_for_what_is_not_there_does_no_harm(
        self, board: ProgressBoard, book: JobBook
    ) -> None:
        board.post_table(JOB, "t00000", progress(1))
        board.post_part(JOB, "t00000", 1, progress(1))
        board.post_totals(JOB, Totals(rows=1))
        assert book.jobs(PageRequest()).items == ()
        assert book.tables(JOB, PageRequest()).items == ()

    def test_posts_undo_no_transition(
        self, board: ProgressBoard, book: JobBook, clock: Clock
    ) -> None:
        write(book, a_job(), a_table().claimed("w1", now=NOON, lease_seconds=1))

        def renew(entries: Entries) -> None:
            table = entries.table(JOB, "t00000")
            assert table is not None
            hold = replace(table.hold, failures=table.hold.failures + 1)
            entries.put_table(replace(table, hold=hold))

        def renew_often() -> None:
            for _ in range(self.rounds):
                patiently(book, renew)

        def post_often() -> None:
            for rows in range(self.rounds):
                clock.wait(self.interval_seconds * 1.01)
                board.post_table(JOB, "t00000", progress(rows))

        all_at_once([renew_often, post_often])
        assert book.table(JOB, "t00000").hold.failures == self.rounds
        assert book.table(JOB, "t00000").status is WorkStatus.RUNNING
