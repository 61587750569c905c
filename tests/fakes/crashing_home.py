"""A home that dies at its n-th effect, before it happens or after it happened unseen."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from oracle_etl.model.objects import StoredObject
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, ObjectWriter

T = TypeVar("T")


class Crash(BaseException):
    """The process is gone; nothing in the flow may catch this."""


class Moment(enum.StrEnum):
    """When the process dies, seen from the effect."""

    BEFORE = "before"
    AFTER = "after"


class Effects:
    """Counts effects, names them, and dies at one of them."""

    def __init__(self, *, dies_at: int | None = None, moment: Moment = Moment.BEFORE) -> None:
        self.names: list[str] = []
        self._dies_at = dies_at
        self._moment = moment

    def happen(self, name: str, act: Callable[[], T]) -> T:
        """Let one effect happen, or die at it."""
        self.names.append(name)
        dies = len(self.names) == self._dies_at
        if dies and self._moment is Moment.BEFORE:
            raise Crash(f"before {name}")
        result = act()
        if dies:
            raise Crash(f"after {name}")
        return result


def crashing(home: Outside, effects: Effects) -> Outside:
    """Return the home with every effect counted."""
    return replace(
        home,
        book=_Book(home.book, effects),
        queue=_Queue(home.queue, effects),
        store=_Store(home.store, effects),
        launcher=_Launcher(home.launcher, effects),
    )


class _Behind:
    """Hands everything that is no effect to the real thing."""

    def __init__(self, real: Any, effects: Effects) -> None:  # noqa: ANN401 - any port
        self._real = real
        self._effects = effects

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any port
        return getattr(self._real, name)


class _Book(_Behind):
    def transact(self, work: Callable[[Entries], T]) -> T:
        name = f"transact {getattr(work, 'func', work).__name__}"
        result: T = self._effects.happen(name, lambda: self._real.transact(work))
        return result


class _Queue(_Behind):
    def publish(self, refs: Sequence[Any]) -> None:
        self._effects.happen("publish", lambda: self._real.publish(refs))

    def pull(self, **asked: float) -> Any:  # noqa: ANN401 - a delivery
        delivery = self._real.pull(**asked)
        return None if delivery is None else _Delivery(delivery, self._effects)


class _Delivery(_Behind):
    def done(self) -> None:
        self._effects.happen("done", self._real.done)

    def again(self, delay_seconds: float = 0) -> None:
        self._effects.happen("again", lambda: self._real.again(delay_seconds))


class _Store(_Behind):
    @contextmanager
    def create(self, bucket: str, name: str, *, content_type: str) -> Iterator[ObjectWriter]:
        self._effects.happen("begin object", lambda: None)
        created = self._real.create(bucket, name, content_type=content_type)
        writer = created.__enter__()
        try:
            yield writer
        except BaseException as error:
            created.__exit__(type(error), error, error.__traceback__)
            raise
        self._effects.happen("finish object", lambda: created.__exit__(None, None, None))

    def compose(
        self, bucket: str, name: str, sources: Sequence[StoredObject], *, content_type: str
    ) -> StoredObject:
        composed: StoredObject = self._effects.happen(
            "compose",
            lambda: self._real.compose(bucket, name, sources, content_type=content_type),
        )
        return composed

    def remove(self, stored: StoredObject) -> None:
        self._effects.happen("remove", lambda: self._real.remove(stored))


class _Launcher(_Behind):
    def launch(self, count: int) -> None:
        self._effects.happen("launch", lambda: self._real.launch(count))
