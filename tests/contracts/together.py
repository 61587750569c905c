"""Threads that start at the same moment, for what must hold under contention."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from oracle_etl.model.errors import BookAway
from oracle_etl.ports import Entries, JobBook

T = TypeVar("T")

_TRIES = 200


def all_at_once(works: Sequence[Callable[[], T]]) -> list[T]:
    """Run every work in a thread of its own, released together; return what they returned."""
    barrier = threading.Barrier(len(works))

    def released(work: Callable[[], T]) -> T:
        barrier.wait(timeout=90)
        return work()

    with ThreadPoolExecutor(max_workers=len(works)) as pool:
        return list(pool.map(released, works))


def patiently(book: JobBook, work: Callable[[Entries], T]) -> T:
    """Transact as a caller does that BookAway sends back to the queue."""
    for _ in range(_TRIES):
        try:
            return book.transact(work)
        except BookAway:
            continue
    raise AssertionError(f"the book was away {_TRIES} times in a row")
