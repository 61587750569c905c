"""Progress in Firestore is written seldom, and its failures harm nobody."""

from __future__ import annotations

import logging

import pytest
from google.api_core.exceptions import ServiceUnavailable

from builders import a_job, a_table, later
from contracts.job_book_basis import write
from emulators.emulator_fixtures import google_project
from emulators.firestore_traffic import Traffic, watched_database
from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.google.firestore import (
    Database,
    FirestoreJobBook,
    FirestoreProgressBoard,
)
from oracle_etl.model.job import Totals
from oracle_etl.model.progress import Progress

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

    def test_cost_no_read(self, shown: Board) -> None:
        shown.post(7)
        shown.board.post_totals(JOB, Totals(rows=7))
        assert (shown.traffic.reads, shown.traffic.writes) == (0, 2)


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
