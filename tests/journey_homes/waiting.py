"""Wait for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

T = TypeVar("T")

_LOOK_EVERY_SECONDS = 0.05


def until(condition: Callable[[], T | None], *, within_seconds: float, what: str) -> T:
    """Return the condition's first true value; AssertionError where it does not come in time."""
    deadline = time.monotonic() + within_seconds
    pause = Event()
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {within_seconds:g} s"
        pause.wait(_LOOK_EVERY_SECONDS)
    return found
