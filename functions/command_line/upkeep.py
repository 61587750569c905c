"""What a scheduler does elsewhere: a tick now and then, and an orderly end of the workers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

from oracle_etl.model.errors import TransportError

_LOG = logging.getLogger(__name__)


class Upkeep:
    """Ticks until it is told to end, then stops the workers.

    The first tick comes at once: it takes up what the last process left. What is away is told
    once, not at every tick.
    """

    def __init__(
        self, *, tick: Callable[[], object], stop_workers: Callable[[], object], every: float
    ) -> None:
        self._tick = tick
        self._stop_workers = stop_workers
        self._every = every
        self.ending = Event()
        self._told = ""
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
            try:
                self._tick()
                self._told = ""
            except TransportError as error:
                self._tell(error)
            except Exception:  # noqa: BLE001 - whatever went wrong in one tick, the next one may go well
                _LOG.exception("a tick failed; the next one comes in %g s", self._every)
            self.ending.wait(self._every)
        self._stop_workers()

    def _tell(self, error: TransportError) -> None:
        if error.message != self._told:
            advice = f" ({error.hint})" if error.hint else ""
            _LOG.error("no tick can be done: %s%s", error.message, advice)
        self._told = error.message
