"""Let waiting jobs run, first come first served, as far as the cap allows."""

from __future__ import annotations

import enum

from oracle_etl.model.job import Dispatch, Job, JobStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PageRequest

_WAITING_LOOKED_AT = 100


class _Unadmitted(enum.Enum):
    """Why a job may not run yet."""

    NOT_READY = "not ready"
    """Its tables are being written down, or nobody comes to do so: others pass it meanwhile."""
    NO_ROOM = "no room"
    """It has to wait for others to end, and so has everyone behind it."""


def admit_jobs(*, outside: Outside) -> tuple[Job, ...]:
    """Return the jobs that may run from now on; their tables still have to be published."""
    if not _has_room(outside):
        return ()
    admitted = []
    for job_id in outside.book.waiting_jobs(limit=_WAITING_LOOKED_AT):
        told = _admit(job_id, outside=outside)
        if told is _Unadmitted.NO_ROOM:
            break
        if isinstance(told, Job):
            admitted.append(told)
    return tuple(admitted)


def _has_room(outside: Outside) -> bool:
    # Asked first, since a line of hundreds is long to read and mostly nobody may go; and without
    # locks, since whoever is let through is counted again.
    cap = outside.limits.running_jobs
    running = outside.book.jobs(PageRequest(size=cap), status=JobStatus.RUNNING)
    return len(running.items) < cap


def _admit(job_id: str, *, outside: Outside) -> Job | _Unadmitted:
    """Return the job running, or why it is not."""
    now = outside.clock.now()

    def admit(entries: Entries) -> Job | _Unadmitted:
        stored = entries.job(job_id)
        if stored is None or stored.dispatch is Dispatch.WRITING:
            return _Unadmitted.NOT_READY
        if stored.status is not JobStatus.PENDING:
            return stored
        if entries.count_running_jobs() >= outside.limits.running_jobs:
            return _Unadmitted.NO_ROOM
        stored = stored.running(now=now)
        entries.put_job(stored)
        return stored

    return outside.book.transact(admit)
