"""A book some of whose reads tell how things were a moment ago, as reads without locks may."""

from __future__ import annotations

from typing import Any

from oracle_etl.ports import JobBook


class LateBook:
    """Answers some reads with what was put down for them, and leaves the rest to a real book."""

    def __init__(self, book: JobBook, **answers: object) -> None:
        self._book = book
        self._answers = answers

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
        if name in self._answers:
            return lambda *_, **__: self._answers[name]
        return getattr(self._book, name)
