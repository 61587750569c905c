"""Say which rows and columns of a planned table are read, and at which moment."""

from __future__ import annotations

from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.job import Job
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import RowidRange, TableTask

LONGEST_ACTION = 64
"""Oracle keeps no more of a session's action."""


def table_reading(
    table: TableTask,
    plan: ColumnPlan,
    *,
    job: Job,
    rows_of: RowidRange | None = None,
    mask_key: bytes | None = None,
) -> Reading:
    """Return the reading of a table of a job, or of the rows of one of its parts."""
    choice = table.choice
    return Reading(
        table=table.resolved or table.table,
        query=choice.query,
        plan=plan,
        scn=table.scn,
        rows_of=rows_of,
        where=choice.where,
        binds=choice.binds,
        order=choice.order,
        limit=job.request.limit,
        mask_key=mask_key,
        action=f"{table.table}"[:LONGEST_ACTION],
        client_identifier=job.id,
    )
