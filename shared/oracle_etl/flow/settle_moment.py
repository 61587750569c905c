"""Settle the moment at which a job, and each of its tables, is read."""

from __future__ import annotations

from oracle_etl.model.columns import ObjectKind, TableShape
from oracle_etl.model.errors import AccessDenied, SnapshotGone, UndoGone
from oracle_etl.model.job import Job
from oracle_etl.model.names import TableName
from oracle_etl.model.transport import Consistency
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, TableSource

_HELD_BY_SCN = "scn"
_HELD_BY_TABLE = "read-only transaction per table"


def settle_moment(job: Job, source: TableSource, *, outside: Outside) -> Job:
    """Return the job with its moment settled: the first worker to get here decides for all."""
    if job.held_by is not None:
        return job
    # Before it is asked for, so that it is rather thought older than it is.
    at = outside.clock.now()
    scn = source.current_scn()
    held_by = _HELD_BY_TABLE if scn is None else _HELD_BY_SCN

    def settle(entries: Entries) -> Job:
        stored = entries.job(job.id)
        assert stored is not None, "a job is never removed while it runs"
        settled = stored.held_at(scn, held_by=held_by, at=at)
        if settled is not stored:
            entries.put_job(settled)
        return settled

    return outside.book.transact(settle)


def moment_of(shape: TableShape, job: Job, source: TableSource) -> tuple[int | None, str]:
    """Return the SCN to read at, or None and why the table gets a transaction of its own."""
    is_query = shape.kind is ObjectKind.QUERY
    if not is_query and job.scn is not None and can_be_read_at(job.scn, shape.table, source):
        return job.scn, ""
    if job.transport.proof.consistency is Consistency.JOB:
        way_out = (
            "name its tables in the transport"
            if is_query
            else f"GRANT FLASHBACK ON {shape.table.quoted} and EXECUTE ON DBMS_FLASHBACK to the"
            " account"
        )
        raise AccessDenied(
            f"{shape.table} cannot be read at the job's SCN, and the transport demands it",
            hint=f'{way_out}, or set "consistency" to "best"',
        )
    return (
        None,
        f"{shape.table} was read in a read-only transaction of its own, not at the job's SCN",
    )


def can_be_read_at(scn: int, table: TableName, source: TableSource) -> bool:
    """Tell whether the account may read a table at an SCN; SnapshotGone where undo is gone."""
    try:
        return source.can_flash_back(table, scn)
    except UndoGone as error:
        # Only a lacking privilege makes a table fall back: another moment is never taken silently.
        raise SnapshotGone(
            f"{table}: undo no longer reaches the job's SCN ({error.message})",
            hint="ask for a larger UNDO_RETENTION and undo tablespace, then `jobs retry`",
        ) from error
