"""Write work down as ended without success, and count it where that is counted."""

from __future__ import annotations

from datetime import datetime

from oracle_etl.model.job import Counts
from oracle_etl.model.table_task import Failure, PartTask, TableTask
from oracle_etl.model.work import WorkRef
from oracle_etl.ports import Entries, PartCounts


def work_in(entries: Entries, ref: WorkRef) -> TableTask | PartTask | None:
    """Return the table or part of this name."""
    if ref.part is None:
        return entries.table(ref.job_id, ref.table_id)
    return entries.part(ref.job_id, ref.table_id, ref.part)


def put_failed(
    entries: Entries, work: TableTask | PartTask, failure: Failure, *, now: datetime
) -> None:
    """Write work down as failed for good."""
    if isinstance(work, TableTask):
        entries.put_table(work.failed(failure, now=now))
        entries.count_job(work.job_id, Counts(tables_failed=1))
    else:
        entries.put_part(work.failed(failure))
        entries.count_part(work.job_id, work.table_id, PartCounts(failed=1))


def put_cancelled(entries: Entries, work: TableTask | PartTask, *, now: datetime) -> None:
    """Write work down as what nobody wants any more; to its table, such a part has failed."""
    if isinstance(work, TableTask):
        entries.put_table(work.cancelled(now=now))
        entries.count_job(work.job_id, Counts(tables_cancelled=1))
    else:
        entries.put_part(work.cancelled())
        entries.count_part(work.job_id, work.table_id, PartCounts(failed=1))
