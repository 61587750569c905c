"""The two sides of a comparison, as lines that are equal where the rows are."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from oracle_etl.flow.decode import Damaged
from oracle_etl.flow.decode.manifest import WrittenObject, WrittenTable
from oracle_etl.flow.decode.object_lines import object_lines, parquet_lines
from oracle_etl.flow.divide_work import MOST_HALVINGS
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.encode.json_lines import JsonLines
from oracle_etl.flow.parts_of import parts_of
from oracle_etl.flow.plan_columns import with_moments_as_text
from oracle_etl.flow.plan_table import shape_of
from oracle_etl.flow.row_tally import NO_ROWS, Tally, tally
from oracle_etl.flow.split_table import can_be_split
from oracle_etl.flow.table_reading import LONGEST_ACTION, table_reading
from oracle_etl.model.errors import UndoGone, UnreadableMoment
from oracle_etl.model.job import Job
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import RowidRange, TableTask
from oracle_etl.model.transport import Format, MaskKind, TableChoice
from oracle_etl.outside import Outside

_WHOLE = RowidRange()


class WrittenRows:
    """The rows of a table's objects."""

    def __init__(self, written: WrittenTable, job: Job, *, outside: Outside) -> None:
        self._written = written
        self._format = job.transport.carriage.format
        self._store = outside.store

    def lines(self) -> Generator[bytes, None, None]:
        """Yield a line for each row; Damaged where an object holds none."""
        for written in self._written.objects:
            yield from object_lines(self._chunks(written), self._format)

    def _chunks(self, written: WrittenObject) -> Iterator[bytes]:
        stored = self._store.stat(written.bucket, written.name)
        if stored is None:
            raise Damaged(f"{written.name} has gone")
        with self._store.open(stored) as chunks:
            yield from chunks


class DatabaseRows:
    """The rows of the database at the table's SCN, read in the parts that the job read them in."""

    def __init__(self, task: TableTask, job: Job, *, outside: Outside) -> None:
        self._task = task
        self._job = job
        self._outside = outside
        self._source = outside.source(job.transport.source)
        self._reading = _reading(job, task, outside)
        self._ranges = _ranges_of(task, outside)

    def tally(self) -> Tally:
        """Add the rows up; where undo ends within a part, read its halves, as the job does."""
        whole = NO_ROWS
        waiting = [(each, 0) for each in self._ranges]
        self._ranges = []
        while waiting:
            rows_of, halvings = waiting.pop()
            try:
                whole = whole.plus(self._tally_of(rows_of))
            except UndoGone:
                halves = self._halves(rows_of) if halvings < MOST_HALVINGS else ()
                if not halves:
                    raise
                waiting += [(each, halvings + 1) for each in halves]
            else:
                self._ranges.append(rows_of)
        return whole

    def lines(self) -> Generator[bytes, None, None]:
        """Yield a line for each row, in the parts that could be read."""
        for rows_of in self._ranges:
            yield from self._lines_of(rows_of)

    def _tally_of(self, rows_of: RowidRange) -> Tally:
        try:
            return tally(self._lines_of(rows_of))
        except UnreadableMoment:
            # Years before 1 are read as the job read them.
            shape = shape_of(self._task, self._source)
            plan = with_moments_as_text(self._reading.plan, shape, self._job.transport.carriage)
            self._reading = replace(self._reading, plan=plan)
            return tally(self._lines_of(rows_of))

    def _halves(self, rows_of: RowidRange) -> Sequence[RowidRange]:
        reading = self._reading_of(rows_of)
        if not can_be_split(reading, self._source.shape(reading.table).kind):
            return ()
        cuts = self._source.boundaries(reading, parts=2)
        ends = (rows_of.low, *cuts, rows_of.high)
        return [RowidRange(low=low, high=high) for low, high in pairwise(ends)] if cuts else ()

    def _reading_of(self, rows_of: RowidRange) -> Reading:
        return replace(self._reading, rows_of=None if rows_of == _WHOLE else rows_of)

    def _lines_of(self, rows_of: RowidRange) -> Iterator[bytes]:
        carriage, reading = self._job.transport.carriage, self._reading_of(rows_of)
        if carriage.format is Format.PARQUET:
            # Through a Parquet file of their own, so that both sides went the same way.
            yield from parquet_lines(self._as_parquet(reading))
            return
        lines = JsonLines(reading.plan.columns, nulls=carriage.nulls, mask_key=reading.mask_key)
        for batch in self._batches(reading):
            yield from lines.lines(batch).split(b"\n")[:-1]

    def _as_parquet(self, reading: Reading) -> Iterator[bytes]:
        encoder = open_encoder(
            reading.plan,
            self._job.transport.carriage,
            role=PartRole.WHOLE,
            mask_key=reading.mask_key,
        )
        for batch in self._batches(reading):
            ready: list[bytes] = []
            encoder.encode(batch, ready.append)
            yield from ready
        yield encoder.finish()

    def _batches(self, reading: Reading) -> Iterator[object]:
        batch_bytes = self._outside.limits.batch_bytes
        with self._source.read(reading, batch_bytes=batch_bytes) as batches:
            yield from batches


def _reading(job: Job, task: TableTask, outside: Outside) -> Reading:
    plan = outside.book.plan(task.job_id, task.table_id)
    assert plan is not None, "a completed table was planned"
    key = hash_key(task.choice, outside=outside)
    reading = table_reading(task, plan, job=job, mask_key=key)
    # Order plays no part in a comparison, and would keep the table whole.
    return replace(reading, order=(), action=f"verify {reading.action}"[:LONGEST_ACTION])


def hash_key(choice: TableChoice, *, outside: Outside) -> bytes | None:
    """Return the key of a table's hash masks, None where it has none or there is no key."""
    hashes = any(each.kind is MaskKind.HASH for each in choice.masks)
    return outside.mask_key() if hashes else None


def _ranges_of(task: TableTask, outside: Outside) -> list[RowidRange]:
    """Return the ranges that the job read a table in, as far as the book still has all of them."""
    # ROWIDs do not sort as text, so each range leads to the next.
    by_start = {each.rows_of.low: each.rows_of for each in parts_of(task, outside=outside)}
    ranges = [by_start.pop(None, _WHOLE)]
    while (end := ranges[-1].high) is not None and end in by_start:
        ranges.append(by_start.pop(end))
    is_covered = ranges[-1].high is None and not by_start
    return ranges if is_covered else [_WHOLE]
