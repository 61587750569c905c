"""Write a job's tables down, as many at a time as one transaction takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from oracle_etl.flow.carry_tables import NewTable
from oracle_etl.model.errors import LeaseLost
from oracle_etl.model.job import Dispatch, Job
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

_TABLES_OF_ONE_WRITE = 200
_NAMES_LIKE_A_TABLE = 10
"""A carried table names its objects, of which so many weigh as much as a plain table."""


def fit_in_one_write(tables: Sequence[object]) -> bool:
    """Tell whether new tables can be written together with their job."""
    return len(tables) <= _TABLES_OF_ONE_WRITE


def write_tables(job: Job, tables: Iterable[NewTable], *, outside: Outside) -> Job:
    """Write all tables of a job down, and that they are, by the hold that the job gives for it.

    Returns the job as it stands; where somebody else goes on with it, nothing more is written.
    """
    fence, total = job.writing.fence, 0
    try:
        for chunk in _chunks(tables):
            _write_chunk(job.id, fence, chunk, outside=outside)
            total += len(chunk)
        return _note_written(job.id, fence, tables_total=total, outside=outside)
    except LeaseLost:
        return outside.book.job(job.id)


def hold_writing(job_id: str, *, outside: Outside) -> Job | None:
    """Return the job, its tables ours to write down; None where they are not, or no longer."""
    now, lease = outside.clock.now(), outside.limits.lease

    def hold(entries: Entries) -> Job | None:
        job = _being_started(entries, job_id)
        if job.status.ended or job.dispatch is not Dispatch.WRITING or not job.writing.is_free(now):
            return None
        job = job.being_written(now=now, lease_seconds=lease)
        entries.put_job(job)
        return job

    return outside.book.transact(hold)


def put_tables(entries: Entries, *, tables: Sequence[NewTable]) -> None:
    """Write some tables down, with the plans that they have already."""
    for table in tables:
        entries.put_table(table.task)
        if table.plan is not None:
            entries.put_plan(table.task.job_id, table.task.table_id, table.plan)


def _write_chunk(job_id: str, fence: int, tables: Sequence[NewTable], *, outside: Outside) -> None:
    now, lease = outside.clock.now(), outside.limits.lease

    def write(entries: Entries) -> None:
        job = _being_started(entries, job_id).writing_on(fence, now=now, lease_seconds=lease)
        put_tables(entries, tables=tables)
        entries.put_job(job)

    outside.book.transact(write)


def _note_written(job_id: str, fence: int, *, tables_total: int, outside: Outside) -> Job:
    def written(entries: Entries) -> Job:
        job = _being_started(entries, job_id).written(fence, tables_total=tables_total)
        entries.put_job(job)
        return job

    return outside.book.transact(written)


def _being_started(entries: Entries, job_id: str) -> Job:
    job = entries.job(job_id)
    assert job is not None, "a job is never removed while it is being started"
    return job


def _chunks(tables: Iterable[NewTable]) -> Iterator[Sequence[NewTable]]:
    chunk: list[NewTable] = []
    weight = 0
    for table in tables:
        names = len(table.task.objects) + len(table.task.leftovers)
        added = 1 + names // _NAMES_LIKE_A_TABLE
        if chunk and weight + added > _TABLES_OF_ONE_WRITE:
            yield chunk
            chunk, weight = [], 0
        chunk.append(table)
        weight += added
    if chunk:
        yield chunk
