"""What a verb does when another worker, a cancel or a closer was there first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from fakes.away import Away
from fakes.late_book import LateBook
from fakes.memory_source import MemorySource
from flow_home import (
    LIMITS,
    SMALL_PARTS,
    CountingLauncher,
    drain,
    names,
    put_transport,
    rows,
    settle,
    start,
    tables,
)
from oracle_etl.flow import cancel_job as cancelling
from oracle_etl.flow.admit_jobs import admit_jobs
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.claim_work import Claim, Unclaimed, claim_work, claimed_part, claimed_table
from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.flow.end_work import cancel_work, fail_work, give_back
from oracle_etl.flow.finish_job import finish_job
from oracle_etl.flow.keep_lease import JobCancelled, Lease, WorkerStopping
from oracle_etl.flow.keep_totals import keep_totals
from oracle_etl.flow.plan_table import plan_table
from oracle_etl.flow.start_job import Started, advance_start, start_job
from oracle_etl.flow.take_seat import take_seat
from oracle_etl.flow.tick import tick
from oracle_etl.flow.work_on import DONE, Settled, rest_seconds, work_on
from oracle_etl.model.errors import (
    BookAway,
    LauncherAway,
    LeaseLost,
    QueueAway,
    RowsMissing,
    SourceAway,
)
from oracle_etl.model.job import Dispatch, Job, JobRequest, JobStatus
from oracle_etl.model.progress import Progress
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import Failure
from oracle_etl.model.transport import Proof
from oracle_etl.model.work import Hold, WorkRef, WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

T = TypeVar("T")
EMP = tuple((number, f"name {number}") for number in range(25))


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    memory.put("EMP", EMP)
    memory.put("DEPT", ((1, None),))
    return memory


def claimed(home: Outside, job: Job, *, part: int | None = None, owner: str = "w1") -> Claim:
    ref = WorkRef(job_id=job.id, table_id=tables(home, job)["EMP"].table_id, part=part)
    claim = claim_work(ref, owner=owner, outside=home)
    assert isinstance(claim, Claim), claim
    return claim


def split(home: Outside) -> Job:
    """Return a running job whose only table waits for its two parts."""
    job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
    plan_table(claimed(home, job), outside=home)
    return home.book.job(job.id)


def a_lease() -> Lease:
    return Lease(threading.Event())


def quick(home: Outside) -> Outside:
    """Return the home with workers that leave as soon as there is nothing."""
    return replace(home, limits=replace(LIMITS, idle=0.0))


def put(home: Outside, job: Job) -> None:
    home.book.transact(lambda entries: entries.put_job(job))


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


class TestACancelDuringWork:
    def test_ends_the_table_that_is_being_read(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        claim, lease = claimed(home, job), a_lease()
        lease.end(JobCancelled("cancelled"))
        assert work_on(claim, lease=lease, outside=home) == DONE
        assert tables(home, job)["EMP"].status is WorkStatus.CANCELLED
        assert not [each for each in names(home) if "EMP" in each]

    def test_ends_the_part_that_is_being_read(self, home: Outside) -> None:
        job = split(home)
        claim, lease = claimed(home, job, part=1), a_lease()
        lease.end(JobCancelled("cancelled"))
        work_on(claim, lease=lease, outside=home)
        assert tables(home, job)["EMP"].parts_failed == 1


class TestAPart:
    def test_is_spared_once_another_part_has_failed(self, home: Outside) -> None:
        job = split(home)
        fail_work(claimed(home, job, part=1), Failure(code="C", message="m"), outside=home)
        ref = replace(tables(home, job)["EMP"].ref, part=2)
        assert claim_work(ref, owner="w1", outside=home) is Unclaimed.SETTLED
        assert tables(home, job)["EMP"].parts_have_ended

    def test_given_back_by_a_stopping_worker_is_read_by_the_next(self, home: Outside) -> None:
        job = split(home)
        claim, lease = claimed(home, job, part=1), a_lease()
        lease.end(WorkerStopping("stopping"))
        assert work_on(claim, lease=lease, outside=home) == Settled(again_after_seconds=0)
        assert settle(home, job.id).status is JobStatus.COMPLETED

    def test_can_be_halved_only_so_often(self, home: Outside, source: MemorySource) -> None:
        source.rows_undo_reaches = 0
        job = split(home)
        assert settle(home, job.id, rounds=30).status is JobStatus.FAILED

    def test_of_one_row_cannot_be_halved(self, home: Outside, source: MemorySource) -> None:
        source.put("EMP", EMP[:2])
        source.rows_undo_reaches = 0
        job = split(home)
        assert settle(home, job.id, rounds=30).status is JobStatus.FAILED
        assert tables(home, job)["EMP"].failure.code == "SNAPSHOT_GONE"

    def test_that_undo_left_is_read_in_halves(self, home: Outside, source: MemorySource) -> None:
        source.rows_undo_reaches = 10
        source.put("EMP", tuple((number, None) for number in range(60)))
        job = split(home)
        assert settle(home, job.id, rounds=30).status is JobStatus.COMPLETED
        assert rows(home, f"{job.folder}/EMP.jsonl.gz").total() == 60
        assert tables(home, job)["EMP"].parts_total > 2


class TestUndoGoneUnderATransactionOfItsOwn:
    def test_advises_to_grant_flashback(self, home: Outside, source: MemorySource) -> None:
        source.flashback = False
        source.rows_undo_reaches = 0
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        assert "FLASHBACK" in tables(home, job)["EMP"].failure.hint


class TestRowsThatOracleCountsOtherwise:
    def test_fail_the_table_and_leave_no_object(self, home: Outside, source: MemorySource) -> None:
        source.counts_more = 1
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        assert tables(home, job)["EMP"].failure.code == RowsMissing.code
        assert not [each for each in names(home) if each.endswith("EMP.jsonl.gz")]


class TestWorkThatStumbled:
    def test_rests_before_anyone_takes_it_again(self, home: Outside, source: MemorySource) -> None:
        def away(reading: Reading, number: int) -> None:
            raise SourceAway("the listener is down")

        source.before_batch = away
        job = start(home, put_transport(home, "EMP"))
        drain_queue(owner="w1", stopping=threading.Event(), outside=quick(home))
        assert len(source.readings) == 1
        assert home.book.claimable(job.id, home.clock.now(), limit=9) == []

    def test_is_cancelled_while_it_rests(self, home: Outside, source: MemorySource) -> None:
        def away(reading: Reading, number: int) -> None:
            raise SourceAway("the listener is down")

        source.before_batch = away
        job = start(home, put_transport(home, "EMP"))
        drain_queue(owner="w1", stopping=threading.Event(), outside=quick(home))
        assert cancel_job(job.id, outside=home).status is JobStatus.CANCELLED

    def test_in_one_part_is_cancelled_while_it_rests(
        self, home: Outside, source: MemorySource
    ) -> None:
        def away(reading: Reading, number: int) -> None:
            raise SourceAway("the listener is down")

        source.before_batch = away
        job = split(home)
        drain_queue(owner="w1", stopping=threading.Event(), outside=quick(home))
        assert cancel_job(job.id, outside=home).status is JobStatus.CANCELLED

    def test_in_one_part_is_not_to_be_had_while_it_rests(self, home: Outside) -> None:
        job = split(home)
        claim, lease = claimed(home, job, part=1), a_lease()
        lease.end(SourceAway("dropped"))
        work_on(claim, lease=lease, outside=home)
        assert claim_work(claim.ref, owner="w2", outside=home) is Unclaimed.SETTLED
        home.clock.wait(LIMITS.retry_backoff)
        assert isinstance(claim_work(claim.ref, owner="w2", outside=home), Claim)

    def test_rests_longer_each_time_up_to_five_minutes(self) -> None:
        assert [rest_seconds(failures, first=1.0) for failures in range(5)] == [
            1.0,
            5.0,
            25.0,
            125.0,
            300.0,
        ]

    def test_fails_with_its_last_attempt_and_rests_no_more(
        self, home: Outside, source: MemorySource
    ) -> None:
        def away(*_: object) -> None:
            raise SourceAway("the listener is down")

        source.before_batch = away
        once = replace(home, limits=replace(LIMITS, attempts=1))
        job = start(once, put_transport(once, "EMP"))
        drain(once)
        assert home.book.job(job.id).status is JobStatus.FAILED

    def test_says_at_last_what_it_failed_of(self, home: Outside, source: MemorySource) -> None:
        def away(reading: Reading, number: int) -> None:
            raise SourceAway("the listener is down")

        source.before_batch = away
        job = settle(home, start(home, put_transport(home, "EMP")).id)
        assert "the listener is down" in tables(home, job)["EMP"].failure.message


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


class TestMessagesThatHaveToWait:
    def test_hide_no_work_that_need_not(self, home: Outside) -> None:
        """Enough tables wait for their turn to keep a worker busy with their messages alone."""
        others = (f"T{number}" for number in range(9))
        transport = put_transport(home, "EMP", *others, carriage=SMALL_PARTS, parallel_tables=1)
        job = start(home, transport)
        plan_table(claimed(home, job), outside=replace(home, queue=Away(QueueAway("away"))))
        drain(home)
        assert tables(home, job)["EMP"].status is WorkStatus.COMPLETED


class TestAStartWhoseAnswerWasLost:
    def test_returns_the_job_that_it_made(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")

        class Forgetful:
            """A book that runs the work again after it was kept, as after a lost reply."""

            def __init__(self) -> None:
                self.again = True

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
                return getattr(home.book, name)

            def transact(self, work: Callable[[Entries], T]) -> T:
                result = home.book.transact(work)
                if isinstance(result, Started) and self.again:
                    self.again = False
                    return home.book.transact(work)
                return result

        forgetful = replace(home, book=Forgetful())
        started = start_job(transport.id, JobRequest(), outside=forgetful)
        assert (started.repeated, started.job.id) == (
            False,
            home.book.transport(transport.id).running_job,
        )


class TestAStartThatIsRepeated:
    def test_does_nothing_to_a_job_that_has_ended(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        ended = home.book.job(job.id)
        assert advance_start(ended, outside=home) is ended

    def test_does_nothing_to_a_job_that_waits_in_line(self, home: Outside) -> None:
        start(home, put_transport(home, "EMP"))
        waiting = start(home, put_transport(home, "EMP", id="TRPID-00000002"))
        assert advance_start(waiting, outside=home).status is JobStatus.PENDING
        assert tick(outside=home).jobs_started == ()

    def test_admits_nobody_past_a_job_that_is_being_written(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        put(home, replace(job, dispatch=Dispatch.WRITING, status=JobStatus.PENDING))
        assert admit_jobs(outside=home) == ()


class TestTotals:
    def test_are_kept_by_one_worker(self, home: Outside) -> None:
        now = replace(home, limits=replace(LIMITS, progress_interval=1.0))
        job = start(home, put_transport(home, "EMP"))
        claim = claimed(home, job)
        home.board.post_table(job.id, claim.table.table_id, Progress(rows=3))
        keep_totals(home.book.job(job.id), owner="w1", outside=now)
        home.clock.wait(2)
        home.board.post_table(job.id, claim.table.table_id, Progress(rows=9))
        keep_totals(home.book.job(job.id), owner="w2", outside=now)
        assert home.book.job(job.id).totals.rows == 3
        keep_totals(home.book.job(job.id), owner="w1", outside=now)
        assert home.book.job(job.id).totals.rows == 9

    def test_are_not_written_twice_within_the_interval(self, home: Outside) -> None:
        now = replace(home, limits=replace(LIMITS, progress_interval=60.0))
        job = start(home, put_transport(home, "EMP"))
        keep_totals(home.book.job(job.id), owner="w1", outside=now)
        first = home.book.job(job.id).totals
        home.clock.wait(1)
        keep_totals(home.book.job(job.id), owner="w1", outside=now)
        assert home.book.job(job.id).totals == first

    def test_of_a_split_table_add_up_over_its_parts(self, home: Outside) -> None:
        now = replace(home, limits=replace(LIMITS, progress_interval=1.0))
        job = split(home)
        done = claimed(home, job, part=1)
        work_on(done, lease=a_lease(), outside=home)
        running = claimed(home, job, part=2, owner="w2")
        home.board.post_part(job.id, running.table.table_id, 2, Progress(rows=4))
        keep_totals(home.book.job(job.id), owner="w1", outside=now)
        carried = tables(home, job)["EMP"].parts_rows
        assert carried > 0
        assert home.book.job(job.id).totals.rows == carried + 4
        assert tables(home, job)["EMP"].progress.rows == carried + 4

    def test_of_a_job_that_ended_are_left_alone(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        before = home.book.job(job.id)
        keep_totals(
            replace(before, totals=replace(before.totals, at=None)), owner="w", outside=home
        )
        keep_totals(replace(job, totals=replace(job.totals, at=None)), owner="late", outside=home)
        assert home.book.job(job.id).totals == before.totals


class ClaimedBetween:
    """A book in which somebody comes between the two looks of a cancel: at parts, at tables."""

    def __init__(self, home: Outside, act: Callable[[], object]) -> None:
        self._book = home.book
        self._act = act
        self._looks = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
        return getattr(self._book, name)

    def claimable(self, *asked: Any, **narrowed: Any) -> Any:  # noqa: ANN401 - as the real thing
        self._looks += 1
        if self._looks == 2:
            self._act()
        return self._book.claimable(*asked, **narrowed)


class TestATableWhosePartsWereCancelled:
    def claimed_to_be_placed(self, home: Outside, job: Job) -> Claim:
        """Return the claim of a worker that looked at the job before it was cancelled."""
        ref = tables(home, job)["EMP"].ref
        before = replace(home, book=LateBook(home.book, job=job))
        claims: list[Claim | Unclaimed] = []

        def claim() -> None:
            claims.append(claim_work(ref, owner="late", outside=before))

        between = replace(home, book=ClaimedBetween(home, claim))
        assert cancel_job(job.id, outside=between).status is JobStatus.RUNNING
        assert isinstance(claims[0], Claim)
        return claims[0]

    def test_is_cancelled_by_whoever_claims_it_to_place_it(self, home: Outside) -> None:
        job = split(home)
        claim = self.claimed_to_be_placed(home, job)
        assert work_on(claim, lease=a_lease(), outside=home) == DONE
        finish_job(job.id, outside=home)
        job = home.book.job(job.id)
        assert (job.status, job.counts.tables_cancelled) == (JobStatus.CANCELLED, 1)
        assert [each for each in names(home) if "EMP" in each] == []

    def test_is_never_placed_without_them(self, home: Outside) -> None:
        job = split(home)
        claim = self.claimed_to_be_placed(home, job)
        wanted = replace(home, book=LateBook(home.book, job=job))
        work_on(claim, lease=a_lease(), outside=wanted)
        table = tables(home, job)["EMP"]
        assert (table.status, table.failure.code) == (WorkStatus.FAILED, "ROW_COUNT_MISMATCH")
        assert "0 of 2 parts" in table.failure.message


class TestAVersionBefore:
    def test_whose_table_is_missing_or_failed_is_nothing_to_compare_with(
        self, home: Outside, source: MemorySource
    ) -> None:
        transport = put_transport(home, "EMP", proof=Proof(max_row_drop_percent=1))
        start(home, transport)
        drain(home)
        wider = replace(
            home.book.transport(transport.id),
            tables=(*transport.tables, replace(transport.tables[0], table="DEPT")),
        )
        home.book.transact(lambda entries: entries.put_transport(wider))
        job = start(home, transport)
        drain(home)
        assert home.book.job(job.id).status is JobStatus.COMPLETED


class TestATickWithManyTroubles:
    def test_cancels_what_a_cancel_could_not_finish(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = start(home, put_transport(home, "EMP"))
        claim = claimed(home, job)
        cancel_job(job.id, outside=home)
        assert home.book.job(job.id).status is JobStatus.RUNNING
        home.clock.wait(LIMITS.lease + 1)
        tick(outside=home)
        assert home.book.job(job.id).status is JobStatus.CANCELLED
        assert work_on(claim, lease=a_lease(), outside=home) == DONE

    def test_closes_a_job_whose_closer_died(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        fail_work(claimed(home, job), Failure(code="C", message="m"), outside=home)
        assert tick(outside=home).jobs_closed == (job.id,)

    def test_fails_a_part_whose_message_is_dead(self, home: Outside) -> None:
        job = split(home)
        for number in (1, 2):
            give_back(claimed(home, job, part=number), Hold.freed, note="ended", outside=home)
        for _ in range(200):
            delivery = home.queue.pull(wait_seconds=0, lease_seconds=10)
            if delivery is None:
                break
            delivery.again()
        tick(outside=home)
        assert settle(home, job.id).status is JobStatus.FAILED

    @pytest.mark.parametrize("is_split", [False, True])
    def test_hints_again_at_work_that_only_had_to_wait(
        self, home: Outside, *, is_split: bool
    ) -> None:
        job = split(home) if is_split else start(home, put_transport(home, "EMP"))
        for _ in range(200):
            delivery = home.queue.pull(wait_seconds=0, lease_seconds=10)
            if delivery is None:
                break
            delivery.again()
        assert tick(outside=home).dead_letters > 0
        drain(home)
        assert home.book.job(job.id).status is JobStatus.COMPLETED

    def test_cancels_all_of_a_job_that_waits_in_line(
        self, home: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cancelling, "_CANCELLED_AT_ONCE", 1)
        start(home, put_transport(home, "EMP"))
        listed = [f"T{number}" for number in range(5)]
        job = start(home, put_transport(home, *listed, id="TRPID-00000009"))
        assert cancel_job(job.id, outside=home).status is JobStatus.PENDING
        for _ in listed:
            tick(outside=home)
        assert home.book.job(job.id).status is JobStatus.CANCELLED

    def test_drops_dead_letters_of_work_that_is_not_there(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        gone = [WorkRef(job_id=job.id, table_id="gone", part=part) for part in (None, 1)]
        home.queue.publish(gone)
        for _ in range(200):
            delivery = home.queue.pull(wait_seconds=0, lease_seconds=10)
            if delivery is None:
                break
            delivery.again()
        assert tick(outside=home).dead_letters == len(gone)
        assert home.queue.pull(wait_seconds=0, lease_seconds=10) is None

    def test_leaves_dead_letters_of_work_in_good_hands_alone(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        for _ in range(60):
            delivery = home.queue.pull(wait_seconds=0, lease_seconds=10)
            if delivery is None:
                break
            delivery.again()
        claimed(home, job)
        tick(outside=home)
        assert tables(home, job)["EMP"].status is WorkStatus.RUNNING


def test_a_source_that_is_away_when_a_pattern_is_resolved_starts_nothing(
    home: Outside, source: MemorySource
) -> None:
    class Away(MemorySource):
        def schema(self) -> str:
            raise SourceAway("the listener is down")

    transport = put_transport(home, "E*")
    with pytest.raises(SourceAway):
        start(replace(home, source=lambda _: Away()), transport)
    assert home.book.transport(transport.id).running_job is None
