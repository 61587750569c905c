"""How many tables one transaction takes, which Firestore bounds, and who may write them down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, a_final_object, a_job, a_table
from fakes.memory_source import MemorySource
from flow_home import a_home, drain, put_transport, start, tables
from oracle_etl.flow import write_tables as writing
from oracle_etl.flow.abandon_start import abandon_start
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.carry_tables import NewTable
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.tick import tick
from oracle_etl.flow.write_tables import write_tables
from oracle_etl.model.job import Dispatch, Job, JobStatus
from oracle_etl.model.table_task import TableTask
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

MOST = 200
NAMES_OF_A_TABLE = 10
EMP = tuple((number, None) for number in range(3))


class CountingBook:
    """A book of one job, which remembers what tables each transaction wrote."""

    def __init__(self, job: Job) -> None:
        self.stored = job
        self.written: list[list[TableTask]] = []
        self.chunk: list[TableTask] = []

    def transact(self, work: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - what it returns
        self.chunk = []
        result = work(self)
        if self.chunk:
            self.written.append(self.chunk)
        return result

    def job(self, job_id: str) -> Job:
        assert job_id == self.stored.id
        return self.stored

    def put_job(self, job: Job) -> None:
        self.stored = job

    def put_table(self, table: TableTask) -> None:
        self.chunk.append(table)


def a_job_being_written() -> Job:
    job = a_job(status=JobStatus.PENDING, dispatch=Dispatch.WRITING, tables_total=0)
    return job.being_written(now=NOON, lease_seconds=120.0)


def weight(chunk: list[TableTask]) -> int:
    return sum(1 + len(each.objects) // NAMES_OF_A_TABLE for each in chunk)


@given(objects=st.lists(st.sampled_from([0, 1, 9, 10, 500, 2000]), max_size=500))
def test_all_are_written_in_order_and_no_transaction_is_too_large(
    tmp_path_factory: pytest.TempPathFactory, objects: list[int]
) -> None:
    final = a_final_object()
    all_tables = [
        a_table(f"t{number}", position=number, objects=(final,) * count)
        for number, count in enumerate(objects)
    ]
    book = CountingBook(a_job_being_written())
    home = a_home(tmp_path_factory.mktemp("home"))
    outside = replace(home, book=book)  # type: ignore[arg-type] # as much of one as is used
    job = write_tables(book.stored, map(_new, all_tables), outside=outside)
    home.close()
    assert (job.dispatch, job.tables_total) == (Dispatch.READY, len(objects))
    assert [each for chunk in book.written for each in chunk] == all_tables
    assert all(weight(chunk) <= MOST or len(chunk) == 1 for chunk in book.written)
    both = [
        weight(one) + weight(other)
        for one, other in zip(book.written, book.written[1:], strict=False)
    ]
    assert all(each > MOST for each in both), "no two could have been one"


def _new(table: TableTask) -> NewTable:
    return NewTable(task=table)


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    job = a_job_being_written()
    home.book.transact(lambda entries: entries.put_job(job))
    three = [_new(a_table(f"t{number}", position=number)) for number in range(3)]
    first = write_tables(job, three, outside=home)
    assert (first.dispatch, first.tables_total) == (Dispatch.READY, 3)
    assert write_tables(job, three, outside=home) == first
    home.close()


class Meanwhile:
    """A book before whose n-th writing of tables others go on."""

    def __init__(self, home: Outside, act: Callable[[], object], *, at: int) -> None:
        self._book = home.book
        self._act = act
        self._left = at

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(self._book, name)

    def transact(self, work: Callable[[Entries], Any]) -> Any:  # noqa: ANN401 - what it returns
        if getattr(work, "__name__", "") in {"write", "written"}:
            self._left -= 1
            if not self._left:
                self._act()
        return self._book.transact(work)


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    for name in ("T1", "T2", "T3"):
        memory.put(name, EMP)
    return memory


@pytest.fixture
def home(
    tmp_path: Path, source: MemorySource, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Outside]:
    # Every table is a transaction of its own, so that others can come between them.
    monkeypatch.setattr(writing, "_TABLES_OF_ONE_WRITE", 1)
    made = a_home(tmp_path, source=source)
    yield made
    made.close()


def assert_completed(home: Outside, job: Job, *names: str) -> None:
    job = home.book.job(job.id)
    assert job.status is JobStatus.COMPLETED, job.failure
    assert (job.counts.tables_completed, job.tables_total) == (len(names), len(names))
    assert job.counts.rows == len(names) * len(EMP)
    written = tables(home, job)
    assert list(written) == list(names)
    assert [each.position for each in written.values()] == list(range(len(names)))
    assert all(each.objects for each in written.values())


LAST = 4
"""The transaction that says that all three tables are written."""


class TestAStarterThatSleepsWhileItWrites:
    @pytest.mark.parametrize("at", range(1, LAST + 1))
    def test_changes_nothing_of_a_job_that_others_did(self, home: Outside, at: int) -> None:
        def others_do_it() -> None:
            home.clock.wait(home.limits.lease + 1)
            tick(outside=home)
            drain(home)

        transport = put_transport(home, "T*")
        job = start(replace(home, book=Meanwhile(home, others_do_it, at=at)), transport)
        assert_completed(home, job, "T1", "T2", "T3")

    @pytest.mark.parametrize("at", range(1, LAST + 1))
    def test_changes_nothing_of_a_retry_that_others_did(
        self, home: Outside, source: MemorySource, at: int
    ) -> None:
        job = start(home, put_transport(home, "T1", "T2", "LATE"))
        drain(home)
        source.states["LATE"] = [(0, EMP)]

        def others_do_it() -> None:
            home.clock.wait(home.limits.lease + 1)
            tick(outside=home)
            drain(home)

        behind = replace(home, book=Meanwhile(home, others_do_it, at=at))
        assert_completed(home, retry_job(job.id, outside=behind).job, "T1", "T2", "LATE")

    @pytest.mark.parametrize("at", range(1, LAST + 1))
    def test_goes_on_where_it_has_not_slept_too_long(self, home: Outside, at: int) -> None:
        def others_look() -> None:
            home.clock.wait(home.limits.lease - 1)
            tick(outside=home)

        transport = put_transport(home, "T*")
        job = start(replace(home, book=Meanwhile(home, others_look, at=at)), transport)
        drain(home)
        assert_completed(home, job, "T1", "T2", "T3")

    @pytest.mark.parametrize("at", range(1, LAST + 1))
    def test_starts_no_job_that_was_cancelled_meanwhile(self, home: Outside, at: int) -> None:
        transport = put_transport(home, "T*")

        def somebody_cancels() -> None:
            (job,) = home.book.unfinished_jobs(limit=9)
            cancel_job(job.id, outside=home)
            tick(outside=home)

        job = start(replace(home, book=Meanwhile(home, somebody_cancels, at=at)), transport)
        assert (job.status, job.dispatch) == (JobStatus.CANCELLED, Dispatch.WRITING)
        assert home.book.transport(transport.id).running_job is None

    def test_is_not_disturbed_by_two_ticks_at_once(self, home: Outside) -> None:
        transport = put_transport(home, "T*")
        late: list[Job] = []

        def two_ticks() -> None:
            home.clock.wait(home.limits.lease + 1)
            tick(outside=replace(home, book=Meanwhile(home, lambda: tick(outside=home), at=2)))
            late.extend(home.book.unfinished_jobs(limit=9))

        start(replace(home, book=Meanwhile(home, two_ticks, at=2)), transport)
        drain(home)
        assert_completed(home, late[0], "T1", "T2", "T3")


class TestAListThatMeansOthersWhenItIsWrittenAgain:
    def sleeping(self, home: Outside, change: Callable[[], object]) -> Job:
        """Return a job whose tables a tick wrote anew, after the list came to mean others."""

        def tick_after_the_change() -> None:
            change()
            home.clock.wait(home.limits.lease + 1)
            tick(outside=home)

        asleep = Meanwhile(home, tick_after_the_change, at=3)
        return start(replace(home, book=asleep), put_transport(home, "T*"))

    def test_adds_the_new_ones_behind_those_that_were_written(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = self.sleeping(home, lambda: source.put("T0", EMP))
        drain(home)
        assert_completed(home, job, "T1", "T2", "T0", "T3")

    def test_keeps_those_that_were_written_and_counts_them(
        self, home: Outside, source: MemorySource
    ) -> None:
        def dropped() -> None:
            del source.states["T1"]

        job = self.sleeping(home, dropped)
        drain(home)
        job = home.book.job(job.id)
        assert (job.status, job.tables_total) == (JobStatus.FAILED, 3)
        assert tables(home, job)["T1"].failure.code == "TABLE_NOT_FOUND"


class TestAWriterOfAnAbandonedStart:
    def test_writes_nothing_more(self, home: Outside) -> None:
        transport = put_transport(home, "T*")

        def abandoned() -> None:
            (job,) = home.book.unfinished_jobs(limit=9)
            abandon_start(job, None, outside=home)

        job = start(replace(home, book=Meanwhile(home, abandoned, at=2)), transport)
        assert job.status is JobStatus.CANCELLED
        assert list(tables(home, job)) == ["T1"]
