"""Compare what lies in a table's objects with the database, at the SCN that it was read at."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from oracle_etl.flow.compare_sides import DatabaseRows, WrittenRows, hash_key
from oracle_etl.flow.decode import Damaged
from oracle_etl.flow.decode.manifest import WrittenTable
from oracle_etl.flow.findings import Fault, Finding
from oracle_etl.flow.plan_table import shape_of
from oracle_etl.flow.row_tally import Suspects, digest_of, suspects, tally
from oracle_etl.flow.settle_moment import check_reads_alike
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
)
from oracle_etl.model.job import Job
from oracle_etl.model.table_task import TableTask
from oracle_etl.outside import Outside
from oracle_etl.ports import TableSource

_KEYS_SHOWN = 5
_LONGEST_KEY = 80
_MOVING = re.compile(
    r"\b(?:SYSDATE|SYSTIMESTAMP|CURRENT_DATE|CURRENT_TIMESTAMP|LOCALTIMESTAMP)\b", re.IGNORECASE
)
"""What a predicate finds depends on when it is asked, at whatever SCN."""
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
        why_not = self._refusal or _why_not(self._job, task) or self._why_no_key(task)
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
        self._check_reads_alike(task, source)
        table = task.resolved or task.table
        if task.scn is None or not source.can_flash_back(table, task.scn):
            return _not_compared(f"the account may not read {table} at SCN {task.scn} any more")
        # The database first: its undo does not wait.
        rows = DatabaseRows(task, self._job, outside=self._outside)
        held = rows.tally()
        lying = WrittenRows(written, self._job, outside=self._outside)
        found = tally(lying.lines())
        if held == found:
            return Compared(rows=found.rows)
        sides = _Sides(held=rows, found=lying)
        try:
            said = _difference(sides, suspects(held, found), _key_columns(written, task, source))
        except UndoGone:
            said = (
                f"{held.rows} rows of the database are not the {found.rows} that lie here; which "
                "ones nobody can tell any more, since undo went meanwhile"
            )
        return Compared(rows=found.rows, findings=(_finding(task, said),))

    def _why_no_key(self, task: TableTask) -> str:
        """Return why a table's hashes cannot be made, which is no matter for other tables."""
        try:
            hash_key(task.choice, outside=self._outside)
        except TransportError as error:
            return _said(error)
        return ""

    def _check_reads_alike(self, task: TableTask, source: TableSource) -> None:
        """Raise where the source, or the key of hash masks, is not the one of then."""
        # A retry carries tables that another job read, perhaps of another database.
        reader = self._outside.book.job(task.carried_from) if task.carried_from else self._job
        # Jobs of earlier releases did not note what they read with.
        if reader.read_with is not None:
            check_reads_alike(reader, task.choice, source, outside=self._outside)


def _why_not(job: Job, task: TableTask) -> str:
    if task.scn is None:
        return "it was read in a transaction of its own, at no SCN that could be asked for again"
    if job.request.limit is not None:
        return "a test run took any rows, and nobody can tell which"
    if moving := _MOVING.search(task.choice.where or ""):
        return f"its predicate asks for {moving.group().upper()}, which is another one by now"
    return ""


def _not_compared(why: str) -> Compared:
    return Compared(unchecked=(f"not compared with the database: {why}",))


def _said(error: TransportError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    held: DatabaseRows
    found: WrittenRows


def _difference(sides: _Sides, where: Suspects, keys: Sequence[str]) -> str:
    counted: Counter[int] = Counter()
    with closing(sides.held.lines()) as lines:
        counted.update(digest for digest, _ in where.among(lines))
    extra: list[str] = []
    with closing(sides.found.lines()) as lines:
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
    with closing(sides.held.lines()) as lines:
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


def _finding(task: TableTask, said: str) -> Finding:
    return Finding(
        fault=Fault.VALUES_DIFFER,
        message=f"at SCN {task.scn} {said}",
        hint="run the transport again; if another release wrote the version, it may have spelled "
        "the same values in another way",
    )
