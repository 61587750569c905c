"""Let waiting jobs run, first come first served, as far as the cap allows."""

from __future__ import annotations

from oracle_etl.model.job import Dispatch, Job, JobStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PageRequest

_WAITING_LOOKED_AT = 100


def admit_jobs(*, outside: Outside) -> tuple[Job, ...]:
    """Return the jobs that may run from now on; their tables still have to be published."""
    if not _has_room(outside):
        return ()
    admitted = []
    for job_id in outside.book.waiting_jobs(limit=_WAITING_LOOKED_AT):
        running = _admit(job_id, outside=outside)
        if running is None:
            break
        admitted.append(running)
    return tuple(admitted)


def _has_room(outside: Outside) -> bool:
    # Asked first, since a line of hundreds is long to read and mostly nobody may go; and without
    # locks, since whoever is let through is counted again.
    cap = outside.limits.running_jobs
    running = outside.book.jobs(PageRequest(size=cap), status=JobStatus.RUNNING)
    return len(running.items) < cap


def _admit(job_id: str, *, outside: Outside) -> Job | None:
    """Return the job running; None where it has to wait, and so has everyone behind it."""
    now = outside.clock.now()

    def admit(entries: Entries) -> Job | None:
        stored = entries.job(job_id)
        if stored is None or stored.dispatch is Dispatch.WRITING:
            return None
        if stored.status is not JobStatus.PENDING:
            return stored
        if entries.count_running_jobs() >= outside.limits.running_jobs:
            return None
        stored = stored.running(now=now)
        entries.put_job(stored)
        return stored

    return outside.book.transact(admit)
