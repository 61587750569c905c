"""SCNs: the numbers of commits, their times, and how far back they reach."""

from __future__ import annotations

import threading
from bisect import bisect_right
from decimal import Decimal

from oracle_standin.engine.clock import Clock
from oracle_standin.engine.errors import ora

FIRST_SCN = 1_000_000


class History:
    """The SCNs of a database with the times at which they came to be."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._scns = [FIRST_SCN]
        self._times = [clock.now()]
        self._kept_from = FIRST_SCN

    @property
    def current(self) -> int:
        """The SCN of the last commit."""
        return self._scns[-1]

    def next_scn(self) -> int:
        """Return the SCN that the next commit will have."""
        return self._scns[-1] + 1

    def advance(self) -> int:
        """Publish the next SCN and return it."""
        with self._lock:
            scn = self._scns[-1] + 1
            self._times.append(max(self._clock.now(), self._times[-1]))
            self._scns.append(scn)
            return scn

    def forget_before(self, scn: int) -> None:
        """Forget the times of SCNs before one."""
        self._kept_from = max(self._kept_from, scn)

    def checked_scn(self, scn: Decimal | None) -> int:
        """Return an SCN to read at; ORA-08181 where there was none such."""
        if scn is None or scn != int(scn) or not 0 < scn <= self.current:
            raise ora(8181)
        return int(scn)

    def scn_at(self, at: int) -> int:
        """Return the SCN that was current at an instant of UTC; ORA-08180 where none is known."""
        with self._lock:
            index = bisect_right(self._times, at) - 1
            if index < 0 or at > self._clock.now() or self._scns[index] < self._kept_from:
                raise ora(8180)
            return self._scns[index]

    def time_of(self, scn: int) -> int:
        """Return when an SCN came to be; ORA-08181 where it is unknown."""
        index = scn - FIRST_SCN
        if not 0 <= index < len(self._times) or scn < self._kept_from:
            raise ora(8181)
        return self._times[index]
