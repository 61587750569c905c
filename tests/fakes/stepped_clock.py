"""A clock that stands still until somebody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class SteppedClock:
    """Time that moves by waiting only; any number of threads may share it.

    `while_waiting` is called after each wait, outside the lock: whatever a test wants
    to happen while somebody waits.
    """

    def __init__(
        self, start: datetime = _NOON, *, while_waiting: Callable[[], None] | None = None
    ) -> None:
        self._start = start
        self._passed = 0.0
        self._lock = threading.Lock()
        self._while_waiting = while_waiting

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        with self._lock:
            return self._passed

    def wait(self, seconds: float) -> None:
        with self._lock:
            self._passed += max(0.0, seconds)
        if self._while_waiting is not None:
            self._while_waiting()
