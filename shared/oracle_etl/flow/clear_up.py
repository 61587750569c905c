"""Remove what a job that ends leaves behind and nobody is to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from oracle_etl.flow.keep_closing import Closing
from oracle_etl.flow.tables_of import tables_of
from oracle_etl.flow.take_over_parts import extracts_kept_for
from oracle_etl.flow.withdraw_objects import withdraw_objects
from oracle_etl.model.errors import NoSuchJob
from oracle_etl.model.job import Job, JobKind
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside


def clear_up(job: Job, closing: Closing, *, outside: Outside) -> None:
    """Remove attempts, and final objects of tables that never came to be complete.

    What was read of such tables is kept for a retry, which then reads the rest. Done while a closer
    that follows would still do it again.
    """
    bucket = job.bucket
    kept: set[str] = set()
    for table in closing.through(_incomplete_tables(job, outside=outside)):
        withdraw_objects(
            closing.through((*table.leftovers, *table.intents)),
            bucket=bucket,
            still_ours=closing.check,
            outside=outside,
        )
        if job.kind is JobKind.FULL:  # others are not retried but done again
            kept.update(each.object.name for each in extracts_kept_for(table, outside=outside))
    for folder in _attempts_folders(job, outside=outside):
        _remove_all(bucket, f"{folder}/", kept, closing, outside=outside)


def _remove_all(
    bucket: str, prefix: str, kept: set[str], closing: Closing, *, outside: Outside
) -> None:
    for name in closing.through(outside.store.names(bucket, prefix)):
        stored = None if name in kept else outside.store.stat(bucket, name)
        if stored is not None:
            outside.store.remove(stored)


def _attempts_folders(job: Job, *, outside: Outside) -> Iterator[str]:
    """Yield where this job, and those whose retry it is, have written attempts."""
    yield job.attempts_folder
    while job.request.retry_of is not None:
        yield replace(job, id=job.request.retry_of).attempts_folder
        try:
            job = outside.book.job(job.request.retry_of)
        except NoSuchJob:
            return  # its history has expired


def _incomplete_tables(job: Job, *, outside: Outside) -> Iterator[TableTask]:
    if job.counts.tables_completed < job.tables_total:
        for status in (WorkStatus.FAILED, WorkStatus.CANCELLED):
            yield from tables_of(job.id, outside=outside, status=status)
