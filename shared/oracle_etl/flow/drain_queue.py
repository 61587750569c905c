"""Take work until there is none: the life of a worker."""

from __future__ import annotations

import threading
from contextlib import suppress

from oracle_etl.flow.claim_work import Claim, Unclaimed, claim_work
from oracle_etl.flow.finish_job import finish_job
from oracle_etl.flow.keep_lease import keep_lease
from oracle_etl.flow.work_on import Settled, work_on
from oracle_etl.model.errors import TryAgain, UnreadableMessage
from oracle_etl.model.work import WorkRef
from oracle_etl.outside import Outside
from oracle_etl.ports import Delivery

_WAIT_SECONDS = 0.5
_SOON_SECONDS = 1.0
_AFTER_FAILURE_SECONDS = 5.0
_JOBS_LOOKED_AT = 20


def drain_queue(*, owner: str, stopping: threading.Event, outside: Outside) -> int:
    """Return how many pieces of work were done, once nothing is left to be claimed.

    The queue only hints: where it is silent, the book is asked, so that a lost message costs
    a moment and never the work.
    """
    done = 0
    idle_since = outside.clock.monotonic()
    while not stopping.is_set():
        worked = _one_piece(owner, stopping, outside)
        if worked:
            done += 1
            idle_since = outside.clock.monotonic()
        elif outside.clock.monotonic() - idle_since >= outside.limits.idle:
            break
    return done


def _one_piece(owner: str, stopping: threading.Event, outside: Outside) -> bool:
    try:
        delivery = outside.queue.pull(
            wait_seconds=_WAIT_SECONDS, lease_seconds=outside.limits.lease
        )
        if delivery is not None:
            return _delivered(delivery, owner, stopping, outside)
        ref = _unhinted(outside)
        if ref is None:
            return False
        claim = claim_work(ref, owner=owner, outside=outside)
        return isinstance(claim, Claim) and _work(claim, None, stopping, outside) is not None
    except TryAgain:
        # The book or the queue is away; leases and messages outlast a short absence.
        outside.clock.wait(_SOON_SECONDS)
        return False


def _delivered(delivery: Delivery, owner: str, stopping: threading.Event, outside: Outside) -> bool:
    try:
        ref = delivery.ref
    except UnreadableMessage:
        delivery.done()
        return False
    claim = claim_work(ref, owner=owner, outside=outside)
    if claim is Unclaimed.NOT_YET:
        delivery.again(_SOON_SECONDS)
        outside.clock.wait(_WAIT_SECONDS)
        return False
    if claim is Unclaimed.SETTLED:
        delivery.done()
        _finish(ref.job_id, outside)
        return False
    assert isinstance(claim, Claim), "what is not unclaimed is a claim"
    settled = _work(claim, delivery, stopping, outside)
    if settled is Settled.AGAIN:
        delivery.again(0 if stopping.is_set() else _AFTER_FAILURE_SECONDS)
    else:
        delivery.done()
    return True


def _work(
    claim: Claim, delivery: Delivery | None, stopping: threading.Event, outside: Outside
) -> Settled:
    with keep_lease(claim, delivery=delivery, stopping=stopping, outside=outside) as lease:
        settled = work_on(claim, lease=lease, outside=outside)
    _finish(claim.job.id, outside)
    return settled


def _finish(job_id: str, outside: Outside) -> None:
    """Close the job where this was its last table; a tick does it where we cannot now."""
    with suppress(TryAgain):
        job = outside.book.job(job_id)
        if job.all_tables_ended and not job.status.ended:
            finish_job(job_id, outside=outside)


def _unhinted(outside: Outside) -> WorkRef | None:
    now = outside.clock.now()
    for job in outside.book.unfinished_jobs(limit=_JOBS_LOOKED_AT):
        for ref in outside.book.claimable(job.id, now, limit=1):
            return ref
    return None
