"""Progress in Firestore is written seldom, and its failures harm nobody."""

from __future__ import annotations

import logging

import pytest
from google.api_core.exceptions import ServiceUnavailable

from builders import a_job, a_table, later
from contracts.job_book_basis import write
from emulators.emulator_fixtures import google_project
from emulators.firestore_home import firestore_database
from emulators.firestore_traffic import Traffic, watched_database
from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.google.firestore import (
    Database,
    FirestoreJobBook,
    FirestoreProgressBoard,
)
from oracle_etl.model.job import Totals
from oracle_etl.model.progress import Progress
from oracle_etl.model.work import WorkStatus

__all__ = ["google_project"]
JOB = "JOB-20260301-120000-0001"


class Board:
    """A board with a table to post for, and the writes that it made."""

    def __init__(self, project: str) -> None:
        self.traffic = Traffic()
        self.clock = SteppedClock()
        database = watched_database(project, self.traffic)
        self.board = FirestoreProgressBoard(database, clock=self.clock, interval_seconds=5)
        self.book = FirestoreJobBook(database, clock=self.clock, keep_days=90)
        self.others = FirestoreJobBook(firestore_database(project), clock=self.clock, keep_days=90)
        write(self.book, a_job(), a_table())
        self.traffic.forget()

    def post(self, rows: int, *, at: float = 0) -> None:
        self.board.post_table(JOB, "t00000", Progress(rows=rows, at=later(at)))


@pytest.fixture
def shown(google_project: str) -> Board:
    return Board(google_project)


@pytest.mark.emulators
class TestPosts:
    def test_within_the_interval_are_not_written(self, shown: Board) -> None:
        for rows in range(1, 11):
            shown.post(rows)
            shown.clock.wait(1.25)
        assert shown.traffic.writes == 3
        assert shown.book.table(JOB, "t00000").progress.rows == 9

    def test_of_nothing_new_are_not_written(self, shown: Board) -> None:
        for at in range(10):
            shown.post(7, at=at)
            shown.clock.wait(60)
        assert shown.traffic.writes == 1

    def test_of_a_table_read_at_once_and_of_a_job_cost_no_read(self, shown: Board) -> None:
        shown.post(7)
        shown.board.post_totals(JOB, Totals(rows=7))
        assert (shown.traffic.reads, shown.traffic.writes) == (0, 2)


@pytest.mark.emulators
class TestProgressOfATableInParts:
    """Whoever keeps the job's totals posts it, while others end the table."""

    IN_PARTS = Progress(rows=7, parts_total=3)

    @pytest.fixture
    def in_parts(self, shown: Board) -> Board:
        write(shown.book, a_table(status=WorkStatus.RUNNING, parts_total=3))
        shown.traffic.forget()
        return shown

    def post(self, board: Board) -> None:
        board.board.post_table(JOB, "t00000", self.IN_PARTS)

    def test_costs_a_read_and_a_write(self, in_parts: Board) -> None:
        self.post(in_parts)
        assert (in_parts.traffic.reads, in_parts.traffic.writes) == (1, 1)
        assert in_parts.book.table(JOB, "t00000").progress == self.IN_PARTS

    def test_is_not_shown_after_the_tables_end_and_is_no_change(self, in_parts: Board) -> None:
        ended = a_table(status=WorkStatus.COMPLETED, parts_total=3)
        write(in_parts.book, ended)
        cursor = in_parts.book.table_changes(JOB, after=None, limit=9).cursor
        self.post(in_parts)
        assert in_parts.book.table(JOB, "t00000") == ended
        assert in_parts.book.table_changes(JOB, after=cursor, limit=9).tables == ()

    def test_is_not_shown_where_the_table_ends_at_that_moment(
        self, in_parts: Board, caplog: pytest.LogCaptureFixture
    ) -> None:
        ended = a_table(status=WorkStatus.COMPLETED, parts_total=3)
        in_parts.traffic.before_the_next("Commit", lambda: write(in_parts.others, ended))
        with caplog.at_level(logging.WARNING):
            self.post(in_parts)
        assert in_parts.book.table(JOB, "t00000") == ended
        assert caplog.text == ""


class TestAPostThatCannotBeShown:
    def test_is_told_to_the_log_and_fails_nobody(self, caplog: pytest.LogCaptureFixture) -> None:
        def away() -> None:
            raise ServiceUnavailable("made by the test")  # type: ignore[no-untyped-call]

        board = FirestoreProgressBoard(
            Database(away),  # type: ignore[arg-type]  # it never gets a client
            clock=SteppedClock(),
        )
        with caplog.at_level(logging.WARNING):
            board.post_table(JOB, "t00000", Progress(rows=1))
        assert "ServiceUnavailable" in caplog.text
