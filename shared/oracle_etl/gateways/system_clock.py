"""The machine's clock."""

from __future__ import annotations

import datetime as dt
import threading
import time


class SystemClock:
    """The time of this machine."""

    def __init__(self) -> None:
        self._never = threading.Event()

    def now(self) -> dt.datetime:
        """Return the time, aware, in UTC."""
        return dt.datetime.now(dt.UTC)  # noqa: TID251 - this is the Clock

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._never.wait(max(0.0, seconds))
