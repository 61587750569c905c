"""Trying again inside one call of a gateway, with growing waits that are spread by chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from secrets import SystemRandom
from typing import TypeVar

from oracle_etl.model.errors import TryAgain
from oracle_etl.ports import Clock

T = TypeVar("T")
_chance = SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a call is tried again, and how long to wait before each time."""

    repeats: int = 6
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 16.0
    longest_seconds: float = math.inf
    """After so long a call is not tried again, however often it was."""

    def waits(self) -> Iterator[float]:
        """Yield the wait before each repeat: doubled each time, between half and all of it."""
        for repeat in range(self.repeats):
            longest = min(self.longest_wait_seconds, self.first_wait_seconds * 2.0**repeat)
            yield _chance.uniform(longest / 2, longest)


PATIENT = Patience()


def patiently(action: Callable[[], T], *, patience: Patience, clock: Clock) -> T:
    """Return what the action returns, trying again while it raises TryAgain.

    Not where the error has a hint: that asks for a person, whom no wait of ours brings.
    """
    ends_at = clock.monotonic() + patience.longest_seconds
    for wait_seconds in patience.waits():
        try:
            return action()
        except TryAgain as error:
            if error.hint or clock.monotonic() + wait_seconds > ends_at:
                raise
            clock.wait(wait_seconds)
    return action()
