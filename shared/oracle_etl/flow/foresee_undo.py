"""Foresee that undo ends before the last part of a table is read, and say what to ask for."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime

from oracle_etl.flow.claim_work import Claim
from oracle_etl.model.job import Job
from oracle_etl.model.objects import Extract
from oracle_etl.model.table_task import Step, TableTask
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

_USUAL_UNDO_SECONDS = 900
"""UNDO_RETENTION where nobody has set it."""
_MOST_WARNINGS = 20
"""Each table has its own; a job of thousands names the first ones."""
_NOT_KNOWN = "how far undo reaches is not known: GRANT SELECT ON V_$PARAMETER tells"


def foresee_undo(claim: Claim, extract: Extract, seconds: float, *, outside: Outside) -> None:
    """Warn, once a table, where the parts that are left take longer than undo lasts.

    What they take is told by the part just read, in so many seconds: by its speed, and as many
    workers as may help. Undo has to reach from the end of the last part back to the job's SCN.
    """
    now, most = outside.clock.now(), outside.limits.workers_on(claim.job.transport.source)
    table = outside.book.table(claim.table.job_id, claim.table.table_id)
    left = _seconds_left(table, extract, seconds, workers=most)
    if claim.job.scn_at is None or left is None or table.undo_needed is not None:
        return
    needed = math.ceil((now - claim.job.scn_at).total_seconds() + left)
    if needed > (_USUAL_UNDO_SECONDS if table.undo_seconds is None else table.undo_seconds):
        _warn(table, needed, now=now, outside=outside)


def _seconds_left(
    table: TableTask, extract: Extract, seconds: float, *, workers: int
) -> float | None:
    """Return how long the other parts take, None where nothing tells."""
    parts_left = table.parts_total - table.parts_completed - table.parts_failed
    if not extract.rows or not table.parts_completed or parts_left <= 0:
        return None
    rows_left = parts_left * table.parts_rows / table.parts_completed
    return rows_left * seconds / extract.rows / min(workers, parts_left)


def _warn(table: TableTask, needed: int, *, now: datetime, outside: Outside) -> None:
    warning = _warning(table, needed)

    def warn(entries: Entries) -> None:
        job = entries.job(table.job_id)
        stored = entries.table(table.job_id, table.table_id)
        assert job is not None, "a job is never removed while it runs"
        assert stored is not None, "nor is a table of it"
        if stored.step is not Step.PARTS or stored.undo_needed is not None:
            return
        entries.put_table(stored.outlasting_undo(needed, warning=warning, now=now))
        if _is_news(job, warning):
            entries.put_job(replace(job, warnings=(*job.warnings, warning)))

    outside.book.transact(warn)


def _warning(table: TableTask, needed: int) -> str:
    if table.undo_seconds is None:
        return (
            f"{table.table}: undo may end before the last part is read; {_NOT_KNOWN}; ask for"
            f" UNDO_RETENTION of at least {needed} s and undo tablespace RETENTION GUARANTEE"
        )
    return (
        f"{table.table}: undo is foreseen to end before the last part is read; ask for"
        f" UNDO_RETENTION of at least {needed} s (now {table.undo_seconds} s) and undo tablespace"
        " RETENTION GUARANTEE"
    )


def _is_news(job: Job, warning: str) -> bool:
    """Tell whether a job's own warnings take one more: that nothing is known is said once."""
    said = any(_NOT_KNOWN in each for each in job.warnings)
    return len(job.warnings) < _MOST_WARNINGS and not (said and _NOT_KNOWN in warning)
