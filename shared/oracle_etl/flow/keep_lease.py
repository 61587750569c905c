"""Keep a claim alive while its work goes on, and learn when it must stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from oracle_etl.flow.claim_work import Claim, claimed_part, claimed_table
from oracle_etl.flow.keep_totals import keep_totals
from oracle_etl.flow.take_seat import Seat, keep_seat
from oracle_etl.model.errors import LeaseLost, TransportError, TryAgain
from oracle_etl.outside import Outside
from oracle_etl.ports import Delivery, Entries

_LOG = logging.getLogger(__name__)


class WorkInterrupted(TransportError):
    """The work stops without having failed."""

    code = "INTERRUPTED"


class JobCancelled(WorkInterrupted):
    """Somebody cancelled the job."""


class WorkerStopping(WorkInterrupted):
    """The worker was told to end; another one goes on."""


class SeatLost(WorkerStopping):
    """The worker's seat went to another one, so it may have no session; another goes on."""


class Lease:
    """Answers the question of the work between two batches: may I go on."""

    def __init__(self, stopping: threading.Event, *, ends_at: float | None = None) -> None:
        self._stopping = stopping
        self.ends_at = ends_at
        """When the worker is ended from outside, by the monotonic clock; None for never."""
        self._ended: TransportError | None = None
        self._break_off: Callable[[], None] | None = None

    def check(self) -> None:
        """Raise LeaseLost, JobCancelled or WorkerStopping when the work must stop."""
        if self._ended is not None:
            raise self._ended
        if self._stopping.is_set():
            raise WorkerStopping("the worker is stopping")

    @property
    def lost_seat(self) -> bool:
        """Whether the work had to stop because the worker's seat went to another."""
        return isinstance(self._ended, SeatLost)

    @contextmanager
    def breaking_off(self, act: Callable[[], None]) -> Iterator[None]:
        """Have `act` called, from another thread, should the work have to stop meanwhile.

        Where it has to stop already, the block does not begin: `check` says why.
        """
        self._break_off = act
        try:
            self.check()
            yield
        finally:
            self._break_off = None

    def end(self, why: TransportError) -> None:
        """Note why the work must stop, and break its call off; the first reason stays."""
        if self._ended is None:
            self._ended = why
            act = self._break_off
            if act is not None:
                act()


@contextmanager
def keep_lease(
    claim: Claim,
    *,
    delivery: Delivery | None,
    seat: Seat,
    stopping: threading.Event,
    ends_at: float | None = None,
    outside: Outside,
) -> Iterator[Lease]:
    """Renew the claim, its message and the worker's seat from a thread until the block ends.

    Every progress interval the thread also looks whether the job was cancelled, so that a
    cancel reaches the worker within seconds, and keeps the job's totals if nobody else does.
    """
    lease = Lease(stopping, ends_at=ends_at)
    with _Keeper(claim, delivery, seat, lease, stopping, outside):
        yield lease


class _Keeper:
    """The renewing thread."""

    def __init__(
        self,
        claim: Claim,
        delivery: Delivery | None,
        seat: Seat,
        lease: Lease,
        stopping: threading.Event,
        outside: Outside,
    ) -> None:
        self._claim = claim
        self._stopping = stopping
        self._delivery = delivery
        self._seat = seat
        self._lease = lease
        self._outside = outside
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        limits, clock = self._outside.limits, self._outside.clock
        renew_at = clock.monotonic() + limits.renewal
        while not self._done.wait(min(limits.progress_interval, limits.renewal)):
            if self._stopping.is_set():
                self._lease.end(WorkerStopping("the worker is stopping"))
            if clock.monotonic() >= renew_at and self._did(self._renew_claim):
                renew_at = clock.monotonic() + limits.renewal
                self._did(self._renew_seat)
                self._did(self._renew_message)
            # Behind what has to be: nobody is to lose work because it cannot be watched.
            self._did(self._look_after_job)

    def _did(self, step: Callable[[], None]) -> bool:
        """Do a step, and tell whether it was done; nothing that is away keeps others from it."""
        try:
            step()
        except TryAgain:
            return False  # it may be back before the lease ends; if not, the fence decides
        except TransportError as error:
            self._lease.end(error)
            return False
        return True

    def _look_after_job(self) -> None:
        job = self._outside.book.job(self._claim.job.id)
        if job.cancel_requested_at is not None:
            self._lease.end(JobCancelled("the job was cancelled"))
        try:
            keep_totals(job, owner=self._claim.owner, outside=self._outside)
        except TransportError as error:
            _LOG.warning(
                "the totals of %s are not shown: %s",
                job.id,
                error.message,
                extra={"event": "totals_not_shown", "job_id": job.id},
            )

    def _renew_claim(self) -> None:
        try:
            self._outside.book.transact(self._renewed)
        except LeaseLost:
            self._done.set()
            raise

    def _renew_seat(self) -> None:
        try:
            keep_seat(self._seat, outside=self._outside)
        except LeaseLost as error:
            # The work itself is still ours, to be given back at once.
            raise SeatLost(error.message) from error

    def _renew_message(self) -> None:
        if self._delivery is not None:
            self._delivery.extend(self._outside.limits.lease)

    def _renewed(self, entries: Entries) -> None:
        now, seconds = self._outside.clock.now(), self._outside.limits.lease
        claim = self._claim
        if claim.part is None:
            table = claimed_table(entries, claim)
            entries.put_table(table.renewed(claim.fence, now=now, lease_seconds=seconds))
        else:
            part = claimed_part(entries, claim)
            entries.put_part(part.renewed(claim.fence, now=now, lease_seconds=seconds))
