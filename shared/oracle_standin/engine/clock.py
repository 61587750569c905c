"""The time of day, which everything in the database takes from here."""

from __future__ import annotations

import time
from typing import Protocol

from oracle_standin.engine import instants

UNIX_EPOCH = instants.instant(1970, 1, 1)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Return the instant of UTC."""
        ...


class SystemClock:
    """The machine's own clock, to the microsecond."""

    def now(self) -> int:
        """Return the instant of UTC."""
        return UNIX_EPOCH + time.time_ns() // 1000 * 1000
