"""A worker whose lease went to another while it slept."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from claimed_work import a_lease, claimed, split
from emp_and_dept import EMP
from fakes.memory_source import MemorySource
from flow_home import (
    LIMITS,
    drain,
    put_transport,
    rows,
    start,
)
from oracle_etl.flow.claim_work import claimed_part, claimed_table
from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.flow.end_work import cancel_work, fail_work
from oracle_etl.flow.take_seat import take_seat
from oracle_etl.flow.work_on import DONE, work_on
from oracle_etl.model.errors import (
    LeaseLost,
    RowsMissing,
)
from oracle_etl.model.job import JobStatus
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import Failure
from oracle_etl.outside import Outside


class TestAWorkerWhoseLeaseWentToAnother:
    def test_drops_its_work_without_a_trace(self, home: Outside, source: MemorySource) -> None:
        job = start(home, put_transport(home, "EMP"))
        late = claimed(home, job)

        def lapse(reading: Reading, number: int) -> None:
            if number == 0:
                source.before_batch = None
                home.clock.wait(LIMITS.lease + 1)
                drain(home, owner="w2")

        source.before_batch = lapse
        assert work_on(late, lease=a_lease(), outside=home) == DONE
        job = home.book.job(job.id)
        assert (job.status, job.counts.tables_completed) == (JobStatus.COMPLETED, 1)
        assert rows(home, f"{job.folder}/EMP.jsonl.gz").total() == len(EMP)

    def test_cannot_fail_or_cancel_it_either(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        late = claimed(home, job)
        home.clock.wait(LIMITS.lease + 1)
        claimed(home, job, owner="w2")
        with pytest.raises(LeaseLost):
            fail_work(late, Failure(code="C", message="m"), outside=home)
        with pytest.raises(LeaseLost):
            cancel_work(late, outside=home)

    def test_that_fails_for_good_afterwards_goes_on_with_other_work(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = start(home, put_transport(home, "EMP"))
        late = claimed(home, job)

        def lapse(reading: Reading, number: int) -> None:
            source.before_batch = None
            home.clock.wait(LIMITS.lease + 1)
            drain(home, owner="w2")
            raise RowsMissing("too late to matter")

        source.before_batch = lapse
        assert work_on(late, lease=a_lease(), outside=home) == DONE
        assert home.book.job(job.id).status is JobStatus.COMPLETED

    def test_leaves_its_seat_behind(self, home: Outside, source: MemorySource) -> None:
        one = replace(home, limits=replace(LIMITS, sessions={"default": 1}, renewal=30.0))

        def sleep_long(reading: Reading, number: int) -> None:
            home.clock.wait(LIMITS.lease + 1)
            take_seat(owner="w2", outside=one)

        source.before_batch = sleep_long
        start(home, put_transport(home, "EMP", "DEPT"))
        assert drain_queue(owner="w1", stopping=threading.Event(), outside=one) == 0

    def test_finds_nothing_where_the_work_is_gone(self, home: Outside) -> None:
        job = split(home)
        part = claimed(home, job, part=1)
        stranger = replace(
            part,
            table=replace(part.table, table_id="gone"),
            part=replace(part.part, table_id="gone"),  # type: ignore[type-var]
        )
        with pytest.raises(LeaseLost):
            home.book.transact(lambda entries: claimed_table(entries, stranger))
        with pytest.raises(LeaseLost):
            home.book.transact(lambda entries: claimed_part(entries, stranger))
