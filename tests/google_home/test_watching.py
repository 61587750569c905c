"""docs/watch.md, as it stands: its program tells every stage of every table, and soon."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from emulators.google_emulators import firestore_address
from journey_homes.environment import environment_of
from journey_homes.google_home import GoogleHome, google_home
from journey_homes.oracle import an_oracle
from oracle_etl.gateways.system_clock import SystemClock
from oracle_standin.faults import Action, Rule

PAGE = Path(__file__).parents[2] / "docs" / "watch.md"
NAMES = ("WATCHED_A", "WATCHED_B", "WATCHED_C")
SOON = timedelta(seconds=2)
STUMBLE = Rule(action=Action.DROP, statement=r'SELECT "ID".*"WATCHED_B"', after_rows=50)
SLOWLY = Rule(action=Action.TRICKLE, statement="AS OF SCN", bytes_per_second=60_000, times=None)


def block(language: str) -> str:
    """Return the page's one block of code in a language."""
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    text: str = found
    return text


@dataclass(frozen=True, slots=True)
class Told:
    """A line that a listener printed about a stage."""

    at: datetime
    table: str
    stage: str
    heard_at: datetime


class Listener:
    """The page's program, run as a person would."""

    def __init__(self, folder: Path, project: str, job: str) -> None:
        program = folder / "watch_job.py"
        program.write_text(block("python"))
        self._process = subprocess.Popen(  # noqa: S603 - the page's own program
            [sys.executable, str(program), project, job],
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
        code = self._process.wait(timeout=60)
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
    def told(self) -> list[Told]:
        """What it told of stages."""
        found = []
        for line, heard_at in self._lines:
            at, table, stage = line.split(" ")[:3]
            if "T" in at and at[:2] == "20":
                found.append(Told(datetime.fromisoformat(at), table, stage, heard_at))
        return found


@pytest.mark.emulators
class TestTheProgramForPython:
    @pytest.fixture
    def home(self, tmp_path: Path) -> Iterator[GoogleHome]:
        with an_oracle() as oracle:
            for name in NAMES:
                rows = [(number, f"{name} " + "x" * 150) for number in range(300)]
                oracle.make_table(name, "ID NUMBER(9), NOTE VARCHAR2(200)", rows)
            folder = tmp_path / "home"
            with oracle.going_wrong(STUMBLE, SLOWLY), google_home(folder, oracle, {}) as home:
                yield home

    def test_tells_two_listeners_every_stage_in_order_and_soon(
        self, home: GoogleHome, tmp_path: Path
    ) -> None:
        job = home.api.execute(home.api.create([f"SHOP.{name}" for name in NAMES]))
        listeners = []
        for number in range(2):
            folder = tmp_path / f"{number}"
            folder.mkdir()
            listeners.append(Listener(folder, home.project, job))
        try:
            for each in listeners:
                each.end()
        finally:
            for each in listeners:
                each.kill()
        tables = home.api.tables(job)
        truth = {name: [each["name"] for each in t["stages"]] for name, t in tables.items()}
        assert "returned" in truth["WATCHED_B"]
        for each in listeners:
            stages: dict[str, list[str]] = defaultdict(list)
            for told in each.told:
                stages[told.table].append(told.stage)
            assert stages == truth
            assert each.said[-3:] == [f"{name} completed 300 rows" for name in NAMES]
            # What came before it listened it was told at its start.
            first = min(told.heard_at for told in each.told)
            late = [told for told in each.told if told.heard_at > max(told.at, first) + SOON]
            assert late == []


class TestTheProgramForAPage:
    def test_is_javascript(self, tmp_path: Path) -> None:
        node = shutil.which("node")
        if node is None:
            pytest.skip("node is not here to read JavaScript")
        program = tmp_path / "watch.mjs"
        program.write_text(block("javascript"))
        checked = subprocess.run([node, "--check", str(program)], check=False)  # noqa: S603 - as above
        assert checked.returncode == 0
