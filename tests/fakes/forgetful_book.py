"""A book that runs some work again after it was kept, as one may whose reply was lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from oracle_etl.ports import Entries, JobBook

T = TypeVar("T")


class ForgetfulBook:
    """Forgets, once, that it has kept what `forgets` tells by its result."""

    def __init__(self, book: JobBook, *, forgets: Callable[[object], bool]) -> None:
        self._book = book
        self._forgets = forgets
        self._has_forgotten = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
        return getattr(self._book, name)

    def transact(self, work: Callable[[Entries], T]) -> T:
        result = self._book.transact(work)
        if self._has_forgotten or not self._forgets(result):
            return result
        self._has_forgotten = True
        return self._book.transact(work)
