"""Plan a table: at which moment it is read, which columns, in how many parts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from oracle_etl.flow.claim_work import Claim, claimed_part, claimed_table
from oracle_etl.flow.plan_columns import plan_columns, with_moments_as_text
from oracle_etl.flow.settle_moment import key_to_hash_with, moment_of, settle_moment
from oracle_etl.flow.split_table import MOST_PARTS, can_be_split, ranges_between, split_table
from oracle_etl.flow.table_reading import table_reading
from oracle_etl.model.columns import TableShape
from oracle_etl.model.job import Job
from oracle_etl.model.progress import Progress
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import RowidRange, TableTask
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, TableSource

_MOST_PLANNED_PARTS = MOST_PARTS // 2
"""What is left is for parts that undo forces to be halved."""
_SMALLEST_PART_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A table with its columns decided; split into parts, or to be read at once."""

    table: TableTask
    reading: Reading
    is_split: bool


def plan_table(
    claim: Claim, *, still_wanted: Callable[[], None] = lambda: None, outside: Outside
) -> Planned:
    """Decide how the claimed table is read and write it down.

    A table worth several parts leaves our hands: its parts are published for everyone.
    `still_wanted` raises where the work is to stop; it is asked before the table is sampled, which
    takes longest.
    """
    source = outside.source(claim.job.transport.source)
    shape = shape_of(claim.table, source)
    job = settle_moment(claim.job, claim.table.choice, source, outside=outside)
    scn, note = moment_of(shape, job, source)
    plan = plan_columns(shape, claim.table.choice, job.transport.carriage)
    table = replace(claim.table, resolved=shape.table, scn=scn)
    key = key_to_hash_with(job, claim.table.choice, outside=outside)
    reading = table_reading(table, plan, job=job, mask_key=key)
    table = _write_plan(claim, reading, shape, note=note, outside=outside)
    still_wanted()
    ranges = _ranges(reading, shape, job, source, outside=outside)
    if len(ranges) > 1:
        table = split_table(claim, ranges, outside=outside)
    return Planned(table=table, reading=reading, is_split=len(ranges) > 1)


def reading_of(claim: Claim, *, outside: Outside) -> Reading:
    """Return the reading of a planned table, or of the claimed part of it."""
    table = claim.table
    plan = outside.book.plan(table.job_id, table.table_id)
    assert plan is not None, "a plan is written before any part of it"
    rows_of = claim.part.rows_of if claim.part else None
    key = key_to_hash_with(claim.job, table.choice, outside=outside)
    return table_reading(table, plan, job=claim.job, rows_of=rows_of, mask_key=key)


def plan_moments_as_text(claim: Claim, reading: Reading, *, outside: Outside) -> Reading:
    """Write down what days a table has, and return the reading with its moments as text.

    From then on it is the plan of every part, and of the schema. Parts that were read before
    hold the same text.
    """
    shape = shape_of(claim.table, outside.source(claim.job.transport.source))
    plan = with_moments_as_text(reading.plan, shape, claim.job.transport.carriage)
    warning = (
        f"{claim.table.table} holds years before 1, or days that only the Julian calendar has;"
        " no DATETIME or TIMESTAMP of BigQuery does: its moments are STRING in the schema, and text"
        " as Oracle writes it"
    )

    def write(entries: Entries) -> None:
        table = claimed_table(entries, claim)
        held = table if claim.part is None else claimed_part(entries, claim)
        held.hold.check(claim.fence)
        entries.put_plan(table.job_id, table.table_id, plan)
        entries.put_table(table.warned(warning))

    outside.book.transact(write)
    return replace(reading, plan=plan)


def shape_of(table: TableTask, source: TableSource) -> TableShape:
    """Return what the source says of a table, or of the query that stands for one."""
    if table.choice.query is not None:
        return source.query_shape(table.table.name, table.choice.query)
    return source.shape(table.table)


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


def _parts_wanted(reading: Reading, shape: TableShape, job: Job, *, outside: Outside) -> int:
    if shape.estimated_bytes is None or not can_be_split(reading, shape.kind):
        return 1
    size = shape.estimated_bytes
    target = job.transport.carriage.part_bytes or outside.limits.part_bytes
    by_size = math.ceil(size / target)
    # A table too small for several target parts is still shared when every worker gets enough.
    by_workers = min(outside.limits.workers, size // min(_SMALLEST_PART_BYTES, target))
    return min(_MOST_PLANNED_PARTS, max(by_size, by_workers))
