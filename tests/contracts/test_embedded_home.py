"""The contracts of the ports, kept by the embedded home."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.job_book_contract import WholeJobBookContract
from contracts.object_store_contract import WholeObjectStoreContract
from contracts.progress_board_contract import ProgressBoardContract
from contracts.task_queue_contract import TaskQueueContract
from contracts.worker_launcher_contract import WorkerLauncherContract, eventually
from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.gateways.embedded.processes import LocalWorkerLauncher
from oracle_etl.gateways.embedded.sqlite import (
    Database,
    SqliteJobBook,
    SqliteProgressBoard,
    SqliteTaskQueue,
)
from oracle_etl.gateways.system_clock import SystemClock


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


class TestFolderObjectStore(WholeObjectStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> FolderObjectStore:
        return FolderObjectStore(tmp_path / "objects")

    @pytest.fixture
    def bucket(self) -> str:
        return "lake"

    @pytest.fixture
    def other_bucket(self) -> str:
        return "other-lake"


class TestLocalWorkerLauncher(WorkerLauncherContract):
    @pytest.fixture
    def end_of_work(self, tmp_path: Path) -> Path:
        return tmp_path / "end-of-work"

    @pytest.fixture
    def launcher(self, end_of_work: Path) -> Iterator[LocalWorkerLauncher]:
        work = f"until [ -e {shlex.quote(str(end_of_work))} ]; do sleep 0.01; done"
        launcher = LocalWorkerLauncher(
            ["/bin/sh", "-c", work],
            environment={"PATH": "/usr/bin:/bin"},
            cap=self.cap,
            clock=SystemClock(),
        )
        yield launcher
        launcher.stop(grace_seconds=10)

    @pytest.fixture
    def end_workers(self, end_of_work: Path, launcher: LocalWorkerLauncher) -> Callable[[], None]:
        def end() -> None:
            end_of_work.touch()
            assert eventually(lambda: launcher.running() == 0)
            end_of_work.unlink()

        return end
