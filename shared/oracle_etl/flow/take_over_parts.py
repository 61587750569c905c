"""Go on with what an earlier job of the version has read of a table, where it still stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from oracle_etl.flow.claim_work import Claim, claimed_table
from oracle_etl.flow.parts_of import parts_of
from oracle_etl.flow.settle_moment import can_be_read_at, settle_moment
from oracle_etl.flow.split_table import hand_over
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import NoSuchTable
from oracle_etl.model.objects import Extract
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.work import Hold, WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries


@dataclass(frozen=True, slots=True, kw_only=True)
class _Earlier:
    """A table as an earlier job left it, and its plan."""

    table: TableTask
    plan: ColumnPlan


def extracts_kept_for(table: TableTask, *, outside: Outside) -> Iterator[Extract]:
    """Yield what was read of a table that is not complete, by its own job or one before it."""
    if not _was_begun(table) and table.continues is not None:
        try:
            table = outside.book.table(table.continues, table.table_id)
        except NoSuchTable:
            return
    if table.extract is not None:
        yield table.extract
    for part in parts_of(table, outside=outside, status=WorkStatus.COMPLETED):
        assert part.extract is not None, "a completed part has its extract"
        yield part.extract


def job_to_continue(table: TableTask) -> str | None:
    """Return the job that has what was read of a table which is to be done again."""
    return table.job_id if _was_begun(table) else table.continues


def take_over_parts(claim: Claim, *, outside: Outside) -> TableTask | None:
    """Return the table with what was read of it taken over, None where it has to be planned.

    It is read by the plan of then. Each object is looked at: what is not as it was written down
    is read again, and that alone.
    """
    earlier = _earlier(claim.table, outside=outside)
    if earlier is None:
        return None
    if earlier.table.extract is not None:
        return _take_extract(claim, earlier, earlier.table.extract, outside=outside)
    parts = [
        _taken(each, claim, outside=outside) for each in parts_of(earlier.table, outside=outside)
    ]
    if not _can_go_on(claim, earlier.table, parts, outside=outside):
        return None
    _write_plan(claim, earlier, None, outside=outside)
    return hand_over(claim, parts, outside=outside)


def _was_begun(table: TableTask) -> bool:
    return table.extract is not None or table.parts_total > 0


def _earlier(table: TableTask, *, outside: Outside) -> _Earlier | None:
    if table.continues is None:
        return None
    try:
        earlier = outside.book.table(table.continues, table.table_id)
    except NoSuchTable:
        return None  # its history has expired
    plan = outside.book.plan(earlier.job_id, earlier.table_id)
    return None if plan is None else _Earlier(table=earlier, plan=plan)


def _can_go_on(
    claim: Claim, earlier: TableTask, parts: list[PartTask], *, outside: Outside
) -> bool:
    """Tell whether the rest can be read at the moment at which the parts were."""
    if all(each.extract is not None for each in parts):
        return True
    assert earlier.scn is not None, "only what is read at an SCN has parts"
    assert earlier.resolved is not None, "what has parts was planned"
    source = outside.source(claim.job.transport.source)
    settle_moment(claim.job, claim.table.choice, source, outside=outside)
    return can_be_read_at(earlier.scn, earlier.resolved, source)


def _taken(part: PartTask, claim: Claim, *, outside: Outside) -> PartTask:
    """Return a part of the new job: read already where its object stands, else to be read."""
    if part.extract is not None and _stands(part.extract, outside=outside):
        return replace(part, job_id=claim.job.id, hold=Hold(), note="")
    return PartTask(
        job_id=claim.job.id,
        table_id=part.table_id,
        number=part.number,
        rows_of=part.rows_of,
        depth=part.depth,
        tenant=part.tenant,
    )


def _stands(extract: Extract, *, outside: Outside) -> bool:
    written = extract.object
    return outside.store.stat(written.bucket, written.name) == written


def _take_extract(
    claim: Claim, earlier: _Earlier, extract: Extract, *, outside: Outside
) -> TableTask | None:
    if not _stands(extract, outside=outside):
        return None
    return _write_plan(claim, earlier, extract, outside=outside)


def _write_plan(
    claim: Claim, earlier: _Earlier, extract: Extract | None, *, outside: Outside
) -> TableTask:
    now, before = outside.clock.now(), earlier.table
    assert before.resolved is not None, "what was read was planned"
    resolved = before.resolved

    def write(entries: Entries) -> TableTask:
        table = claimed_table(entries, claim).planned(
            claim.fence,
            scn=before.scn,
            resolved=resolved,
            warnings=before.warnings,
            progress=replace(before.progress, rows=0, bytes=0, at=now),
            now=now,
        )
        if extract is not None:
            table = table.extracted(claim.fence, extract, now=now)
        entries.put_plan(table.job_id, table.table_id, earlier.plan)
        entries.put_table(table)
        return table

    return outside.book.transact(write)
