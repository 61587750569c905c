"""A deadline for every call to Oracle.

The driver's own call_timeout runs anew with every packet, so a server that sends a byte now and
then holds a worker for ever. This watch breaks such a call off from outside.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self


class CallWatch:
    """Breaks calls off that last too long; one thread for as long as it is open."""

    def __init__(self, break_off: Callable[[], None], *, seconds: float) -> None:
        self._break_off = break_off
        self._seconds = seconds
        self._changed = threading.Condition()
        self._deadline: float | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._watch, name="oracle-call-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def break_off(self) -> None:
        """Break off whatever call is under way; nothing happens once the watch is closed."""
        with self._changed:
            if not self._closed:
                self._break_off()

    @contextmanager
    def call(self) -> Iterator[None]:
        """Give the calls made inside so long and no longer."""
        self._set(time.monotonic() + self._seconds)
        try:
            yield
        finally:
            self._set(None)

    def _set(self, deadline: float | None) -> None:
        # The thread is not woken: it looks at the deadline again when the last one has come.
        with self._changed:
            self._deadline = deadline

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                if self._deadline is not None and self._deadline <= now:
                    self._deadline = None
                    self._break_off()
                left = self._seconds if self._deadline is None else self._deadline - now
                self._changed.wait(min(left, self._seconds))
