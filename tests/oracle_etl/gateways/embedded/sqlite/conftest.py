from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """A file whose users lose patience soon."""
    database = Database(path, busy_seconds=0.05)
    yield database
    database.close()


@pytest.fixture
def book(database: Database) -> SqliteJobBook:
    return SqliteJobBook(database)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()
