from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from command_line.exits import DidNotStart
from command_line.started_processes import Program, started

READY = "import os, sys, signal; print('pid', os.getpid(), flush=True); signal.pause()"


def a_program(folder: Path, script: str) -> Program:
    return Program(
        name="the program",
        command=(sys.executable, "-c", script),
        environment=dict(os.environ),  # noqa: TID251 - a test's own process
        folder=folder,
        log=folder / "program.log",
    )


def pid_in(line: str) -> int | None:
    return int(line.split()[1]) if line.startswith("pid ") else None


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class TestAStartedProgram:
    def test_runs_while_the_block_runs(self, tmp_path: Path) -> None:
        program = a_program(tmp_path, READY)
        with started(program, ready=pid_in, patience_seconds=30) as pid:
            assert is_alive(pid)
        assert not is_alive(pid)

    def test_is_stopped_when_the_block_breaks_off(self, tmp_path: Path) -> None:
        pids: list[int] = []

        def begin_and_break_off() -> None:
            with started(a_program(tmp_path, READY), ready=pid_in, patience_seconds=30) as pid:
                pids.append(pid)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            begin_and_break_off()
        assert not is_alive(pids[0])

    def test_leaves_what_it_said_in_its_log(self, tmp_path: Path) -> None:
        program = a_program(tmp_path, f"print('first', flush=True); {READY}")
        with started(program, ready=pid_in, patience_seconds=30) as pid:
            pass
        assert program.log.read_text() == f"first\npid {pid}\n"

    def test_may_say_more_than_a_pipe_holds(self, tmp_path: Path) -> None:
        script = f"print('x' * 1_000_000, flush=True); {READY}"
        with started(a_program(tmp_path, script), ready=pid_in, patience_seconds=30) as pid:
            assert is_alive(pid)


STARTING = """
import signal, sys
from pathlib import Path
from command_line.started_processes import Program, ends_in_order, started

folder = Path(sys.argv[1])
program = Program(
    name="p", command=(sys.executable, "-c", sys.argv[2]), environment={}, folder=folder,
    log=folder / "program.log",
)
with ends_in_order(), started(program, ready=str.strip, patience_seconds=30) as said:
    print(said, flush=True)
    while True:
        signal.pause()
"""


class TestAProgramWhoseStarterIsToldToEnd:
    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, -2)]
    )
    def test_is_stopped_too(self, tmp_path: Path, number: signal.Signals, code: int) -> None:
        command = (sys.executable, "-c", STARTING, str(tmp_path), READY)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:  # noqa: S603 - our own
            assert starter.stdout is not None
            pid = pid_in(starter.stdout.readline())
            assert pid is not None
            starter.send_signal(number)
            assert starter.wait(30) == code
        assert not is_alive(pid)


class TestAProgramThatWillNotStop:
    def test_is_killed_after_its_grace(self, tmp_path: Path) -> None:
        stubborn = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}"
        program = replace(a_program(tmp_path, stubborn), grace_seconds=0.1)
        with started(program, ready=pid_in, patience_seconds=30) as pid:
            assert is_alive(pid)
        assert not is_alive(pid)


class TestAProgramThatDoesNotStart:
    def test_is_named_with_its_log_when_it_ends(self, tmp_path: Path) -> None:
        program = a_program(tmp_path, "import sys; sys.exit('no licence')")
        with (
            pytest.raises(DidNotStart, match="the program did not start") as raised,
            started(program, ready=pid_in, patience_seconds=30),
        ):
            pass
        assert str(program.log) in raised.value.hint
        assert program.log.read_text() == "no licence\n"

    def test_is_stopped_when_it_stays_silent(self, tmp_path: Path) -> None:
        program = a_program(tmp_path, READY)
        with (
            pytest.raises(DidNotStart),
            started(program, ready=lambda _: None, patience_seconds=0.5),
        ):
            pass
        pid = pid_in(program.log.read_text())
        assert pid is None or not is_alive(pid)
