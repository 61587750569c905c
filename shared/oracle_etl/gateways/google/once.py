"""Clients that are built when first used.

A server imports the program before it forks, and a gRPC channel that is older than its process
hangs. So nothing is built by importing or by wiring, and a client that a fork left behind is
built anew.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class BuiltOnce(Generic[T]):
    """A value that one thread builds at first use, once per process."""

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._built: tuple[int, T] | None = None

    def get(self) -> T:
        """Return the value of this process."""
        built = self._built
        if built is None or built[0] != os.getpid():
            with self._lock:
                built = self._built
                if built is None or built[0] != os.getpid():
                    built = self._built = (os.getpid(), self._build())
        return built[1]
