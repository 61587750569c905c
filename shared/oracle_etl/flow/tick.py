"""Repair what a crash, a lost message or an absent service left behind, and keep time.

Every step is safe to repeat and to run twice at once. Where one job cannot be helped now, the
others still are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from oracle_etl.flow.abandon_start import abandon_start
from oracle_etl.flow.advance_start import advance_start
from oracle_etl.flow.cancel_job import cancel_unclaimed
from oracle_etl.flow.claim_work import failure_of
from oracle_etl.flow.finish_job import finish_job, start_waiting
from oracle_etl.flow.fire_schedules import fire_schedules
from oracle_etl.flow.put_ended import put_failed, work_in
from oracle_etl.model.errors import (
    AttemptsExhausted,
    GiveUp,
    Refused,
    TransportError,
    UnreadableMessage,
)
from oracle_etl.model.job import Dispatch, Job, JobStatus
from oracle_etl.model.work import Hold, WorkRef
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

_LOG = logging.getLogger(__name__)
_JOBS_LOOKED_AT = 100
_REPUBLISHED_AT_ONCE = 1000
_DEAD_LETTERS_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TickReport:
    """What a tick did."""

    jobs_started: tuple[str, ...] = ()
    jobs_closed: tuple[str, ...] = ()
    messages_republished: int = 0
    workers_launched: int = 0
    dead_letters: int = 0
    problems: tuple[str, ...] = ()


def tick(*, outside: Outside) -> TickReport:
    """Do one round of repairs, then start what is due."""
    tally = _Tally()
    for job in outside.book.unfinished_jobs(limit=_JOBS_LOOKED_AT):
        tally.attempt(f"repair {job.id}", partial(_repair, job, tally, outside))
    tally.attempt("bury dead letters", partial(_drain_dead_letters, tally, outside))
    tally.attempt("start waiting jobs", partial(start_waiting, outside=outside))
    tally.attempt("fire schedules", partial(_fire, tally, outside))
    tally.attempt("tidy", outside.tidy)
    return tally.report()


class _Tally:
    """What has been done so far."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.closed: list[str] = []
        self.republished = 0
        self.launched = 0
        self.dead_letters = 0
        self._problems: list[str] = []

    def attempt(self, doing: str, step: Callable[[], None]) -> None:
        """Do one step; an error is noted, also a defect's, and keeps no other from happening."""
        try:
            step()
        except TransportError as error:
            self._problems.append(error.message)
        except Exception as error:  # noqa: BLE001 - a defect met in one job stops no other
            _LOG.exception("the tick could not %s", doing, extra={"event": "tick_failed"})
            name = type(error).__name__
            self._problems.append(f"could not {doing}: a defect ({name}), which the log tells of")

    def report(self) -> TickReport:
        """Return the report."""
        return TickReport(
            jobs_started=tuple(self.started),
            jobs_closed=tuple(self.closed),
            messages_republished=self.republished,
            workers_launched=self.launched,
            dead_letters=self.dead_letters,
            problems=tuple(self._problems),
        )


def _fire(tally: _Tally, outside: Outside) -> None:
    tally.started.extend(fire_schedules(outside=outside))


def _repair(job: Job, tally: _Tally, outside: Outside) -> None:
    if job.dispatch is Dispatch.WRITING:
        _finish_writing(job, outside)
        return
    if job.cancel_requested_at is not None:
        cancel_unclaimed(job.id, outside=outside)
    elif not _is_started(job):
        if _has_rested(job, outside):
            advance_start(job, outside=outside)
        return
    if not outside.book.job(job.id).all_tables_ended:
        _revive(job, tally, outside)
    elif finish_job(job.id, outside=outside):
        tally.closed.append(job.id)


def _finish_writing(job: Job, outside: Outside) -> None:
    """Write a job's tables down once nobody else does.

    A job that is cancelled, or for which this is refused, stands in the way of others.
    """
    if job.cancel_requested_at is not None:
        abandon_start(job, None, outside=outside)
        return
    if not job.writing.is_free(outside.clock.now()):
        return
    try:
        advance_start(job, outside=outside)
    except (GiveUp, Refused) as error:
        abandon_start(job, failure_of(error), outside=outside)


def _is_started(job: Job) -> bool:
    return job.dispatch is Dispatch.LAUNCHED


def _has_rested(job: Job, outside: Outside) -> bool:
    """Tell whether whoever started the job has had the time to finish starting it."""
    if job.status is JobStatus.PENDING and job.dispatch is Dispatch.READY:
        return False  # it waits in line, which `start_waiting` looks after
    since = job.dispatched_at or job.started_at or job.created_at
    grace = timedelta(seconds=outside.limits.dispatch_grace)
    return outside.clock.now() - since >= grace


def _revive(job: Job, tally: _Tally, outside: Outside) -> None:
    """Hint again at work that can be claimed while nobody may come for it."""
    refs = outside.book.claimable(job.id, outside.clock.now(), limit=_REPUBLISHED_AT_ONCE)
    if not refs:
        return
    source = job.transport.source
    lane = outside.lane_of(source)
    running = lane.launcher.running()
    wanted = min(len(refs), outside.limits.workers_on(source)) - running
    if all(ref.part is None for ref in refs):
        # More workers than tables at once would only come and go.
        wanted = min(wanted, job.transport.parallel_tables - running)
    if wanted <= 0:
        return
    if running == 0 and _has_rested(job, outside):
        lane.queue.publish(refs)
        tally.republished += len(refs)
        _note_dispatch(job.id, outside=outside)
    lane.launcher.launch(wanted)
    tally.launched += wanted


def _note_dispatch(job_id: str, *, outside: Outside) -> None:
    now = outside.clock.now()

    def note(entries: Entries) -> None:
        job = entries.job(job_id)
        if job is not None and not job.status.ended:
            entries.put_job(replace(job, dispatched_at=now))

    outside.book.transact(note)


def _drain_dead_letters(tally: _Tally, outside: Outside) -> None:
    for delivery in outside.queue.dead_letters(limit=_DEAD_LETTERS_AT_ONCE):
        with suppress(UnreadableMessage):
            _bury(delivery.ref, outside=outside)
        delivery.done()
        tally.dead_letters += 1


def _bury(ref: WorkRef, *, outside: Outside) -> None:
    """Fail work whose message came back too often, unless somebody holds it or it has ended.

    What was never begun has only waited for its turn, so it gets a new message.
    """
    now = outside.clock.now()
    failure = failure_of(
        AttemptsExhausted(
            "its message came back from the queue too often",
            hint="the workers' logs say why; `jobs retry` tries again",
        )
    )

    def bury(entries: Entries) -> Hold | None:
        work = work_in(entries, ref)
        if work is None or not work.can_be_claimed(now):
            return None
        if work.hold.fence:
            put_failed(entries, work, failure, now=now)
        return work.hold

    hold = outside.book.transact(bury)
    if hold is not None and not hold.fence:
        source = outside.book.job(ref.job_id).transport.source
        outside.lane_of(source).queue.publish([ref])
