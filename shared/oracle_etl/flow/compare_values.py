"""Compare what lies in a table's objects with the database, at the SCN that it was read at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice

from oracle_etl.flow.decode import Damaged
from oracle_etl.flow.decode.manifest import WrittenObject, WrittenTable
from oracle_etl.flow.decode.object_lines import object_lines, parquet_lines
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.encode.json_lines import JsonLines
from oracle_etl.flow.findings import Fault, Finding
from oracle_etl.flow.plan_columns import with_moments_as_text
from oracle_etl.flow.plan_table import shape_of
from oracle_etl.flow.row_tally import Suspects, digest_of, suspects, tally
from oracle_etl.model.columns import TableShape
from oracle_etl.model.errors import (
    BookAway,
    InvalidRequest,
    LoginRefused,
    SecretAway,
    SecretRefused,
    SourceAway,
    SourceMisconfigured,
    StoreAway,
    TransportError,
    UndoGone,
    UnreadableMoment,
)
from oracle_etl.model.job import Job
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.transport import Format, MaskKind
from oracle_etl.outside import Outside
from oracle_etl.ports import TableSource

_KEYS_SHOWN = 5
_LONGEST_KEY = 80
_SOURCE_WIDE = (
    InvalidRequest,
    LoginRefused,
    SecretAway,
    SecretRefused,
    SourceAway,
    SourceMisconfigured,
)
"""What would meet every other table of the source too; trying on could lock the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a comparison of one table found."""

    rows: int | None = None
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[str, ...] = ()


class Comparison:
    """Compares the tables of one job, as long as its source can be asked."""

    def __init__(self, job: Job, *, outside: Outside) -> None:
        self._job = job
        self._outside = outside
        self._refusal = ""

    def compare(self, written: WrittenTable, task: TableTask) -> Compared:
        """Compare a table; what hinders that is told, and no error but the store's own."""
        why_not = self._refusal or _why_not(self._job, task)
        if why_not:
            return _not_compared(why_not)
        try:
            return self._compared(written, task)
        except (StoreAway, BookAway):
            raise
        except _SOURCE_WIDE as error:
            self._refusal = _said(error)
            return _not_compared(self._refusal)
        except UndoGone as error:
            return _not_compared(f"undo no longer reaches SCN {task.scn} ({error.message})")
        except TransportError as error:
            return _not_compared(_said(error))
        except Damaged as damage:
            return _not_compared(f"its objects cannot be read: {damage}")

    def _compared(self, written: WrittenTable, task: TableTask) -> Compared:
        source = self._outside.source(self._job.transport.source)
        table = task.resolved or task.table
        if task.scn is None or not source.can_flash_back(table, task.scn):
            return _not_compared(f"the account may not read {table} at SCN {task.scn} any more")
        sides = _Sides(written, _reading(self._job, task, self._outside), self._job, self._outside)
        found = tally(sides.found())
        try:
            held = tally(sides.held())
        except UnreadableMoment:
            sides.read_moments_as_text(shape_of(task, source))
            held = tally(sides.held())
        if held == found:
            return Compared(rows=found.rows)
        keys = _key_columns(written, task, source)
        said = _difference(sides, suspects(held, found), keys)
        return Compared(rows=found.rows, findings=(_finding(written, task, said),))


def _why_not(job: Job, task: TableTask) -> str:
    if task.scn is None:
        return "it was read in a transaction of its own, at no SCN that could be asked for again"
    if job.request.limit is not None:
        return "a test run took any rows, and nobody can tell which"
    return ""


def _not_compared(why: str) -> Compared:
    return Compared(unchecked=(f"not compared with the database: {why}",))


def _said(error: TransportError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message


def _reading(job: Job, task: TableTask, outside: Outside) -> Reading:
    plan = outside.book.plan(task.job_id, task.table_id)
    assert plan is not None, "a completed table was planned"
    return Reading(
        table=task.resolved or task.table,
        plan=plan,
        scn=task.scn,
        where=task.choice.where,
        binds=task.choice.binds,
        mask_key=outside.mask_key(),
        action=f"verify {task.table}"[:64],
        client_identifier=job.id,
    )


class _Sides:
    """The rows on both sides, as lines that are equal where the rows are."""

    def __init__(self, written: WrittenTable, reading: Reading, job: Job, outside: Outside) -> None:
        self._written = written
        self._reading = reading
        self._job = job
        self._outside = outside

    def read_moments_as_text(self, shape: TableShape) -> None:
        """Read years before 1 as the job did."""
        plan = with_moments_as_text(self._reading.plan, shape, self._job.transport.carriage)
        self._reading = replace(self._reading, plan=plan)

    def held(self) -> Generator[bytes, None, None]:
        """Yield the rows of the database."""
        if self._job.transport.carriage.format is Format.PARQUET:
            # Through a Parquet file of their own, so that both sides went the same way.
            yield from parquet_lines(self._as_parquet())
            return
        carriage, reading = self._job.transport.carriage, self._reading
        lines = JsonLines(reading.plan.columns, nulls=carriage.nulls, mask_key=reading.mask_key)
        for batch in self._batches():
            yield from lines.lines(batch).split(b"\n")[:-1]

    def found(self) -> Generator[bytes, None, None]:
        """Yield the rows of the objects."""
        for written in self._written.objects:
            yield from object_lines(self._chunks(written), self._job.transport.carriage.format)

    def _as_parquet(self) -> Iterator[bytes]:
        carriage, reading = self._job.transport.carriage, self._reading
        encoder = open_encoder(
            reading.plan, carriage, role=PartRole.WHOLE, mask_key=reading.mask_key
        )
        for batch in self._batches():
            yield encoder.encode(batch)
        yield encoder.finish()

    def _batches(self) -> Iterator[object]:
        source = self._outside.source(self._job.transport.source)
        with source.read(self._reading, batch_bytes=self._outside.limits.batch_bytes) as batches:
            yield from batches

    def _chunks(self, written: WrittenObject) -> Iterator[bytes]:
        store = self._outside.store
        stored = store.stat(written.bucket, written.name)
        if stored is None:
            raise Damaged(f"{written.name} has gone")
        with store.open(stored) as chunks:
            yield from chunks


def _difference(sides: _Sides, where: Suspects, keys: Sequence[str]) -> str:
    counted: Counter[int] = Counter()
    with closing(sides.held()) as lines:
        counted.update(digest for digest, _ in where.among(lines))
    extra: list[str] = []
    with closing(sides.found()) as lines:
        for digest, line in where.among(lines):
            counted[digest] -= 1
            if counted[digest] < 0 and len(extra) < _KEYS_SHOWN:
                extra.append(_key(line, keys))
    missing_rows = sum(each for each in counted.values() if each > 0)
    extra_rows = -sum(each for each in counted.values() if each < 0)
    missing = _missing(sides, counted, keys) if missing_rows else []
    bound = "" if where.is_all else "at least "
    return (
        f"{bound}{missing_rows} rows of the database are missing{_named(missing)}, "
        f"and {bound}{extra_rows} rows are not in it{_named(extra)}"
    )


def _missing(sides: _Sides, counted: Counter[int], keys: Sequence[str]) -> list[str]:
    """Return the keys of the first rows that are missing; reads until it has them."""
    with closing(sides.held()) as lines:
        return list(islice((_key(line, keys) for line in _left_over(lines, counted)), _KEYS_SHOWN))


def _left_over(lines: Iterable[bytes], counted: Counter[int]) -> Iterator[bytes]:
    for line in lines:
        digest = digest_of(line)
        if counted[digest] > 0:
            counted[digest] -= 1
            yield line


def _key_columns(written: WrittenTable, task: TableTask, source: TableSource) -> tuple[str, ...]:
    """Return the columns that name a row, none where one of them is masked or left out."""
    shown = {each.name for each in written.columns if each.mask is None}
    keys = shape_of(task, source).primary_key
    return keys if shown.issuperset(keys) else ()


def _key(line: bytes, columns: Sequence[str]) -> str:
    if not columns:
        return ""
    row = json.loads(line, parse_int=str, parse_float=str)
    return ", ".join(f"{name}={row.get(name)}" for name in columns)[:_LONGEST_KEY]


def _named(keys: Sequence[str]) -> str:
    named = [each for each in keys if each]
    return f" ({'; '.join(named)}{'; ...' if len(named) == _KEYS_SHOWN else ''})" if named else ""


def _finding(written: WrittenTable, task: TableTask, said: str) -> Finding:
    hashed = any(each.mask == MaskKind.HASH for each in written.columns)
    return Finding(
        fault=Fault.VALUES_DIFFER,
        message=f"at SCN {task.scn} {said}",
        hint="run the transport again; if another release wrote the version, it may have spelled "
        "the same values in another way" + (", and so does another MASK_KEY" if hashed else ""),
    )
