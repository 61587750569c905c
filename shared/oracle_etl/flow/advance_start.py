"""Go on with the start of a job: write its tables down, admit it, publish them, launch workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from oracle_etl.flow.admit_jobs import admit_jobs
from oracle_etl.flow.carry_tables import NewTable, carry_tables
from oracle_etl.flow.resolve_tables import Resolved, resolved_for, table_tasks
from oracle_etl.flow.tables_of import tables_of
from oracle_etl.flow.write_tables import hold_writing, write_tables
from oracle_etl.model.errors import TryAgain
from oracle_etl.model.job import Dispatch, Job, JobStatus
from oracle_etl.model.work import WorkRef, WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PageRequest


def advance_start(job: Job, *, outside: Outside) -> Job:
    """Go on with the start of a job from wherever it stopped; safe to repeat."""
    if job.status.ended:
        return job
    if job.dispatch is Dispatch.WRITING:
        job = _write_again(job, outside=outside)
    if job.status is JobStatus.PENDING:
        admit_jobs(outside=outside)
        job = outside.book.job(job.id)
    if job.status is not JobStatus.RUNNING:
        return job
    if job.dispatch is Dispatch.READY:
        publish_tables(job, outside=outside)
    if job.dispatch is not Dispatch.LAUNCHED:
        job = _launch(job, outside=outside)
    return job


def publish_tables(job: Job, *, outside: Outside) -> None:
    """Publish one message for each table that nobody has begun."""
    token: str | None = None
    queue = outside.lane_of(job.transport.source).queue
    while True:
        page = outside.book.tables(
            job.id, PageRequest(size=1000, token=token), status=WorkStatus.PENDING
        )
        queue.publish([WorkRef(job_id=job.id, table_id=each.table_id) for each in page.items])
        token = page.next_token
        if token is None:
            return


def _launch(job: Job, *, outside: Outside) -> Job:
    source = job.transport.source
    room = min(job.transport.parallel_tables, outside.limits.workers_on(source))
    try:
        outside.lane_of(source).launcher.launch(min(job.tables_total, room))
    except TryAgain:
        # Noted, so that the next attempt does not publish every message again.
        _moved_on(job.id, Dispatch.PUBLISHED, outside=outside)
        raise
    return _moved_on(job.id, Dispatch.LAUNCHED, outside=outside)


def _write_again(job: Job, *, outside: Outside) -> Job:
    """Write the tables down from the first on, unless somebody does."""
    if job.request.retry_of is not None:
        tables = carry_tables(job, outside=outside)
    else:
        resolved = resolved_for(job.transport, job.request, outside=outside)
        tables = _more_tables(job, resolved, outside=outside)
    held = hold_writing(job.id, outside=outside)
    if held is None:
        return outside.book.job(job.id)
    return write_tables(held, tables, outside=outside)


def _more_tables(job: Job, resolved: Sequence[Resolved], *, outside: Outside) -> Iterator[NewTable]:
    """Yield the tables that were written down before, and what else the list means now.

    Patterns may find others than at the first time, and what is in the book is part of the job.
    """
    written = (
        Resolved(table=each.table, choice=each.choice)
        for each in tables_of(job.id, outside=outside)
    )
    every = {each.table: each for each in chain(written, resolved)}
    yield from new_tables(job, tuple(every.values()))


def new_tables(job: Job, resolved: Sequence[Resolved]) -> Iterator[NewTable]:
    """Yield the tables of a job before any of them was begun."""
    return (NewTable(task=task) for task in table_tasks(job, resolved))


def _moved_on(job_id: str, reached: Dispatch, *, outside: Outside) -> Job:
    now = outside.clock.now()

    def move_on(entries: Entries) -> Job:
        job = entries.job(job_id)
        assert job is not None, "a job is never removed while it is being started"
        job = job.published(now=now) if reached is Dispatch.PUBLISHED else job.launched(now=now)
        entries.put_job(job)
        return job

    return outside.book.transact(move_on)
