"""Plan a table: at which moment it is read, which columns, in how many parts."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

from oracle_etl.flow.claim_work import Claim, claimed_table
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.columns import ObjectKind, TableShape
from oracle_etl.model.errors import AccessDenied, SnapshotGone, TryAgain, UndoGone
from oracle_etl.model.job import Job
from oracle_etl.model.names import TableName
from oracle_etl.model.progress import Progress
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import PartTask, RowidRange, TableTask
from oracle_etl.model.transport import Consistency
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, TableSource

MOST_PARTS = 2_000
"""Each part is told of in its table's document, which Firestore keeps up to 1 MiB."""
_MOST_PLANNED_PARTS = MOST_PARTS // 2
"""What is left is for parts that undo forces to be halved."""
_PARTS_OF_ONE_WRITE = 200
_SMALLEST_PART_BYTES = 32 * 1024 * 1024
_HELD_BY_SCN = "scn"
_HELD_BY_TABLE = "read-only transaction per table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A table with its columns decided; split into parts, or to be read at once."""

    table: TableTask
    reading: Reading
    is_split: bool


def plan_table(claim: Claim, *, outside: Outside) -> Planned:
    """Decide how the claimed table is read and write it down.

    A table worth several parts leaves our hands: its parts are published for everyone.
    """
    source = outside.source(claim.job.transport.source)
    shape = shape_of(claim.table, source)
    job = _settle_scn(claim.job, source, outside=outside)
    scn, note = _scn_of(shape, job, source)
    reading = _reading(claim, shape, scn)
    table = _write_plan(claim, reading, shape, note=note, outside=outside)
    ranges = _ranges(reading, shape, job, source, outside=outside)
    if len(ranges) > 1:
        table = split_table(claim, ranges, outside=outside)
    return Planned(table=table, reading=reading, is_split=len(ranges) > 1)


def reading_of(claim: Claim, *, outside: Outside) -> Reading:
    """Return the reading of a planned table, or of the claimed part of it."""
    table = claim.table
    plan = outside.book.plan(table.job_id, table.table_id)
    assert plan is not None, "a plan is written before any part of it"
    choice, limit = table.choice, claim.job.request.limit
    return Reading(
        table=table.resolved or table.table,
        query=choice.query,
        plan=plan,
        scn=table.scn,
        rows_of=claim.part.rows_of if claim.part else None,
        where=choice.where,
        binds=choice.binds,
        order=choice.order,
        limit=limit,
        mask_key=outside.mask_key(),
        action=f"{table.table}"[:64],
        client_identifier=claim.job.id,
    )


def split_table(claim: Claim, ranges: tuple[RowidRange, ...], *, outside: Outside) -> TableTask:
    """Write the parts down, hand the table over to them, publish them."""
    parts = [
        PartTask(
            job_id=claim.table.job_id,
            table_id=claim.table.table_id,
            number=number,
            rows_of=rows,
            tenant=claim.table.tenant,
        )
        for number, rows in enumerate(ranges, start=1)
    ]
    for first in range(0, len(parts), _PARTS_OF_ONE_WRITE):
        _write_parts(claim, parts[first : first + _PARTS_OF_ONE_WRITE], outside=outside)

    def hand_over(entries: Entries) -> TableTask:
        split = claimed_table(entries, claim).split(claim.fence, parts=len(parts))
        entries.put_table(split)
        return split

    split = outside.book.transact(hand_over)
    with suppress(TryAgain):
        # The table is handed over: what cannot be told now is found by a worker or a tick.
        outside.queue.publish([each.ref for each in parts])
        # One fewer than the parts: this worker goes on with one of them itself.
        most = outside.limits.workers_on(claim.job.transport.source)
        outside.launcher.launch(min(len(parts) - 1, most))
    return split


def shape_of(table: TableTask, source: TableSource) -> TableShape:
    """Return what the source says of a table, or of the query that stands for one."""
    if table.choice.query is not None:
        return source.query_shape(table.table.name, table.choice.query)
    return source.shape(table.table)


def _settle_scn(job: Job, source: TableSource, *, outside: Outside) -> Job:
    """Return the job with its moment settled: the first worker to get here decides for all."""
    if job.held_by is not None:
        return job
    scn = source.current_scn()
    held_by = _HELD_BY_TABLE if scn is None else _HELD_BY_SCN

    def settle(entries: Entries) -> Job:
        stored = entries.job(job.id)
        assert stored is not None, "a job is never removed while it runs"
        settled = stored.held_at(scn, held_by=held_by)
        if settled is not stored:
            entries.put_job(settled)
        return settled

    return outside.book.transact(settle)


def _scn_of(shape: TableShape, job: Job, source: TableSource) -> tuple[int | None, str]:
    """Return the SCN to read at, or None and why the table gets a transaction of its own."""
    is_query = shape.kind is ObjectKind.QUERY
    if not is_query and job.scn is not None and _can_be_read_at(job.scn, shape.table, source):
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


def _can_be_read_at(scn: int, table: TableName, source: TableSource) -> bool:
    try:
        return source.can_flash_back(table, scn)
    except UndoGone as error:
        # Only a lacking privilege makes a table fall back: another moment is never taken silently.
        raise SnapshotGone(
            f"{table}: undo no longer reaches the job's SCN ({error.message})",
            hint="ask for a larger UNDO_RETENTION and undo tablespace, then `jobs retry`",
        ) from error


def _reading(claim: Claim, shape: TableShape, scn: int | None) -> Reading:
    table, job = claim.table, claim.job
    return Reading(
        table=shape.table,
        query=table.choice.query,
        plan=plan_columns(shape, table.choice, job.transport.carriage),
        scn=scn,
        where=table.choice.where,
        binds=table.choice.binds,
        order=table.choice.order,
        limit=job.request.limit,
        action=f"{table.table}"[:64],
        client_identifier=job.id,
    )


def _write_plan(
    claim: Claim, reading: Reading, shape: TableShape, *, note: str, outside: Outside
) -> TableTask:
    now = outside.clock.now()
    notes = (note,) if note else ()
    policies = (f"row-level policies may hide rows of {shape.table}",) if shape.has_policy else ()
    progress = Progress(rows_total=_estimate(shape, reading), is_estimate=True, at=now)

    def write(entries: Entries) -> TableTask:
        planned = claimed_table(entries, claim).planned(
            claim.fence,
            scn=reading.scn,
            resolved=shape.table,
            warnings=(*notes, *policies, *reading.plan.warnings),
            progress=progress,
            now=now,
        )
        entries.put_plan(planned.job_id, planned.table_id, reading.plan)
        entries.put_table(planned)
        return planned

    return outside.book.transact(write)


def _estimate(shape: TableShape, reading: Reading) -> int | None:
    """Return how many rows to expect; nothing is known of a predicate before it is counted."""
    if reading.where is not None or shape.estimated_rows is None:
        return reading.limit
    rows = shape.estimated_rows
    return rows if reading.limit is None else min(rows, reading.limit)


def _ranges(
    reading: Reading, shape: TableShape, job: Job, source: TableSource, *, outside: Outside
) -> tuple[RowidRange, ...]:
    parts = _parts_wanted(reading, shape, job, outside=outside)
    if parts < 2:  # noqa: PLR2004 - one part is no split
        return (RowidRange(),)
    return ranges_between(tuple(source.boundaries(reading, parts=parts)))


def ranges_between(cuts: tuple[str, ...]) -> tuple[RowidRange, ...]:
    """Return the parts that cuts make; open at both ends, they cover every row."""
    return tuple(
        RowidRange(low=low, high=high)
        for low, high in zip((None, *cuts), (*cuts, None), strict=True)
    )


def can_be_split(reading: Reading, kind: ObjectKind) -> bool:
    """Tell whether ROWID ranges can part a reading; a transaction of its own is one session's."""
    whole = reading.scn is None or reading.limit is not None or bool(reading.order)
    return kind.has_ranges and reading.query is None and not whole


def _parts_wanted(reading: Reading, shape: TableShape, job: Job, *, outside: Outside) -> int:
    if shape.estimated_bytes is None or not can_be_split(reading, shape.kind):
        return 1
    size = shape.estimated_bytes
    target = job.transport.carriage.part_bytes or outside.limits.part_bytes
    by_size = math.ceil(size / target)
    # A table too small for several target parts is still shared when every worker gets enough.
    by_workers = min(outside.limits.workers, size // min(_SMALLEST_PART_BYTES, target))
    return min(_MOST_PLANNED_PARTS, max(by_size, by_workers))


def _write_parts(claim: Claim, parts: list[PartTask], *, outside: Outside) -> None:
    def write(entries: Entries) -> None:
        claimed_table(entries, claim).hold.check(claim.fence)
        for part in parts:
            entries.put_part(part)

    outside.book.transact(write)
