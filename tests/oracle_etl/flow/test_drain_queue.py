"""A worker: what it takes, what it leaves to others, and what it outlives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from claimed_work import claimed
from fakes.away import Away
from fakes.memory_source import MemorySource
from flow_home import (
    LIMITS,
    SMALL_PARTS,
    CountingLauncher,
    a_home,
    drain,
    put_transport,
    settle,
    start,
    tables,
)
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.claim_work import Unclaimed, claim_work
from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.flow.plan_table import plan_table
from oracle_etl.flow.tick import tick
from oracle_etl.model.errors import (
    BookAway,
    LauncherAway,
    QueueAway,
)
from oracle_etl.model.job import Dispatch, JobStatus
from oracle_etl.model.reading import Reading
from oracle_etl.model.work import WorkRef, WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

T = TypeVar("T")
NOBODYS_JOB = "JOB-20250101-120000-0000"


class TestAMessage:
    def test_of_a_job_that_has_ended_is_settled(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        ref = tables(home, job)["EMP"].ref
        cancel_job(job.id, outside=home)
        assert claim_work(ref, owner="w1", outside=home) is Unclaimed.SETTLED

    def test_of_an_unknown_job_is_settled(self, home: Outside) -> None:
        ref = WorkRef(job_id="JOB-20260101-000000-0000", table_id="t")
        assert claim_work(ref, owner="w1", outside=home) is Unclaimed.SETTLED

    def test_of_a_job_that_waits_in_line_comes_again(self, home: Outside) -> None:
        start(home, put_transport(home, "EMP"))
        waiting = start(home, put_transport(home, "EMP", id="TRPID-00000002"))
        ref = tables(home, waiting)["EMP"].ref
        assert claim_work(ref, owner="w1", outside=home) is Unclaimed.NOT_YET

    def test_of_work_that_another_has_is_settled(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        claim = claimed(home, job)
        assert claim_work(claim.ref, owner="w2", outside=home) is Unclaimed.SETTLED

    def test_that_nobody_wrote_is_dropped_and_the_next_is_taken(self, home: Outside) -> None:
        home.queue.publish_bodies([b"not ours"])  # type: ignore[attr-defined]
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        assert home.book.job(job.id).status is JobStatus.COMPLETED

    def test_that_was_lost_costs_no_work(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        while (delivery := home.queue.pull(wait_seconds=0, lease_seconds=9)) is not None:
            delivery.done()
        assert drain(home) == 1
        assert home.book.job(job.id).status is JobStatus.COMPLETED


class TestMessagesThatHaveToWait:
    def test_hide_no_work_that_need_not(self, home: Outside) -> None:
        """Enough tables wait for their turn to keep a worker busy with their messages alone."""
        others = (f"T{number}" for number in range(9))
        transport = put_transport(home, "EMP", *others, carriage=SMALL_PARTS, parallel_tables=1)
        job = start(home, transport)
        plan_table(claimed(home, job), outside=replace(home, queue=Away(QueueAway("away"))))
        drain(home)
        assert tables(home, job)["EMP"].status is WorkStatus.COMPLETED


class TestAWorkerThatIsToldToStop:
    def test_gives_its_work_back_without_a_failure(
        self, home: Outside, source: MemorySource
    ) -> None:
        stopping = threading.Event()

        def stop(reading: Reading, number: int) -> None:
            stopping.set()

        source.before_batch = stop
        job = start(home, put_transport(home, "EMP"))
        drain_queue(owner="w1", stopping=stopping, outside=home)
        table = tables(home, job)["EMP"]
        assert (table.hold.owner, table.hold.failures) == (None, 0)
        source.before_batch = None
        drain(home, owner="w2")
        assert home.book.job(job.id).status is JobStatus.COMPLETED

    def test_gives_a_part_back_too(self, home: Outside, source: MemorySource) -> None:
        stopping = threading.Event()

        def stop(reading: Reading, number: int) -> None:
            stopping.set()

        source.before_batch = stop
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        drain_queue(owner="w1", stopping=stopping, outside=home)
        source.before_batch = None
        assert settle(home, job.id).status is JobStatus.COMPLETED

    def test_leaves_its_seat_to_others(self, tmp_path: Path, source: MemorySource) -> None:
        home = a_home(tmp_path, source=source, limits=replace(LIMITS, sessions={"default": 1}))
        job = start(home, put_transport(home, "EMP"))
        assert drain(home, owner="w1") == 1
        assert home.book.job(job.id).status is JobStatus.COMPLETED
        start(home, home.book.transport(job.transport_id))
        assert drain(home, owner="w2") == 1
        home.close()


class TestAWorkerWithoutASeat:
    def test_leaves_at_once(self, tmp_path: Path, source: MemorySource) -> None:
        home = a_home(tmp_path, source=source, limits=replace(LIMITS, sessions={"default": 0}))
        job = start(home, put_transport(home, "EMP"))
        assert drain(home) == 0
        assert home.book.job(job.id).counts.tables_ended == 0
        home.close()


class TestParallelTables:
    def test_are_never_more_than_the_transport_allows(
        self, home: Outside, source: MemorySource
    ) -> None:
        seen: list[int] = []
        transport = put_transport(home, "EMP", "DEPT", parallel_tables=1)
        job = start(home, transport)

        def second_worker(reading: Reading, number: int) -> None:
            del reading
            if number == 0 and not seen:
                seen.append(drain(home, owner="w2"))

        source.before_batch = second_worker
        drain(home, owner="w1")
        assert seen == [0]
        assert home.book.job(job.id).status is JobStatus.COMPLETED


class TestAHomeThatIsAway:
    def test_for_a_moment_costs_a_worker_a_moment(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        away = iter([BookAway("busy")])

        class Flaky:
            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
                return getattr(home.queue, name)

            def pull(self, **asked: float) -> Any:  # noqa: ANN401 - a delivery
                for error in away:
                    raise error
                return home.queue.pull(**asked)

        drain_queue(owner="w1", stopping=threading.Event(), outside=replace(home, queue=Flaky()))
        assert home.book.job(job.id).status is JobStatus.COMPLETED

    def test_after_the_job_is_written_down_leaves_the_rest_to_a_tick(self, home: Outside) -> None:
        class Broken(CountingLauncher):
            def launch(self, count: int) -> None:
                raise LauncherAway("no workers to be had")

        job = start(replace(home, launcher=Broken()), put_transport(home, "EMP"))
        assert job.dispatch is Dispatch.PUBLISHED
        home.clock.wait(LIMITS.dispatch_grace)
        tick(outside=home)
        assert home.book.job(job.id).dispatch is Dispatch.LAUNCHED


class TestAMessageThatOutlivesItsJob:
    def test_keeps_no_worker_from_the_next_one(self, home: Outside) -> None:
        home.queue.publish([WorkRef(job_id=NOBODYS_JOB, table_id="t")])
        job = start(home, put_transport(home, "EMP"))
        assert drain(home) == 1
        assert home.book.job(job.id).status is JobStatus.COMPLETED


class AwayForTheSeat:
    """A book that is away the first time that somebody renews a seat."""

    def __init__(self, home: Outside) -> None:
        self._book = home.book
        self.was_away = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
        return getattr(self._book, name)

    def transact(self, work: Callable[[Entries], T]) -> T:
        if getattr(work, "__name__", "") == "keep" and not self.was_away:
            self.was_away = True
            raise BookAway("others wrote too often")
        return self._book.transact(work)


class TestABookThatIsAwayWhenASeatIsToBeRenewed:
    def test_costs_a_worker_a_moment_and_not_its_life(
        self, home: Outside, source: MemorySource
    ) -> None:
        book = AwayForTheSeat(home)
        flaky = replace(home, book=book, limits=replace(LIMITS, renewal=30.0))

        def last(reading: Reading, number: int) -> None:
            home.clock.wait(60)

        source.before_batch = last
        job = start(flaky, put_transport(flaky, "EMP", "DEPT"))
        assert drain(flaky) == 2
        assert book.was_away
        assert home.book.job(job.id).status is JobStatus.COMPLETED


class AskedForWork:
    """A book that notes whose work it is asked for."""

    def __init__(self, home: Outside) -> None:
        self._book = home.book
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
        return getattr(self._book, name)

    def claimable(self, job_id: str, now: datetime, *, limit: int) -> Any:  # noqa: ANN401 - as above
        self.asked.add(job_id)
        return self._book.claimable(job_id, now, limit=limit)


class TestJobsThatWaitInLine:
    def test_cost_an_idle_worker_no_questions(self, home: Outside) -> None:
        running = start(home, put_transport(home, "GONE", source="elsewhere"))
        start(home, put_transport(home, "DEPT", id="TRPID-00000002"))
        book = AskedForWork(home)
        # The seats of the running job's source are others', so nobody here goes on with it.
        seats = replace(LIMITS, sessions={"default": 1, "elsewhere": 0})
        assert drain(replace(home, book=book, limits=seats)) == 0
        assert book.asked == {running.id}
