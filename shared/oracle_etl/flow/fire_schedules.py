"""Start the transports that are due: exactly one job per due instant."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from oracle_etl.flow.fire_times import last_due
from oracle_etl.flow.start_job import start_job
from oracle_etl.model.errors import (
    GiveUp,
    NoSuchJob,
    Refused,
    SourceAway,
    TransportError,
    TransportIsRunning,
)
from oracle_etl.model.job import JobRequest
from oracle_etl.model.transport import Overlap, Transport
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, TableSource

_DUE_AT_ONCE = 100
_STARTED_AT_ONCE = 100
"""More are left to the next tick, since whoever calls this one waits for its end."""
_LOG = logging.getLogger(__name__)


def fire_schedules(*, outside: Outside) -> tuple[str, ...]:
    """Start what is due and return the jobs' ids.

    The due instant is the job's idempotency key, so a tick that comes twice, or dies between
    starting and moving on, still makes one job. Missed instants become one run, if the last
    of them is not older than the grace. What cannot be started now stays due, and keeps nobody
    behind it waiting.
    """
    started: list[str] = []
    now = outside.clock.now()
    away: dict[str, SourceAway] = {}
    sparing = replace(outside, source=partial(_source, away=away, outside=outside))
    for transport in _due(now, outside=outside):
        try:
            job_id = _fire(transport, now, outside=sparing)
        except TransportError as error:
            if isinstance(error, SourceAway):
                away[transport.source] = error
            _tell(transport, "stays due", error.message, code=error.code)
            continue
        if job_id is not None:
            started.append(job_id)
        if len(started) == _STARTED_AT_ONCE:
            break
    return tuple(started)


def _due(now: datetime, *, outside: Outside) -> Iterator[Transport]:
    """Yield what is due, each once, also behind any number that stay due."""
    seen: set[str] = set()
    limit = _DUE_AT_ONCE
    while True:
        due = outside.book.due_transports(now, limit=limit)
        yield from (each for each in due if each.id not in seen)
        seen.update(each.id for each in due)
        if len(due) < limit:
            return
        limit *= 2  # those in front stay due, so the others lie behind them


def _source(name: str, *, away: Mapping[str, SourceAway], outside: Outside) -> TableSource:
    """Return a source, unless it was just found away: it is not waited for once more."""
    if name in away:
        raise away[name]
    return outside.source(name)


def _fire(transport: Transport, now: datetime, *, outside: Outside) -> str | None:
    schedule = transport.schedule
    if schedule is None or transport.next_fire_at is None:
        return None
    due, following = last_due(schedule, transport.next_fire_at, now)
    if transport.running_job is not None and schedule.overlap is Overlap.QUEUE:
        return None  # it stays due until the running job has ended
    job_id = None
    late = now - _could_start(transport, due, outside=outside)
    if late > timedelta(seconds=schedule.grace_seconds):
        _tell(transport, "is let go", f"it is {late} late, which is beyond its grace")
    else:
        try:
            job_id = _start(transport, due, outside=outside)
        except TransportIsRunning as error:
            if schedule.overlap is Overlap.QUEUE:
                return None  # somebody else has just started it: as above
            _tell(transport, "is skipped", error.message, code=error.code)
    _move_on(transport, following, outside=outside)
    return job_id


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
        _tell(transport, "is not started", error.message, code=error.code)
        return None
    return None if started.repeated else started.job.id


def _tell(transport: Transport, what: str, why: str, *, code: str = "") -> None:
    _LOG.warning(
        "%s is due and %s: %s",
        transport.id,
        what,
        why,
        extra={"event": "schedule_not_started", "transport_id": transport.id, "code": code},
    )


def _move_on(transport: Transport, following: datetime, *, outside: Outside) -> None:
    def move_on(entries: Entries) -> None:
        stored = entries.transport(transport.id)
        if stored is not None and stored.next_fire_at == transport.next_fire_at:
            entries.put_transport(stored.fires_next(following))

    outside.book.transact(move_on)
