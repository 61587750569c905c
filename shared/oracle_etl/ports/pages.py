"""Lists that come a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page of a list: its size, and the opaque token that the page before gave.

    A token that this list, with these filters, never gave is refused with InvalidRequest.
    """

    size: int = 50
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list; no token means it was the last."""

    items: tuple[T, ...]
    next_token: str | None = None
