"""Work that fails for good, and work that stumbles and is tried again."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import pytest

from claimed_work import a_lease, claimed, quick, split
from emp_and_dept import EMP
from fakes.memory_source import MemorySource
from flow_home import (
    LIMITS,
    SMALL_PARTS,
    drain,
    names,
    put_transport,
    rows,
    settle,
    start,
    tables,
)
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.claim_work import Claim, Unclaimed, claim_work
from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.flow.work_on import rest_seconds, work_on
from oracle_etl.model.errors import (
    RowsMissing,
    SourceAway,
    UnreadableMoment,
    UnsupportedColumn,
)
from oracle_etl.model.job import JobStatus
from oracle_etl.model.progress import StageName
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import (
    TransportStatus,
)
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside


class TestATableThatFailsForGood:
    def test_fails_alone_and_the_job_says_which_and_why(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP", "GHOST"))
        drain(home)
        job = home.book.job(job.id)
        assert job.status is JobStatus.FAILED
        assert job.failure is not None
        assert "GHOST" in job.failure.message
        assert tables(home, job)["EMP"].status is WorkStatus.COMPLETED
        assert rows(home, f"{job.folder}/EMP.jsonl.gz") == Counter(EMP)

    def test_says_what_to_do_about_it(self, home: Outside) -> None:
        one = start(home, put_transport(home, "EMP", "GHOST"))
        drain(home)
        all_of_them = start(home, put_transport(home, "GHOST", "SPOOK", id="TRPID-00000009"))
        drain(home)
        counted = [home.book.job(each.id).failure.message for each in (one, all_of_them)]  # type: ignore[union-attr]
        assert [each.partition(" failed")[0] for each in counted] == [
            "1 of 2 tables",
            "2 of 2 tables",
        ]
        hints = [home.book.job(each.id).failure.hint for each in (one, all_of_them)]  # type: ignore[union-attr]
        retry = "`jobs retry` does the failed ones again"
        assert hints == [
            f"see `tables list`; the other tables are complete; {retry}",
            f"see `tables list`; {retry}",
        ]

    def test_leaves_no_object_and_no_success(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP", "GHOST"))
        drain(home)
        job = home.book.job(job.id)
        found = names(home, job.folder)
        assert not [each for each in found if "GHOST" in each or each.endswith("_SUCCESS")]
        assert job.manifest == f"{job.folder}/manifest-{job.id}.json"
        assert home.book.transport(job.transport_id).status is TransportStatus.FAILED

    def test_in_one_part_fails_the_table_and_spares_the_other_parts(
        self, home: Outside, source: MemorySource
    ) -> None:
        def refuse(reading: Reading, number: int) -> None:
            del number
            if reading.rows_of and reading.rows_of.low is None:
                raise UnsupportedColumn("NAME cannot be carried")

        source.before_batch = refuse
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        job = settle(home, job.id)
        assert job.status is JobStatus.FAILED
        assert tables(home, job)["EMP"].failure.code == "UNSUPPORTED_COLUMN"


class TestATableWithYearsThatTheDriverCannotDeliver:
    def test_is_read_again_with_its_moments_as_text(
        self, home: Outside, source: MemorySource
    ) -> None:
        errors = iter([UnreadableMoment("year -4712 is out of range")])

        def once(reading: Reading, number: int) -> None:
            for error in errors:
                raise error

        source.before_batch = once
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        assert home.book.job(job.id).status is JobStatus.COMPLETED
        assert rows(home, f"{job.folder}/EMP.jsonl.gz") == Counter(EMP)
        assert len(source.readings) == 2


class TestWorkThatKeepsStumbling:
    def test_ends_as_a_failed_table_and_not_as_a_stuck_job(
        self, home: Outside, source: MemorySource
    ) -> None:
        def away(reading: Reading, number: int) -> None:
            raise SourceAway("the listener is down")

        source.before_batch = away
        job = settle(home, start(home, put_transport(home, "EMP")).id)
        assert job.status is JobStatus.FAILED
        failure = tables(home, job)["EMP"].failure
        assert failure.code == "ATTEMPTS_EXHAUSTED"
        assert len(source.readings) == LIMITS.attempts

    def test_in_one_part_too(self, home: Outside, source: MemorySource) -> None:
        def away(reading: Reading, number: int) -> None:
            raise SourceAway("the listener is down")

        source.before_batch = away
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        assert settle(home, job.id).status is JobStatus.FAILED

    def test_passes_when_the_outside_comes_back(self, home: Outside, source: MemorySource) -> None:
        away = iter([SourceAway("dropped"), SourceAway("dropped")])

        def sometimes(reading: Reading, number: int) -> None:
            for error in away:
                raise error

        source.before_batch = sometimes
        job = settle(home, start(home, put_transport(home, "EMP")).id)
        assert job.status is JobStatus.COMPLETED
        assert rows(home, f"{job.folder}/EMP.jsonl.gz") == Counter(EMP)
        stages = [each.name for each in tables(home, job)["EMP"].stages]
        assert stages.count(StageName.RETURNED) == 2


class TestWorkThatStumbled:
    def test_rests_before_anyone_takes_it_again(self, home: Outside, source: MemorySource) -> None:
        def away(reading: Reading, number: int) -> None:
            raise SourceAway("the listener is down")

        source.before_batch = away
        job = start(home, put_transport(home, "EMP"))
        drain_queue(owner="w1", stopping=threading.Event(), outside=quick(home))
        assert len(source.readings) == 1
        assert home.book.claimable(job.id, home.clock.now(), limit=9) == []

    def test_has_a_message_that_rests_as_long(self, home: Outside, source: MemorySource) -> None:
        def away(reading: Reading, number: int) -> None:
            raise SourceAway("the listener is down")

        source.before_batch = away
        start(home, put_transport(home, "EMP"))
        drain_queue(owner="w1", stopping=threading.Event(), outside=quick(home))
        home.clock.wait(rest_seconds(0, first=LIMITS.retry_backoff) - 2)
        assert home.queue.pull(wait_seconds=0, lease_seconds=10) is None
        home.clock.wait(2)
        assert home.queue.pull(wait_seconds=0, lease_seconds=10) is not None

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
        # Nobody waits until the work might be claimed again, and be found to have had its attempts.
        once = replace(home, limits=replace(LIMITS, attempts=1, idle=0.0))
        job = start(once, put_transport(once, "EMP"))
        drain(once)
        assert home.book.job(job.id).status is JobStatus.FAILED

    def test_says_at_last_what_it_failed_of(self, home: Outside, source: MemorySource) -> None:
        def away(reading: Reading, number: int) -> None:
            raise SourceAway("the listener is down")

        source.before_batch = away
        job = settle(home, start(home, put_transport(home, "EMP")).id)
        assert "the listener is down" in tables(home, job)["EMP"].failure.message


class TestUndoGoneUnderATransactionOfItsOwn:
    def test_advises_to_grant_flashback(self, home: Outside, source: MemorySource) -> None:
        source.flashback = False
        source.rows_undo_reaches = 0
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        assert "FLASHBACK" in tables(home, job)["EMP"].failure.hint


class TestRowsThatOracleCountsOtherwise:
    @pytest.mark.parametrize("more", [1, -1])
    def test_fail_the_table_and_leave_no_object(
        self, home: Outside, source: MemorySource, more: int
    ) -> None:
        source.counts_more = more
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        assert tables(home, job)["EMP"].failure.code == RowsMissing.code
        assert not [each for each in names(home) if each.endswith("EMP.jsonl.gz")]
