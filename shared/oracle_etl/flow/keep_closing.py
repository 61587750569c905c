"""Keep the closing of a job while it goes on, and learn when it has gone to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from oracle_etl.model.errors import LeaseLost
from oracle_etl.model.job import Job
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

T = TypeVar("T")


class Closing:
    """A closer's hold on a job, which it claimed a moment ago.

    There is no thread behind it as behind a worker's lease: the closer itself asks at every table
    and every object, and none of these takes as long as a lease.
    """

    def __init__(self, job: Job, *, outside: Outside) -> None:
        self._job = job
        self._outside = outside
        self._renew_at = self._next_renewal()

    def keep(self) -> None:
        """Renew the hold where that is due; LeaseLost where it is another's by then."""
        if self._outside.clock.monotonic() >= self._renew_at:
            renew_at = self._next_renewal()
            self._outside.book.transact(self._renew)
            self._renew_at = renew_at

    def through(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, keeping the hold at each."""
        for each in items:
            self.keep()
            yield each

    def check(self) -> None:
        """Raise LeaseLost where the closing has gone to another closer, or is done."""
        self._outside.book.transact(self.held_job)

    def held_job(self, entries: Entries) -> Job:
        """Return the job as it is stored; LeaseLost as above."""
        stored = entries.job(self._job.id)
        if stored is None or stored.status.ended:
            raise LeaseLost(f"{self._job.id} has been closed by another")
        stored.closing.check(self._job.closing.fence)
        return stored

    def _renew(self, entries: Entries) -> None:
        job = self.held_job(entries)
        now, seconds = self._outside.clock.now(), self._outside.limits.lease
        held = job.closing.renewed(self._job.closing.fence, now=now, lease_seconds=seconds)
        entries.put_job(replace(job, closing=held))

    def _next_renewal(self) -> float:
        return self._outside.clock.monotonic() + self._outside.limits.renewal


def nothing_to_keep() -> None:
    """Go on: for those who only read what a closer would write."""
