"""A clock that goes on as the machine's does, and jumps wherever somebody would wait."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from oracle_etl.gateways.system_clock import SystemClock


class JumpingClock:
    """For tests whose other side goes by real time, and whose leases are not to be waited for."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self._jumped = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._real.now() + timedelta(seconds=self._jumped)

    def monotonic(self) -> float:
        with self._lock:
            return self._real.monotonic() + self._jumped

    def wait(self, seconds: float) -> None:
        with self._lock:
            self._jumped += max(0.0, seconds)
