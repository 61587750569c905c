"""`oracle-etl serve` as a process of its own, for tests that look at it from outside."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import requests

from journey_homes.last_to_leave import ends_with_us
from oracle_etl.settings import environment_with

START_SECONDS = 60.0
END_SECONDS = 60.0


class Served:
    """A running service: where it answers, what it said, and how to end it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-m", "command_line", "serve", "--json"),
            env=environment_with(SERVER_PORT="0", DATA_FOLDER=str(folder), **settings),
            cwd=ends_with_us(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.said: list[dict[str, Any]] = []
        self._urls: SimpleQueue[str] = SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.url = self._urls.get(timeout=START_SECONDS)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            self.said.append(said)
            if said.get("event") == "listening":
                self._urls.put(said["data"]["url"])
        self._process.stdout.close()
        self._urls.put("")

    @property
    def pid(self) -> int:
        """The process that was started; gunicorn's own."""
        return self._process.pid

    @property
    def serving_pid(self) -> int:
        """The process that answers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        [serving] = children.split()
        return int(serving)

    @property
    def is_silent(self) -> bool:
        """Whether no process is left that could say anything."""
        return not self._reader.is_alive()

    def next_url(self) -> str:
        """Wait until the service says again where it answers."""
        return self._urls.get(timeout=START_SECONDS)

    def get(self, path: str) -> dict[str, Any]:
        """Read a document."""
        answer = requests.get(self.url + path, timeout=30)
        body: dict[str, Any] = answer.json()
        return body

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal to it, and return its exit code."""
        self._process.send_signal(number)
        code = self._process.wait(END_SECONDS)
        self._reader.join(END_SECONDS)
        return code


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Served]:
    """Serve while the block runs, unless it ends the service itself."""
    folder.mkdir(parents=True, exist_ok=True)
    served = Served(folder, **settings)
    try:
        yield served
    finally:
        served.end()
