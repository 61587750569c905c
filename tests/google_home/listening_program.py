"""The program of docs/watch.md, run as a person would."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from emulators.google_emulators import firestore_address
from google_home.heard_stages import Heard, code_of_page
from journey_homes.environment import environment_of
from journey_homes.last_to_leave import ends_with_us
from oracle_etl.gateways.system_clock import SystemClock

_END_SECONDS = 60.0


class ListeningProgram:
    """One listener: it ends by itself when the job has ended."""

    def __init__(self, folder: Path, *, project: str, job: str) -> None:
        program = folder / "watch_job.py"
        program.write_text(code_of_page("python"))
        self._process = subprocess.Popen(  # noqa: S603 - the page's own program
            [sys.executable, str(program), project, job],
            cwd=ends_with_us(folder),
            env=environment_of({"FIRESTORE_EMULATOR_HOST": firestore_address()}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[tuple[str, datetime]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        clock = SystemClock()
        with self._process.stdout as lines:
            for line in lines:
                self._lines.append((line.rstrip("\n"), clock.now()))

    def end(self) -> None:
        """Wait for its own end."""
        code = self._process.wait(timeout=_END_SECONDS)
        self._reader.join()
        assert code == 0, self.said

    def kill(self) -> None:
        """End it, if it has not ended."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join()

    @property
    def said(self) -> list[str]:
        """Every line."""
        return [line for line, _ in self._lines]

    @property
    def heard(self) -> list[Heard]:
        """What it told of stages."""
        found = []
        for line, heard_at in self._lines:
            at, table, stage = line.split(" ")[:3]
            if "T" in at and at[:2] == "20":
                at_time = datetime.fromisoformat(at)
                found.append(Heard(table=table, stage=stage, at=at_time, heard_at=heard_at))
        return found


@contextmanager
def two_programs(folder: Path, *, project: str, job: str) -> Iterator[list[ListeningProgram]]:
    """Run two listeners, and leave none behind."""
    programs = []
    try:
        for number in range(2):
            place = folder / f"program-{number}"
            place.mkdir()
            programs.append(ListeningProgram(place, project=project, job=job))
        yield programs
    finally:
        for each in programs:
            each.kill()
