"""What every WorkerLauncher does: `class TestMine(WorkerLauncherContract)` with two fixtures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from contracts.together import all_at_once
from oracle_etl.ports import WorkerLauncher


def eventually(condition: Callable[[], bool], *, within_seconds: float = 20) -> bool:
    """Wait until a condition holds, looking often; False where it does not come to hold."""
    deadline = time.monotonic() + within_seconds
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.01)
    return True


class WorkerLauncherContract:
    """Give `launcher` a cap of `cap` and workers that live until `end_workers` is called."""

    cap = 3

    @pytest.fixture
    def launcher(self) -> WorkerLauncher:
        raise NotImplementedError

    @pytest.fixture
    def end_workers(self) -> Callable[[], None]:
        raise NotImplementedError

    def test_nothing_runs_before_the_first_launch(self, launcher: WorkerLauncher) -> None:
        assert launcher.running() == 0

    def test_launched_workers_run(self, launcher: WorkerLauncher) -> None:
        launcher.launch(2)
        assert eventually(lambda: launcher.running() == 2)

    def test_a_launch_of_none_starts_none(self, launcher: WorkerLauncher) -> None:
        launcher.launch(0)
        assert launcher.running() == 0

    def test_no_launch_passes_the_cap(self, launcher: WorkerLauncher) -> None:
        launcher.launch(self.cap + 5)
        assert eventually(lambda: launcher.running() == self.cap)
        launcher.launch(1)
        assert launcher.running() == self.cap

    def test_launches_at_once_do_not_pass_the_cap(self, launcher: WorkerLauncher) -> None:
        all_at_once([lambda: launcher.launch(2)] * 4)
        assert eventually(lambda: launcher.running() == self.cap)

    def test_workers_that_ended_leave_room(
        self, launcher: WorkerLauncher, end_workers: Callable[[], None]
    ) -> None:
        launcher.launch(self.cap)
        assert eventually(lambda: launcher.running() == self.cap)
        end_workers()
        assert eventually(lambda: launcher.running() == 0)
        launcher.launch(1)
        assert eventually(lambda: launcher.running() == 1)
