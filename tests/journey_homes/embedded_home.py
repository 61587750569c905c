"""The embedded home: `oracle-etl serve` in a process of its own, with its folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from queue import Empty, SimpleQueue

from journey_homes.environment import environment_of, the_command
from journey_homes.home import Home
from journey_homes.last_to_leave import ends_with_us
from journey_homes.oracle import Oracle
from journey_homes.processes import kill_all_in, send, working_in

_START_SECONDS = 60.0
_END_SECONDS = 60.0
_PRIVATE_FOLDER = ".oracle-etl"
"""Said in docs/decisions/0012: no objects lie there."""

QUICK = {
    "ETL_WORKERS": "2",
    "ETL_LEASE": "3s",
    "ETL_RENEWAL": "800ms",
    "ETL_TICK": "200ms",
    "ETL_IDLE": "500ms",
    "ETL_RETRY_BACKOFF": "200ms",
    "ETL_PROGRESS_INTERVAL": "100ms",
    "ETL_BATCH_BYTES": "65536",
    "ORACLE_FETCH_ARRAY_SIZE": "100",
}
"""Everything as it is in production, in small: no journey waits for a lease of two minutes."""


class EmbeddedHome(Home):
    """A service on this machine."""

    bucket = "oracle-etl-data"

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder = folder
        self._log = folder.with_name(f"{folder.name}.log")
        self._settings = {
            **QUICK,
            **settings,
            "SERVER_PORT": "0",
            "DATA_FOLDER": str(folder),
        }
        folder.mkdir()
        ends_with_us(folder)
        self.start_again()

    @cached_property
    def objects_folder(self) -> Path:
        """Where the buckets lie."""
        return self._folder / "objects"

    def start_again(self) -> None:
        """Start the service, and wait until it says where it answers."""
        self.url = ""
        # One of its own: whoever outlives a killed service still holds the last one's pipe.
        urls: SimpleQueue[str] = SimpleQueue()
        self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            (the_command(), "serve", "--json"),
            env=environment_of(self._settings),
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process, urls))
        self._reader.start()
        with suppress(Empty):
            self.url = urls.get(timeout=_START_SECONDS)
        if not self.url:
            self.lose_machine()
            raise AssertionError(f"the service did not start; it said: {self.log()[-2000:]}")

    def _read(self, process: subprocess.Popen[str], urls: SimpleQueue[str]) -> None:
        assert process.stdout is not None
        with process.stdout, self._log.open("a") as log:
            for line in process.stdout:
                log.write(line)
                said = json.loads(line)
                if said.get("event") == "listening":
                    urls.put(said["data"]["url"])
        urls.put("")

    def workers(self) -> Sequence[int]:
        """Return the worker processes, which the service starts as `table_worker`."""
        found = working_in(self._folder)
        return sorted(each.pid for each in found if "table_worker" in each.command)

    def left_processes(self) -> Sequence[int]:
        """Return every process that works in the home's folder."""
        return sorted(each.pid for each in working_in(self._folder))

    def end_worker(self, worker: int, number: signal.Signals) -> None:
        """Send the signal to the one process."""
        send(worker, number)

    def end_service(self, number: signal.Signals) -> int:
        """Send the signal to the process that was started, as an init system would."""
        self._process.send_signal(number)
        return self._process.wait(_END_SECONDS)

    def lose_machine(self) -> None:
        """Kill everything of the home."""
        self._process.kill()
        kill_all_in(self._folder)
        self._process.wait()
        self._reader.join(_END_SECONDS)

    def names(self, bucket: str) -> Sequence[str]:
        """List the files that are objects."""
        root = self.objects_folder / bucket
        found = []
        # Folders may go while they are looked at, which `os.walk` takes for empty.
        for above, folders, files in os.walk(root):
            if _PRIVATE_FOLDER in folders:
                folders.remove(_PRIVATE_FOLDER)
            found += [(Path(above) / file).relative_to(root).as_posix() for file in files]
        return sorted(found)

    def read(self, bucket: str, name: str) -> bytes:
        """Read a file."""
        return (self.objects_folder / bucket / name).read_bytes()

    def log(self) -> str:
        """Return the service's own lines; workers write to the same stream."""
        return self._log.read_text()


@contextmanager
def embedded_home(
    folder: Path, oracle: Oracle, settings: Mapping[str, str]
) -> Iterator[EmbeddedHome]:
    """Serve while the block runs."""
    home = EmbeddedHome(folder, {**oracle.settings, **settings})
    try:
        yield home
    finally:
        home.end_service(signal.SIGTERM)
        home.lose_machine()
