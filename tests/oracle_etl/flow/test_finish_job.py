"""A job that is closed once, whoever comes to close it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from claimed_work import claimed, put
from flow_home import (
    LIMITS,
    drain,
    put_transport,
    start,
)
from oracle_etl.flow.end_work import fail_work
from oracle_etl.flow.finish_job import finish_job
from oracle_etl.model.job import JobStatus
from oracle_etl.model.table_task import Failure
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

T = TypeVar("T")


class TestClosing:
    def test_is_done_by_one_closer_at_a_time(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        fail_work(claimed(home, job), Failure(code="C", message="m"), outside=home)
        busy = home.book.job(job.id)
        held = busy.closing.claimed("other", now=home.clock.now(), lease_seconds=60)
        put(home, replace(busy, closing=held))
        finish_job(job.id, outside=home)
        assert home.book.job(job.id).status is JobStatus.RUNNING

    def test_does_nothing_to_a_job_with_work_left_or_none_at_all(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        finish_job(job.id, outside=home)
        finish_job("JOB-20260101-000000-0000", outside=home)
        assert home.book.job(job.id).status is JobStatus.RUNNING

    def test_by_a_closer_that_came_too_late_changes_nothing(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        fail_work(claimed(home, job), Failure(code="C", message="m"), outside=home)

        class Overtaken:
            """A book in which another closer finishes while this one writes its manifest."""

            def __init__(self) -> None:
                self.calls = 0

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
                return getattr(home.book, name)

            def transact(self, work: Callable[[Entries], T]) -> T:
                self.calls += 1
                if self.calls == 2:
                    home.clock.wait(LIMITS.lease + 1)
                    finish_job(job.id, outside=home)
                return home.book.transact(work)

        finish_job(job.id, outside=replace(home, book=Overtaken()))
        assert home.book.job(job.id).status is JobStatus.FAILED

    def test_outlives_a_transport_that_was_removed(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        home.book.transact(lambda entries: entries.remove_transport(job.transport_id))
        drain(home)
        assert home.book.job(job.id).status is JobStatus.COMPLETED


class TestATransportMadeAnewUnderItsId:
    def test_keeps_its_running_job_when_the_former_job_is_closed(self, home: Outside) -> None:
        former = start(home, put_transport(home, "EMP"))
        fail_work(claimed(home, former), Failure(code="C", message="m"), outside=home)
        home.book.transact(lambda entries: entries.remove_transport(former.transport_id))
        running = start(home, put_transport(home, "EMP"))
        assert finish_job(former.id, outside=home)
        assert home.book.job(former.id).status is JobStatus.FAILED
        assert home.book.transport(former.transport_id).running_job == running.id
