from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.worker_launcher_contract import eventually
from fakes.python_process import python_process
from oracle_etl.gateways.embedded.processes import LocalWorkerLauncher, NoWorkers
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.errors import LauncherAway

PATH = {"PATH": "/usr/bin:/bin"}

SAYS_ITS_ID_AND_WAITS = "echo $$ > {file}.new && mv {file}.new {file}; while :; do sleep 0.05; done"
DEAF = "trap '' TERM; " + SAYS_ITS_ID_AND_WAITS
OBEDIENT = "trap 'echo ended > {file}.end; exit 0' TERM; " + SAYS_ITS_ID_AND_WAITS
WITH_A_CHILD = "sleep 300 & echo $! > {file}.new && mv {file}.new {file}; wait"

FORK_BESIDE_A_WORKER = """
import os
from oracle_etl.gateways.embedded.processes import LocalWorkerLauncher
from oracle_etl.gateways.system_clock import SystemClock

launcher = LocalWorkerLauncher(
    ["/bin/sleep", "300"], environment={}, cap=1, clock=SystemClock()
)
launcher.launch(1)
child = os.fork()
if child == 0:
    before = launcher.running()
    launcher.stop(grace_seconds=0)
    launcher.launch(1)
    print(f"the child had {before}, then {launcher.running()}", flush=True)
    launcher.stop(grace_seconds=0)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print(f"the parent has {launcher.running()}", flush=True)
launcher.stop(grace_seconds=0)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "worker"


class Launchers:
    """Makes launchers of shell scripts, and stops them at the end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.made: list[LocalWorkerLauncher] = []

    def of(self, script: str, *, cap: int = 1) -> LocalWorkerLauncher:
        launcher = LocalWorkerLauncher(
            ["/bin/sh", "-c", script.format(file=self._file)],
            environment=PATH,
            cap=cap,
            clock=SystemClock(),
        )
        self.made.append(launcher)
        return launcher


@pytest.fixture
def launchers(file: Path) -> Iterator[Launchers]:
    launchers = Launchers(file)
    yield launchers
    for launcher in launchers.made:
        launcher.stop(grace_seconds=0)


def said(file: Path) -> int:
    """Return the process id that a script wrote."""
    assert eventually(file.exists)
    return int(file.read_text())


def is_alive(process: int) -> bool:
    """Tell whether a process runs; one that is dead but not reaped does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


class TestAWorker:
    def test_leads_a_session_of_its_own(self, launchers: Launchers, file: Path) -> None:
        launchers.of(SAYS_ITS_ID_AND_WAITS).launch(1)
        worker = said(file)
        assert os.getsid(worker) == os.getpgid(worker) == worker

    def test_gets_the_environment_it_was_given_and_no_other(
        self, launchers: Launchers, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ORACLE_PASSWORD", "tiger")
        launcher = launchers.of("env > {file}.new; mv {file}.new {file}")
        launcher.launch(1)
        assert eventually(file.exists)
        seen = file.read_text().splitlines()
        assert "PATH=/usr/bin:/bin" in seen
        assert not any(line.startswith("ORACLE_PASSWORD") for line in seen)

    def test_is_reaped_when_it_has_ended(self, launchers: Launchers, file: Path) -> None:
        launcher = launchers.of("echo $$ > {file}.new && mv {file}.new {file}")
        launcher.launch(1)
        worker = said(file)
        assert eventually(lambda: launcher.running() == 0)
        with pytest.raises(ChildProcessError):
            os.waitpid(worker, os.WNOHANG)

    def test_that_cannot_be_started_is_named(self) -> None:
        launcher = LocalWorkerLauncher(
            ["/nonexistent/worker"], environment={}, cap=1, clock=SystemClock()
        )
        with pytest.raises(LauncherAway) as caught:
            launcher.launch(1)
        assert caught.value.hint
        assert launcher.running() == 0


class TestAWorkerThatEndsBadly:
    @pytest.mark.parametrize(
        ("script", "said_of_it"), [("exit 3", "status 3"), ("kill -9 $$", "signal 9")]
    )
    def test_is_told_once(
        self,
        launchers: Launchers,
        caplog: pytest.LogCaptureFixture,
        script: str,
        said_of_it: str,
    ) -> None:
        launcher = launchers.of(script)
        launcher.launch(1)
        assert eventually(lambda: launcher.running() == 0)
        assert launcher.running() == 0
        [line] = [each.getMessage() for each in caplog.records]
        assert said_of_it in line

    @pytest.mark.parametrize("script", ["exit 0", "kill -TERM $$"])
    def test_is_not_one_that_ended_well_or_was_asked_to(
        self, launchers: Launchers, caplog: pytest.LogCaptureFixture, script: str
    ) -> None:
        launcher = launchers.of(script)
        launcher.launch(1)
        assert eventually(lambda: launcher.running() == 0)
        assert caplog.records == []


class TestStopping:
    def test_lets_a_worker_end_in_order(self, launchers: Launchers, file: Path) -> None:
        launcher = launchers.of(OBEDIENT)
        launcher.launch(1)
        worker = said(file)
        launcher.stop(grace_seconds=30)
        assert file.with_suffix(".end").read_text() == "ended\n"
        assert not is_alive(worker)
        assert launcher.running() == 0

    def test_kills_a_worker_that_does_not_listen(
        self, launchers: Launchers, file: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        launcher = launchers.of(DEAF)
        launcher.launch(1)
        worker = said(file)
        launcher.stop(grace_seconds=0.1)
        assert not is_alive(worker)
        assert launcher.running() == 0
        assert "killed" in caplog.text

    def test_takes_along_what_a_worker_started(self, launchers: Launchers, file: Path) -> None:
        launcher = launchers.of(WITH_A_CHILD)
        launcher.launch(1)
        child = said(file)
        assert is_alive(child)
        launcher.stop(grace_seconds=30)
        assert eventually(lambda: not is_alive(child))

    def test_of_nobody_does_nothing(self, launchers: Launchers) -> None:
        launchers.of("true").stop(grace_seconds=30)

    def test_leaves_no_zombie(self, launchers: Launchers) -> None:
        launcher = launchers.of("while :; do sleep 0.05; done", cap=3)
        launcher.launch(3)
        workers = [worker.pid for worker in launcher._started_by[os.getpid()]]
        launcher.stop(grace_seconds=30)
        for worker in workers:
            with pytest.raises(ChildProcessError):
                os.waitpid(worker, os.WNOHANG)


class TestAFork:
    def test_has_no_workers_and_may_start_its_own(self) -> None:
        with python_process(FORK_BESIDE_A_WORKER) as program:
            assert program.line() == "the child had 0, then 1"
            assert program.line() == "the parent has 1"
            assert program.ended() == 0


class TestNoWorkers:
    def test_start_nobody(self) -> None:
        launcher = NoWorkers()
        launcher.launch(5)
        assert launcher.running() == 0


class TestManyThreads:
    def test_start_no_more_than_the_cap(self, launchers: Launchers) -> None:
        launcher = launchers.of("while :; do sleep 0.05; done", cap=2)
        threads = [threading.Thread(target=launcher.launch, args=(2,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert launcher.running() == 2
