"""Cancelling jobs of many tables and parts: all of them, in few transactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from builders import a_part
from fakes.late_book import LateBook
from fakes.memory_source import MemorySource
from flow_home import SMALL_PARTS, a_home, put_transport, start
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.claim_work import Claim, claim_work
from oracle_etl.flow.tick import tick
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.work import Hold, WorkRef, WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, JobBook, PageRequest

T = TypeVar("T")


class CountingBook:
    """Counts the transactions of a book."""

    def __init__(self, book: JobBook) -> None:
        self._book = book
        self.transactions = 0

    def transact(self, work: Callable[[Entries], T]) -> T:
        self.transactions += 1
        return self._book.transact(work)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
        return getattr(self._book, name)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    made = a_home(tmp_path, source=MemorySource())
    yield made
    made.close()


def a_running_job(home: Outside, *, tables: int) -> Job:
    transport = put_transport(home, *(f"T{n}" for n in range(tables)), carriage=SMALL_PARTS)
    return start(home, transport)


def tables_of(home: Outside, job: Job) -> list[TableTask]:
    return list(home.book.tables(job.id, PageRequest(size=1000)).items)


def parts_of(home: Outside, table: TableTask) -> list[PartTask]:
    return list(home.book.parts(table.job_id, table.table_id, PageRequest(size=1000)).items)


def put_parts(home: Outside, table: TableTask, count: int, **changes: Any) -> None:  # noqa: ANN401 - fields of a part
    def put(entries: Entries) -> None:
        for number in range(1, count + 1):
            part = replace(a_part(number=number), table_id=table.table_id, **changes)
            entries.put_part(replace(part, job_id=table.job_id))

    home.book.transact(put)


def claimed(home: Outside, table: TableTask) -> TableTask:
    claim = claim_work(table.ref, owner="planner", outside=home)
    assert isinstance(claim, Claim)
    return claim.table


def split(home: Outside, table: TableTask, *, parts: int) -> TableTask:
    """Hand a table over to its parts."""
    mine = claimed(home, table)
    waiting = mine.split(mine.hold.fence, parts=parts, undo_seconds=None)
    home.book.transact(lambda entries: entries.put_table(waiting))
    put_parts(home, waiting, parts)
    return waiting


class TestAJobOfManyTables:
    def test_is_cancelled_in_few_transactions(self, home: Outside) -> None:
        job = a_running_job(home, tables=250)
        book = CountingBook(home.book)
        cancelled = cancel_job(job.id, outside=replace(home, book=book))
        assert cancelled.status is JobStatus.CANCELLED
        assert cancelled.counts.tables_cancelled == 250
        assert {each.status for each in tables_of(home, job)} == {WorkStatus.CANCELLED}
        assert book.transactions < 10

    def test_leaves_a_table_to_whoever_holds_it(self, home: Outside) -> None:
        job = a_running_job(home, tables=5)
        held = claimed(home, tables_of(home, job)[2])
        assert cancel_job(job.id, outside=home).status is JobStatus.RUNNING
        statuses = Counter(each.status for each in tables_of(home, job))
        assert statuses == {WorkStatus.CANCELLED: 4, WorkStatus.RUNNING: 1}
        assert home.book.table(job.id, held.table_id).hold.owner == "planner"


class TestAJobOfManyParts:
    def test_is_cancelled_in_few_transactions(self, home: Outside) -> None:
        job = a_running_job(home, tables=1)
        table = split(home, tables_of(home, job)[0], parts=250)
        book = CountingBook(home.book)
        cancelled = cancel_job(job.id, outside=replace(home, book=book))
        assert cancelled.status is JobStatus.CANCELLED
        assert {each.status for each in parts_of(home, table)} == {WorkStatus.CANCELLED}
        assert home.book.table(job.id, table.table_id).status is WorkStatus.CANCELLED
        assert book.transactions < 10

    def test_leaves_a_part_to_whoever_holds_it(self, home: Outside) -> None:
        job = a_running_job(home, tables=1)
        table = split(home, tables_of(home, job)[0], parts=3)
        ref = WorkRef(job_id=job.id, table_id=table.table_id, part=2)
        assert isinstance(claim_work(ref, owner="w1", outside=home), Claim)
        assert cancel_job(job.id, outside=home).status is JobStatus.RUNNING
        statuses = [each.status for each in parts_of(home, table)]
        assert statuses == [WorkStatus.CANCELLED, WorkStatus.RUNNING, WorkStatus.CANCELLED]

    def test_leaves_those_of_a_table_that_is_being_planned(self, home: Outside) -> None:
        job = a_running_job(home, tables=1)
        table = claimed(home, tables_of(home, job)[0])
        put_parts(home, table, 2)
        assert cancel_job(job.id, outside=home).status is JobStatus.RUNNING
        assert {each.status for each in parts_of(home, table)} == {WorkStatus.PENDING}

    def test_does_not_count_those_that_an_earlier_plan_left_behind(self, home: Outside) -> None:
        job = a_running_job(home, tables=2)
        first, second = tables_of(home, job)
        table = split(home, first, parts=1)
        put_parts(home, table, 3, hold=Hold())
        claimed(home, second)
        cancel_job(job.id, outside=home)
        after = home.book.table(job.id, table.table_id)
        assert (after.parts_failed, after.status) == (1, WorkStatus.CANCELLED)

    def test_of_tables_that_are_gone_changes_nothing(self, home: Outside) -> None:
        job = a_running_job(home, tables=1)
        nowhere = [
            WorkRef(job_id=job.id, table_id="none"),
            WorkRef(job_id=job.id, table_id="none", part=1),
            WorkRef(job_id=job.id, table_id=tables_of(home, job)[0].table_id, part=99),
        ]
        late = LateBook(home.book, claimable=nowhere)
        assert cancel_job(job.id, outside=replace(home, book=late)).status is JobStatus.RUNNING
        assert {each.status for each in tables_of(home, job)} == {WorkStatus.PENDING}
        tick(outside=home)
        assert home.book.job(job.id).status is JobStatus.CANCELLED
