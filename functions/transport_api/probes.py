"""Look at the parts of the service, seldom and one look at a time, whoever asks."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from oracle_etl.model.errors import InvalidRequest, TransportError
from oracle_etl.outside import Outside
from oracle_etl.ports import Clock, PageRequest, SourceStatus

T = TypeVar("T")

_ORACLE_SECONDS = 10.0
_STORE_SECONDS = 60.0
"""Looking at the store writes an object, which costs money."""
_STATE_SECONDS = 1.0
_PATIENCE_SECONDS = 30.0
"""After so long a look, what was seen before it is not believed any more."""


class PartStatus(enum.StrEnum):
    """How a part of the service is."""

    OK = "ok"
    DOWN = "down"
    UNKNOWN = "unknown"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked(Generic[T]):
    """What was seen, and when."""

    found: T
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHealth:
    """The state of a part, and the code of what is wrong with it."""

    status: PartStatus
    code: str | None = None


class SparingLook(Generic[T]):
    """Looks at most once in so many seconds, and never twice at a time.

    Whoever asks while somebody looks gets what was seen last; None before the first look has
    ended, and where a look does not end.
    """

    def __init__(self, look: Callable[[], T], *, clock: Clock, every_seconds: float) -> None:
        self._look = look
        self._clock = clock
        self._every = every_seconds
        self._looking = threading.Lock()
        self._looking_since: float | None = None
        self._last: tuple[float, Looked[T]] | None = None

    def latest(self) -> Looked[T] | None:
        """Return what was seen last, looking again where that is too old."""
        if self._looking.acquire(blocking=False):
            try:
                if self._is_old():
                    self._last = self._seen()
            finally:
                self._looking_since = None
                self._looking.release()
        elif self._does_not_end():
            return None
        return self._last and self._last[1]

    def _is_old(self) -> bool:
        last = self._last
        return last is None or self._clock.monotonic() - last[0] >= self._every

    def _does_not_end(self) -> bool:
        since = self._looking_since
        return since is not None and self._clock.monotonic() - since > _PATIENCE_SECONDS

    def _seen(self) -> tuple[float, Looked[T]]:
        self._looking_since = self._clock.monotonic()
        found = self._look()
        return self._clock.monotonic(), Looked(found=found, at=self._clock.now())


class Probes:
    """The looks at everything that the service needs."""

    def __init__(self, outside: Outside, sources: tuple[str, ...]) -> None:
        clock = outside.clock
        self.oracle = {
            name: SparingLook(
                partial(_source_status, outside, name),
                clock=clock,
                every_seconds=_ORACLE_SECONDS,
            )
            for name in sources
        }
        self.state = SparingLook(
            lambda: _health_of(lambda: outside.book.transports(PageRequest(size=1))),
            clock=clock,
            every_seconds=_STATE_SECONDS,
        )
        self.queue = SparingLook(
            lambda: _health_of(lambda: _verify_queues(outside)),
            clock=clock,
            every_seconds=_STATE_SECONDS,
        )
        self.object_store = SparingLook(
            lambda: _health_of(lambda: outside.store.verify(outside.default_bucket)),
            clock=clock,
            every_seconds=_STORE_SECONDS,
        )


def _verify_queues(outside: Outside) -> None:
    """Look at the queue of every lane that work may be sent to."""
    lanes = outside.elsewhere.values()
    for queue in {outside.queue, *(lane.queue for lane in lanes)}:
        queue.verify()


def _health_of(look: Callable[[], object]) -> PartHealth:
    try:
        look()
    except TransportError as error:
        return PartHealth(status=PartStatus.DOWN, code=error.code)
    return PartHealth(status=PartStatus.OK)


def _source_status(outside: Outside, name: str) -> SourceStatus | None:
    """Test a source's connection; None where it is not configured."""
    try:
        return outside.source(name).status()
    except InvalidRequest:
        return None
    except TransportError as error:
        return SourceStatus(
            source=name, reachable=False, code=error.code, error=error.message, hint=error.hint
        )
