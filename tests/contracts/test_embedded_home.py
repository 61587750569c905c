"""The contracts of the ports, kept by the embedded home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.job_book_contract import WholeJobBookContract
from contracts.progress_board_contract import ProgressBoardContract
from contracts.task_queue_contract import TaskQueueContract
from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.embedded.sqlite import (
    Database,
    SqliteJobBook,
    SqliteProgressBoard,
    SqliteTaskQueue,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "state.db")
    yield database
    database.close()


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


class TestSqliteJobBook(WholeJobBookContract):
    @pytest.fixture
    def book(self, database: Database) -> SqliteJobBook:
        return SqliteJobBook(database)


class TestSqliteProgressBoard(ProgressBoardContract):
    @pytest.fixture
    def clock(self) -> SteppedClock:
        return SteppedClock()

    @pytest.fixture
    def book(self, database: Database) -> SqliteJobBook:
        return SqliteJobBook(database)

    @pytest.fixture
    def board(self, database: Database, clock: SteppedClock) -> SqliteProgressBoard:
        return SqliteProgressBoard(database, clock=clock, interval_seconds=self.interval_seconds)


class TestSqliteTaskQueue(TaskQueueContract):
    @pytest.fixture
    def clock(self) -> SteppedClock:
        return SteppedClock()

    @pytest.fixture
    def queue(self, database: Database, clock: SteppedClock) -> SqliteTaskQueue:
        return SqliteTaskQueue(database, clock=clock, backstop=self.backstop)

    @pytest.fixture
    def publish_raw(self, queue: SqliteTaskQueue) -> Callable[[bytes], None]:
        return lambda body: queue.publish_bodies([body])
