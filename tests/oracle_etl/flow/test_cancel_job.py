"""A job that is cancelled while it waits, while it is worked on, and between two looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from claimed_work import a_lease, claimed, split
from fakes.late_book import LateBook
from fakes.memory_source import MemorySource
from flow_home import (
    SMALL_PARTS,
    drain,
    names,
    put_transport,
    settle,
    start,
    tables,
)
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.claim_work import Claim, Unclaimed, claim_work
from oracle_etl.flow.finish_job import finish_job
from oracle_etl.flow.keep_lease import JobCancelled
from oracle_etl.flow.work_on import DONE, work_on
from oracle_etl.model.errors import (
    JobHasEnded,
    NoSuchJob,
)
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import (
    TransportStatus,
)
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside


class TestACancelledJob:
    def test_that_nobody_works_on_ends_at_once(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP", "DEPT"))
        job = cancel_job(job.id, outside=home)
        assert (job.status, job.counts.tables_cancelled) == (JobStatus.CANCELLED, 2)
        assert home.book.transport(job.transport_id).status is TransportStatus.IDLE

    def test_keeps_what_was_complete_and_starts_nothing_more(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = start(home, put_transport(home, "EMP", "DEPT", parallel_tables=1))

        def cancel(reading: Reading, number: int) -> None:
            del number
            if reading.table.name == "EMP":
                cancel_job(job.id, outside=home)

        source.before_batch = cancel
        drain(home)
        drain(home)
        ended = tables(home, job)
        assert ended["EMP"].status is WorkStatus.COMPLETED
        assert ended["DEPT"].status is WorkStatus.CANCELLED
        assert home.book.job(job.id).status is JobStatus.CANCELLED

    def test_with_a_split_table_ends_too(self, home: Outside, source: MemorySource) -> None:
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))

        def cancel(reading: Reading, number: int) -> None:
            cancel_job(job.id, outside=home)

        source.before_batch = cancel
        assert settle(home, job.id).status is JobStatus.CANCELLED

    def test_cannot_be_cancelled_again_and_an_unknown_one_not_at_all(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        cancel_job(job.id, outside=home)
        with pytest.raises(JobHasEnded):
            cancel_job(job.id, outside=home)
        with pytest.raises(NoSuchJob):
            cancel_job("JOB-20260101-000000-0000", outside=home)

    def test_that_waits_in_line_is_cancelled_too(self, home: Outside) -> None:
        start(home, put_transport(home, "EMP"))
        waiting = start(home, put_transport(home, "DEPT", id="TRPID-00000002"))
        assert cancel_job(waiting.id, outside=home).status is JobStatus.CANCELLED


class TestACancelDuringWork:
    def test_ends_the_table_that_is_being_read(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        claim, lease = claimed(home, job), a_lease()
        lease.end(JobCancelled("cancelled"))
        assert work_on(claim, lease=lease, outside=home) == DONE
        assert tables(home, job)["EMP"].status is WorkStatus.CANCELLED
        assert not [each for each in names(home) if "EMP" in each]

    def test_ends_the_table_that_is_being_planned_before_it_is_sampled(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        claim, lease = claimed(home, job), a_lease()
        sampled: list[Reading] = []

        class Slow(MemorySource):
            def current_scn(self) -> int | None:
                lease.end(JobCancelled("cancelled"))
                return super().current_scn()

            def boundaries(self, reading: Reading, *, parts: int) -> Sequence[str]:
                sampled.append(reading)
                return super().boundaries(reading, parts=parts)

        slow = Slow(states=source.states)
        work_on(claim, lease=lease, outside=replace(home, source=lambda _: slow))
        assert tables(home, job)["EMP"].status is WorkStatus.CANCELLED
        assert sampled == []

    def test_ends_the_part_that_is_being_read(self, home: Outside) -> None:
        job = split(home)
        claim, lease = claimed(home, job, part=1), a_lease()
        lease.end(JobCancelled("cancelled"))
        work_on(claim, lease=lease, outside=home)
        assert tables(home, job)["EMP"].parts_failed == 1


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
