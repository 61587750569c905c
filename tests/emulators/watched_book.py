"""Fixtures: a book on Firestore's emulator, with what goes over the wire watched."""

from __future__ import annotations

import pytest

from emulators.emulator_fixtures import google_project
from emulators.firestore_traffic import Traffic, watched_database
from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.google.firestore import Database, FirestoreJobBook
from oracle_etl.gateways.google.patience import Patience

__all__ = ["google_project"]
JOB = "JOB-20260301-120000-0001"


@pytest.fixture
def traffic() -> Traffic:
    """Give what counts calls and lets them fail."""
    return Traffic()


@pytest.fixture
def database(google_project: str, traffic: Traffic) -> Database:
    """Give a database of the test's own."""
    return watched_database(google_project, traffic)


@pytest.fixture
def clock() -> SteppedClock:
    """Give the book's clock."""
    return SteppedClock()


@pytest.fixture
def book(database: Database, clock: SteppedClock) -> FirestoreJobBook:
    """Give a book that tries again three times."""
    return FirestoreJobBook(
        database, clock=clock, keep_days=90, patience=Patience(repeats=3, first_wait_seconds=1)
    )
