"""Compare a table of a version with the same table of the version before: rows and columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from oracle_etl.flow.every_item import every_item
from oracle_etl.flow.tables_of import tables_of
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import NoSuchTable
from oracle_etl.model.job import Job, JobKind, JobStatus
from oracle_etl.model.names import version_label
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.transport import OnSchemaChange
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest

_CHANGES_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is said of a table beside the one before; empty where nothing is."""

    objections: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    was_there: bool = True
    """Whether the version before has the table."""


_WAS_NOT_THERE = Compared(was_there=False)


def version_before(job: Job, *, outside: Outside) -> Job | None:
    """Return the job that completed the last version before this job's, if it is to be compared.

    Jobs come newest first, and their versions fall, but for retries: these complete a version long
    after others were given out.
    """
    proof = job.transport.proof
    compares = (
        proof.on_schema_change is not OnSchemaChange.ALLOW or proof.max_row_drop_percent is not None
    )
    if job.version is None or not compares:
        return None
    nearest: Job | None = None
    for each in _completed_runs(job, outside=outside):
        if each.version is None or each.version >= job.version:
            continue
        if nearest is None or each.version > (nearest.version or 0):
            nearest = each
        if each.request.retry_of is None:
            break
    return nearest


def compare_versions(job: Job, before: Job, table: TableTask, *, outside: Outside) -> Compared:
    """Return what the transport wants to be told of a completed table's rows and columns."""
    try:
        # Ids come from names, so the same table has the same id in every job.
        earlier = outside.book.table(before.id, table.table_id)
    except NoSuchTable:
        return _WAS_NOT_THERE
    if earlier.status is not WorkStatus.COMPLETED:
        return _WAS_NOT_THERE
    proof = job.transport.proof
    drop = proof.max_row_drop_percent
    objections: tuple[str, ...] = ()
    if drop is not None and table.rows < earlier.rows * (1 - drop / 100):
        fell = f"{table.table} fell from {earlier.rows} to {table.rows} rows, more than {drop:g} %"
        objections = (fell,)
    changes = _column_changes(
        outside.book.plan(before.id, table.table_id), outside.book.plan(job.id, table.table_id)
    )
    told = (_told(table, changes),) if changes else ()
    if proof.on_schema_change is OnSchemaChange.FAIL:
        return Compared(objections=(*objections, *told))
    if proof.on_schema_change is OnSchemaChange.WARN:
        return Compared(objections=objections, warnings=told)
    return Compared(objections=objections)


def tables_gone(
    job: Job, before: Job, *, listed: Collection[str], keep: Callable[[], None], outside: Outside
) -> Compared:
    """Return what the transport wants to be told of tables that are no longer in its version.

    `listed` has the ids of those that are; `keep` is called at every table. Whoever edits the
    transport, or makes it again, may mean that they go. Otherwise a pattern no longer finds them,
    as where a privilege was revoked.
    """
    gone = tuple(_gone(before, listed, keep, outside=outside))
    proof = job.transport.proof
    refuses = (
        proof.on_schema_change is OnSchemaChange.FAIL or proof.max_row_drop_percent is not None
    )
    if refuses and _edition(job) == _edition(before):
        return Compared(objections=gone)
    return Compared(warnings=gone)


def _edition(job: Job) -> tuple[datetime, int]:
    """Return what tells a transport's lists apart; one made again under its id begins anew."""
    return job.transport.created_at, job.transport.revision


def _gone(
    before: Job, listed: Collection[str], keep: Callable[[], None], *, outside: Outside
) -> Iterator[str]:
    version = version_label(before.version or 0)
    for table in tables_of(before.id, outside=outside, status=WorkStatus.COMPLETED):
        keep()
        if table.table_id not in listed:
            yield f"{table.table} is not in this version; {version} has {table.rows} rows of it"


def _completed_runs(job: Job, *, outside: Outside) -> Iterator[Job]:
    completed = every_item(
        lambda token: outside.book.jobs(
            PageRequest(size=50, token=token),
            transport_id=job.transport_id,
            status=JobStatus.COMPLETED,
        )
    )
    return (each for each in completed if each.kind is JobKind.FULL)


def _told(table: TableTask, changes: tuple[str, ...]) -> str:
    more = len(changes) - _CHANGES_NAMED
    rest = (f"and {more} more",) if more > 0 else ()
    return f"{table.table}: {'; '.join((*changes[:_CHANGES_NAMED], *rest))}"


def _column_changes(before: ColumnPlan | None, after: ColumnPlan | None) -> tuple[str, ...]:
    """Return what changed in the columns between two versions, in words."""
    if before is None or after is None:
        return ()
    then = {each.name: each for each in before.columns}
    now = {each.name: each for each in after.columns}
    return (
        *(f"column {name} is new" for name in now if name not in then),
        *(f"column {name} is gone" for name in then if name not in now),
        *(
            f"column {name} was {then[name].oracle_type} and is {column.oracle_type}"
            for name, column in now.items()
            if name in then and then[name].oracle_type != column.oracle_type
        ),
    )
