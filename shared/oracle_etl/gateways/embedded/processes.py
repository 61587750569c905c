"""Workers of the embedded home: processes of this machine."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from oracle_etl.model.errors import LauncherAway
from oracle_etl.ports import Clock

_LOG = logging.getLogger(__name__)

_LOOK_SECONDS = 0.02
_WELL = (None, 0, -signal.SIGTERM)
"""How a worker is while it runs, after its work, and where it was asked to end before it began."""


class LocalWorkerLauncher:
    """Starts up to `cap` worker processes, each the leader of a session of its own.

    A signal for this program's terminal thus ends no worker in the middle of its work: `stop`
    does, in order. Ended workers are reaped whenever somebody counts.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], cap: int, clock: Clock
    ) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self._cap = cap
        self._clock = clock
        # By the process that started them: after a fork they are only the parent's to wait for.
        self._started_by: dict[int, list[subprocess.Popen[bytes]]] = {}
        self._lock = threading.Lock()

    def launch(self, count: int) -> None:
        """Start up to `count` workers, fewer where the cap is reached."""
        with self._lock:
            alive = self._alive()
            for _ in range(min(count, self._cap - len(alive))):
                alive.append(self._started())

    def running(self) -> int:
        """Return how many workers are alive."""
        with self._lock:
            return len(self._alive())

    def stop(self, *, grace_seconds: float) -> None:
        """Ask every worker to end, and kill those that have not after the grace."""
        deadline = self._clock.monotonic() + grace_seconds
        with self._lock:
            _signal(self._alive(), signal.SIGTERM)
            while self._alive() and self._clock.monotonic() < deadline:
                self._clock.wait(_LOOK_SECONDS)
            late = self._alive()
            if late:
                _LOG.warning("%d workers did not end in time and are killed", len(late))
            _signal(late, signal.SIGKILL)
            for worker in late:
                worker.wait()
            late.clear()

    def _started(self) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - the command is this program's own
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise LauncherAway(
                f"a worker cannot be started: {error}",
                hint="check that the program is installed, and how many processes are allowed",
            ) from error

    def _alive(self) -> list[subprocess.Popen[bytes]]:
        """Reap the workers that have ended, tell of those that ended badly, return the others."""
        started = self._started_by.setdefault(os.getpid(), [])
        for worker in started:
            if worker.poll() not in _WELL:
                _LOG.warning("worker %d %s", worker.pid, _bad_end(worker.returncode))
        started[:] = [worker for worker in started if worker.returncode is None]
        return started


def _bad_end(code: int) -> str:
    if code == -signal.SIGKILL:
        return "was ended by signal 9: by the kernel, where the machine has no memory left"
    if code < 0:
        return f"was ended by signal {-code}"
    return f"ended with status {code}; what it wrote before that says why"


def _signal(workers: Sequence[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    for worker in workers:
        # The whole group, so that nothing that a worker started outlives it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(worker.pid, number)


class NoWorkers:
    """Starts nobody: inside a worker, where the serving process starts workers by its ticks."""

    def launch(self, count: int) -> None:
        """Leave it to the next tick."""

    def running(self) -> int:
        """Return 0: who else works is not known here."""
        return 0
