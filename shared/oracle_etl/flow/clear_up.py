"""Remove what a job that ends leaves behind and nobody is to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from oracle_etl.flow.tables_of import tables_of
from oracle_etl.flow.withdraw_objects import withdraw_objects
from oracle_etl.model.job import Job
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside


def clear_up(job: Job, *, still_ours: Callable[[], None], outside: Outside) -> None:
    """Remove attempts, and final objects of tables that never came to be complete.

    Done while a closer that follows would still do it again.
    """
    bucket = job.transport.target_bucket or outside.default_bucket
    for table in _incomplete_tables(job, outside=outside):
        withdraw_objects(
            (*table.leftovers, *table.intents),
            bucket=bucket,
            still_ours=still_ours,
            outside=outside,
        )
    for name in outside.store.names(bucket, f"{job.attempts_folder}/"):
        stored = outside.store.stat(bucket, name)
        if stored is not None:
            outside.store.remove(stored)


def _incomplete_tables(job: Job, *, outside: Outside) -> Iterator[TableTask]:
    if job.counts.tables_completed < job.tables_total:
        for status in (WorkStatus.FAILED, WorkStatus.CANCELLED):
            yield from tables_of(job.id, outside=outside, status=status)
