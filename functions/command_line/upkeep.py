"""What a scheduler does elsewhere: a tick now and then, and an orderly end of the workers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from threading import Event, Thread

from oracle_etl.model.errors import TransportError

_LOG = logging.getLogger(__name__)
_TOLD_AGAIN_SECONDS = 60.0
"""A log that lies on a full disk must not keep it full."""


class Upkeep:
    """Ticks until it is told to end, then stops the workers.

    The first tick comes at once: it takes up what the last process left. `tick` returns what it
    could not do. What stays wrong is told once a minute, not at every tick.
    """

    def __init__(
        self,
        *,
        tick: Callable[[], Collection[str]],
        stop_workers: Callable[[], object],
        every: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tick = tick
        self._stop_workers = stop_workers
        self._every = every
        self._now = now
        self.ending = Event()
        self._told: dict[str, float] = {}
        self._thread = Thread(target=self._run, name="upkeep")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Ask for the end, and return at once: signal handlers may call it."""
        self.ending.set()

    def wait(self) -> None:
        """Return when the workers have stopped."""
        self.ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self.ending.is_set():
            self._tick_once()
            self.ending.wait(self._every)
        self._stop_workers()

    def _tick_once(self) -> None:
        try:
            problems = self._tick()
        except TransportError as error:
            advice = f" ({error.hint})" if error.hint else ""
            self._tell(logging.ERROR, f"no tick can be done: {error.message}{advice}")
        except Exception as error:  # noqa: BLE001 - whatever went wrong in one tick, the next one may go well
            self._tell(logging.ERROR, f"a tick failed: {error!r}", error)
        else:
            if not problems:
                self._told.clear()
            for each in problems:
                self._tell(logging.WARNING, f"the tick could not do all: {each}")

    def _tell(self, level: int, line: str, error: Exception | None = None) -> None:
        now = self._now()
        self._told = {told: at for told, at in self._told.items() if now - at < _TOLD_AGAIN_SECONDS}
        if line not in self._told:
            self._told[line] = now
            _LOG.log(level, "%s", line, exc_info=error)
