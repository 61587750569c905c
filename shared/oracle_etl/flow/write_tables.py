"""Write a job's tables down, as many at a time as one transaction takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from oracle_etl.flow.carry_tables import NewTable
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
    """Write all tables of a job down, and that they are; safe to repeat."""
    total = 0
    for chunk in _chunks(tables):
        outside.book.transact(partial(put_tables, tables=chunk))
        total += len(chunk)

    def written(entries: Entries) -> Job:
        stored = entries.job(job.id)
        assert stored is not None, "a job is never removed while it is being started"
        if stored.dispatch is Dispatch.WRITING:
            stored = stored.written(tables_total=total)
            entries.put_job(stored)
        return stored

    return outside.book.transact(written)


def put_tables(entries: Entries, *, tables: Sequence[NewTable]) -> None:
    """Write some tables down, with the plans that they have already."""
    for table in tables:
        entries.put_table(table.task)
        if table.plan is not None:
            entries.put_plan(table.task.job_id, table.task.table_id, table.plan)


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
