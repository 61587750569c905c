"""A port whose other side is away, or broken: whatever is asked of it ends in one error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Away:
    """Answers every call with an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refuse(*_: object, **__: object) -> None:
            raise self._error

        return refuse
