"""Start the transports that are due: exactly one job per due instant."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from oracle_etl.flow.fire_times import last_due
from oracle_etl.flow.start_job import start_job
from oracle_etl.model.errors import (
    GiveUp,
    NoSuchJob,
    Refused,
    TransportError,
    TransportIsRunning,
)
from oracle_etl.model.job import JobRequest
from oracle_etl.model.transport import Overlap, Schedule, Transport
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

_DUE_AT_ONCE = 100
_LOG = logging.getLogger(__name__)


def fire_schedules(*, outside: Outside) -> tuple[str, ...]:
    """Start what is due and return the jobs' ids.

    The due instant is the job's idempotency key, so a tick that comes twice, or dies between
    starting and moving on, still makes one job. Missed instants become one run, if the last
    of them is not older than the grace. What cannot be started now stays due, and keeps nobody
    behind it waiting.
    """
    started = []
    now = outside.clock.now()
    for transport in outside.book.due_transports(now, limit=_DUE_AT_ONCE):
        try:
            job_id = _fire(transport, now, outside=outside)
        except TransportError as error:
            _tell(transport, "stays due", error)
            continue
        if job_id is not None:
            started.append(job_id)
    return tuple(started)


def _fire(transport: Transport, now: datetime, *, outside: Outside) -> str | None:
    schedule = transport.schedule
    if schedule is None or transport.next_fire_at is None:
        return None
    due, following = last_due(schedule, transport.next_fire_at, now)
    if transport.running_job is not None and schedule.overlap is Overlap.QUEUE:
        return None  # it stays due until the running job has ended
    job_id = None
    if now - _could_start(transport, due, outside=outside) <= _grace(schedule):
        try:
            job_id = _start(transport, due, outside=outside)
        except TransportIsRunning:
            if schedule.overlap is Overlap.QUEUE:
                return None  # somebody else has just started it: as above
    _move_on(transport, following, outside=outside)
    return job_id


def _grace(schedule: Schedule) -> timedelta:
    return timedelta(seconds=schedule.grace_seconds)


def _could_start(transport: Transport, due: datetime, *, outside: Outside) -> datetime:
    """Return since when a due run could start: a queued one waits for the end of the last job."""
    schedule = transport.schedule
    if schedule is None or schedule.overlap is not Overlap.QUEUE or transport.last_job is None:
        return due
    try:
        ended = outside.book.job(transport.last_job).completed_at
    except NoSuchJob:
        return due
    return due if ended is None else max(due, ended)


def _start(transport: Transport, due: datetime, *, outside: Outside) -> str | None:
    instant = due.isoformat()
    request = JobRequest(idempotency_key=f"schedule:{instant}", trigger=f"schedule:{instant}")
    try:
        started = start_job(transport.id, request, outside=outside)
    except TransportIsRunning:
        raise
    except (Refused, GiveUp) as error:
        # Disabled or removed meanwhile, its list matches nothing now, a login refused.
        _tell(transport, "is not started", error)
        return None
    return None if started.repeated else started.job.id


def _tell(transport: Transport, what: str, error: TransportError) -> None:
    _LOG.warning(
        "%s is due and %s: %s",
        transport.id,
        what,
        error.message,
        extra={"event": "schedule_not_started", "transport_id": transport.id, "code": error.code},
    )


def _move_on(transport: Transport, following: datetime, *, outside: Outside) -> None:
    def move_on(entries: Entries) -> None:
        stored = entries.transport(transport.id)
        if stored is not None and stored.next_fire_at == transport.next_fire_at:
            entries.put_transport(stored.fires_next(following))

    outside.book.transact(move_on)
