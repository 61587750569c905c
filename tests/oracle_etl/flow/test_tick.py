"""What a tick repairs, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claimed_work import a_lease, claimed, put, split
from fakes.memory_source import MemorySource
from flow_home import (
    LIMITS,
    CountingLauncher,
    drain,
    put_transport,
    settle,
    start,
    tables,
)
from oracle_etl.flow import cancel_job as cancelling
from oracle_etl.flow import tick as ticking
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.claim_work import Claim, claim_work
from oracle_etl.flow.end_work import fail_work, give_back
from oracle_etl.flow.finish_job import finish_job
from oracle_etl.flow.tick import tick
from oracle_etl.flow.work_on import DONE, work_on
from oracle_etl.model.errors import (
    SourceAway,
)
from oracle_etl.model.job import Dispatch, JobStatus
from oracle_etl.model.table_task import Failure
from oracle_etl.model.work import Hold, WorkRef, WorkStatus
from oracle_etl.outside import Outside


class TestATick:
    def test_goes_on_with_a_start_that_died(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        job = start(home, transport)
        home.book.transact(lambda entries: entries.put_job(replace(job, dispatch=Dispatch.READY)))
        home.clock.wait(home.limits.dispatch_grace)
        tick(outside=home)
        assert home.book.job(job.id).dispatch is Dispatch.LAUNCHED

    def test_asks_for_workers_while_work_waits_and_nobody_comes(self, home: Outside) -> None:
        start(home, put_transport(home, "EMP", "DEPT"))
        launcher = home.launcher
        assert isinstance(launcher, CountingLauncher)
        launcher.asked.clear()
        home.clock.wait(home.limits.dispatch_grace)
        report = tick(outside=home)
        assert (launcher.asked, report.messages_republished) == ([2], 2)

    def test_asks_for_nobody_while_enough_workers_live(self, home: Outside) -> None:
        start(home, put_transport(home, "EMP", "DEPT"))
        launcher = home.launcher
        assert isinstance(launcher, CountingLauncher)
        launcher.asked.clear()
        launcher.alive = 2
        assert tick(outside=home).workers_launched == 0

    def test_fails_the_work_of_dead_letters(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        claim = claim_work(tables(home, job)["EMP"].ref, owner="w1", outside=home)
        assert isinstance(claim, Claim)
        give_back(claim, Hold.freed, note="the worker ended", outside=home)
        for _ in range(60):
            delivery = home.queue.pull(wait_seconds=0, lease_seconds=10)
            if delivery is None:
                break
            delivery.again()
        report = tick(outside=home)
        assert report.dead_letters == 1
        assert tables(home, job)["EMP"].failure.code == "ATTEMPTS_EXHAUSTED"
        tick(outside=home)
        assert home.book.job(job.id).status is JobStatus.FAILED

    def test_goes_on_with_the_others_where_a_defect_meets_one(
        self, home: Outside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        roomy = replace(home, limits=replace(LIMITS, running_jobs=2))
        broken = start(roomy, put_transport(roomy, "EMP", id="TRPID-00000001"))
        whole = start(roomy, put_transport(roomy, "DEPT", id="TRPID-00000002"))
        for each in (broken, whole):
            (table,) = tables(roomy, each).values()
            claim = claim_work(table.ref, owner="w1", outside=roomy)
            assert isinstance(claim, Claim)
            fail_work(claim, Failure(code="C", message="m"), outside=roomy)

        def closing(job_id: str, *, outside: Outside) -> bool:
            if job_id == broken.id:
                raise IndexError("a defect")
            return finish_job(job_id, outside=outside)

        monkeypatch.setattr(ticking, "finish_job", closing)
        report = tick(outside=roomy)
        assert report.jobs_closed == (whole.id,)
        assert report.problems == (
            f"could not repair {broken.id}: a defect (IndexError), which the log tells of",
        )
        assert "IndexError: a defect" in caplog.text

    def test_notes_a_problem_and_goes_on_with_the_rest(self, home: Outside) -> None:
        start(home, put_transport(home, "EMP"))
        home.clock.wait(home.limits.dispatch_grace)

        class Broken(CountingLauncher):
            def launch(self, count: int) -> None:
                raise SourceAway("no workers to be had")

        report = tick(outside=replace(home, launcher=Broken()))
        assert report.problems == ("no workers to be had",)


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

    def test_counts_no_job_that_another_is_closing(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        fail_work(claimed(home, job), Failure(code="C", message="m"), outside=home)
        busy = home.book.job(job.id)
        held = busy.closing.claimed("other", now=home.clock.now(), lease_seconds=60)
        put(home, replace(busy, closing=held))
        assert tick(outside=home).jobs_closed == ()
        assert home.book.job(job.id).status is JobStatus.RUNNING

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
