"""Firestore keeps the contracts of the book and of the board, on Google's own emulator.

The emulator settles contention slowly, so fewer contend here than in the embedded home.
"""

from __future__ import annotations

import pytest

from contracts.job_book_contract import WholeJobBookContract
from contracts.progress_board_contract import ProgressBoardContract
from emulators.emulator_fixtures import google_project
from emulators.firestore_home import firestore_database
from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.google.firestore import (
    Database,
    FirestoreJobBook,
    FirestoreProgressBoard,
)
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.ports import Clock, JobBook, ProgressBoard

__all__ = ["google_project"]
pytestmark = pytest.mark.emulators


@pytest.fixture
def database(google_project: str) -> Database:
    return firestore_database(google_project)


class TestJobBook(WholeJobBookContract):
    contenders = 4
    rounds = 3

    @pytest.fixture
    def book(self, database: Database) -> JobBook:
        return FirestoreJobBook(database, clock=SystemClock(), keep_days=90)


class TestProgressBoard(ProgressBoardContract):
    interval_seconds = 5.0
    rounds = 5

    @pytest.fixture
    def clock(self) -> Clock:
        return SteppedClock()

    @pytest.fixture
    def book(self, database: Database) -> JobBook:
        return FirestoreJobBook(database, clock=SystemClock(), keep_days=90)

    @pytest.fixture
    def board(self, database: Database, clock: Clock) -> ProgressBoard:
        return FirestoreProgressBoard(database, clock=clock, interval_seconds=self.interval_seconds)
