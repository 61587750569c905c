"""Take work until there is none: the life of a worker."""

from __future__ import annotations

import threading
from contextlib import suppress

from oracle_etl.flow.claim_work import Claim, Unclaimed, claim_work
from oracle_etl.flow.finish_job import finish_job
from oracle_etl.flow.keep_lease import keep_lease
from oracle_etl.flow.take_seat import Seat, keep_seat, leave_seat, move_seat, take_seat
from oracle_etl.flow.work_on import Settled, work_on
from oracle_etl.model.errors import (
    LeaseLost,
    NoSuchJob,
    Refused,
    TryAgain,
    UnreadableMessage,
)
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.work import WorkRef
from oracle_etl.outside import Outside
from oracle_etl.ports import Delivery

_WAIT_SECONDS = 0.5
_SOON_SECONDS = 1.0
_JOBS_LOOKED_AT = 20


def drain_queue(*, owner: str, stopping: threading.Event, outside: Outside) -> int:
    """Return how many pieces of work were done, once nothing is left to be claimed.

    The queue only hints: where it is silent, the book is asked, so that a lost message costs
    a moment and never the work. A worker without a seat leaves; those that have one go on.
    """
    seat = take_seat(owner=owner, outside=outside)
    if seat is None:
        return 0
    worker = _Worker(seat, stopping, outside)
    try:
        return worker.drain()
    except LeaseLost:
        return 0  # the seat went to another worker while this one slept too long
    finally:
        with suppress(LeaseLost, TryAgain):
            leave_seat(worker.seat, outside=outside)


def _waits_in_line(job: Job) -> bool:
    return job.status is JobStatus.PENDING and job.cancel_requested_at is None


class _Worker:
    """One worker: its seat, and when it is told to stop."""

    def __init__(self, seat: Seat, stopping: threading.Event, outside: Outside) -> None:
        self.seat = seat
        self._stopping = stopping
        self._outside = outside
        began, limits = outside.clock.monotonic(), outside.limits
        self._seat_until = began + limits.renewal
        self._ends_at = None if limits.task_timeout is None else began + limits.task_timeout

    def drain(self) -> int:
        """Work until nothing could be claimed for as long as a worker may be idle."""
        done = 0
        clock, limits = self._outside.clock, self._outside.limits
        idle_since = clock.monotonic()
        while not self._stopping.is_set() and self._has_time():
            if self._one_piece():
                done += 1
                idle_since = clock.monotonic()
            elif clock.monotonic() - idle_since >= limits.idle:
                break
        return done

    def _has_time(self) -> bool:
        """Tell whether enough is left until somebody ends this worker; a tick starts another."""
        clock, floor = self._outside.clock, self._outside.limits.task_floor
        return self._ends_at is None or self._ends_at - clock.monotonic() >= floor

    def _one_piece(self) -> bool:
        outside = self._outside
        try:
            self._keep_seat()
            delivery = outside.queue.pull(
                wait_seconds=_WAIT_SECONDS, lease_seconds=outside.limits.lease
            )
            return self._unhinted() if delivery is None else self._delivered(delivery)
        except TryAgain:
            # The book or the queue is away; leases and messages outlast a short absence.
            outside.clock.wait(_SOON_SECONDS)
            return False

    def _keep_seat(self) -> None:
        clock = self._outside.clock
        if clock.monotonic() >= self._seat_until:
            keep_seat(self.seat, outside=self._outside)
            self._seat_until = clock.monotonic() + self._outside.limits.renewal

    def _delivered(self, delivery: Delivery) -> bool:
        try:
            ref = delivery.ref
        except UnreadableMessage:
            delivery.done()
            return False
        claim = self._claim(ref)
        if claim is Unclaimed.NOT_YET:
            delivery.again(_SOON_SECONDS)
            # Messages that have to wait may be many, and hide those of work that need not.
            return self._unhinted() or self._rest()
        if not isinstance(claim, Claim):
            delivery.done()
            self._finish(ref.job_id)
            return False
        settled = self._work(claim, delivery)
        if settled.again_after_seconds is None:
            delivery.done()
        else:
            delivery.again(settled.again_after_seconds)
        return True

    def _rest(self) -> bool:
        self._outside.clock.wait(_WAIT_SECONDS)
        return False

    def _unhinted(self) -> bool:
        """Claim work that the book knows of though no message came."""
        outside = self._outside
        now = outside.clock.now()
        for job in outside.book.unfinished_jobs(limit=_JOBS_LOOKED_AT):
            if job.transport.source in outside.elsewhere or _waits_in_line(job):
                continue  # its claimable work is not worth a question
            for ref in outside.book.claimable(job.id, now, limit=1):
                claim = self._claim(ref)
                if isinstance(claim, Claim):
                    self._work(claim, None)
                    return True
        return False

    def _claim(self, ref: WorkRef) -> Claim | Unclaimed:
        return claim_work(ref, owner=self.seat.owner, outside=self._outside, sits_at=self._sits_at)

    def _sits_at(self, source: str) -> bool:
        """Tell whether this worker may work on a source, changing its seat where it must."""
        if source in self._outside.elsewhere:
            return False
        if source == self.seat.source:
            return True
        seat = move_seat(self.seat, source, outside=self._outside)
        if seat is None:
            return False
        left, self.seat = self.seat, seat
        with suppress(Refused):  # a source may have gone from the settings
            # Its session would stay open for minutes, and belongs to whoever sits there next.
            self._outside.source(left.source).close()
        return True

    def _work(self, claim: Claim, delivery: Delivery | None) -> Settled:
        kept = keep_lease(
            claim,
            delivery=delivery,
            seat=self.seat,
            stopping=self._stopping,
            ends_at=self._ends_at,
            outside=self._outside,
        )
        with kept as lease:
            settled = work_on(claim, lease=lease, outside=self._outside)
        if lease.lost_seat:
            self._seat_until = self._outside.clock.monotonic()
        self._finish(claim.job.id)
        return settled

    def _finish(self, job_id: str) -> None:
        """Close the job where this was its last table; a tick does it where we cannot now."""
        with suppress(TryAgain, NoSuchJob):  # a message may outlive its job
            job = self._outside.book.job(job_id)
            if job.all_tables_ended and not job.status.ended:
                finish_job(job_id, outside=self._outside)
