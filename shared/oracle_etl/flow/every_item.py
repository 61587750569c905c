"""Go through a list that comes in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from oracle_etl.ports import Page

T = TypeVar("T")


def every_item(page_after: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """Yield the items of all pages; each page is asked for with the token of the one before."""
    token: str | None = None
    while True:
        page = page_after(token)
        yield from page.items
        token = page.next_token
        if token is None:
            return
