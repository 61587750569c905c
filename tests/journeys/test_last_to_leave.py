"""A test run that is killed leaves no service and no emulator behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from journey_homes.processes import working_in
from journey_homes.waiting import until

TESTS = Path(__file__).parents[1]
RUN = """
import subprocess, sys
from pathlib import Path
from journey_homes.last_to_leave import ends_with_us

folder = ends_with_us(Path(sys.argv[1]))
subprocess.Popen(["sleep", "600"], cwd=folder, start_new_session=True)
print("started", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda each: each.name)
def test_what_works_in_a_folder_ends_with_the_run_that_started_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    started, spared = tmp_path / "started", tmp_path / "spared"
    started.mkdir()
    spared.mkdir()
    with (
        subprocess.Popen(["sleep", "600"], cwd=spared) as other,  # noqa: S607 - found on the path
        subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", RUN, str(started)],
            cwd=TESTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as run,
    ):
        try:
            assert run.stdout is not None
            assert run.stdout.readline() == b"started\n"
            # A process has no command for a moment, while it becomes the program it is to run.
            until(
                lambda: [each.command for each in working_in(started)] == [("sleep", "600")],
                within_seconds=30,
                what="the start of sleep",
            )
            run.send_signal(number)
            until(lambda: not list(working_in(started)), within_seconds=30, what="its end")
            assert [each.pid for each in working_in(spared)] == [other.pid]
        finally:
            run.kill()
            other.kill()
