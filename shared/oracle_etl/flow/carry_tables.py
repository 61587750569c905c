"""Take the tables of a job over into its retry: the complete as they are, the others anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from oracle_etl.flow.split_table import MOST_PARTS
from oracle_etl.flow.tables_of import tables_of
from oracle_etl.flow.take_over_parts import job_to_continue
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.job import Job
from oracle_etl.model.progress import Stage, StageName
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.work import Hold, WorkStatus
from oracle_etl.outside import Outside

_MOST_LEFTOVERS = 2 * MOST_PARTS
"""A table left in parts may have as many at a time, and Firestore keeps them in one document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTable:
    """A table to be written into a new job, with its plan where it has one already."""

    task: TableTask
    plan: ColumnPlan | None = None


def carry_tables(job: Job, *, outside: Outside) -> Iterator[NewTable]:
    """Yield the tables of a retry; the same each time."""
    assert job.request.retry_of is not None, "only retries carry tables"
    earlier = outside.book.job(job.request.retry_of)
    for table in tables_of(earlier.id, outside=outside):
        if table.status is WorkStatus.COMPLETED:
            plan = outside.book.plan(table.job_id, table.table_id)
            yield NewTable(task=_carried(table, job), plan=plan)
        elif job.version == earlier.version:
            yield NewTable(task=_continued(table, job))
        else:
            yield NewTable(task=_anew(table, job))


def _carried(table: TableTask, job: Job) -> TableTask:
    written_by = table.carried_from or table.job_id
    return replace(table, job_id=job.id, hold=Hold(), carried_from=written_by)


def _continued(table: TableTask, job: Job) -> TableTask:
    """Return a table to be done at the same moment as before, from where it stopped."""
    return replace(
        _anew(table, job),
        leftovers=(*table.leftovers, *table.intents)[-_MOST_LEFTOVERS:],
        continues=job_to_continue(table),
    )


def _anew(table: TableTask, job: Job) -> TableTask:
    return TableTask(
        job_id=job.id,
        table_id=table.table_id,
        position=table.position,
        table=table.table,
        choice=table.choice,
        stem=table.stem,
        stages=(Stage(name=StageName.PENDING, at=job.created_at),),
        tenant=table.tenant,
    )
