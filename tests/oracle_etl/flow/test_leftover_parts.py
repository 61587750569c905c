"""Parts that a planner wrote before it died: no row of theirs is lost or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.memory_source import MemorySource, rowid
from flow_home import (
    LIMITS,
    SMALL_PARTS,
    a_home,
    drain,
    put_transport,
    rows,
    settle,
    start,
    tables,
)
from oracle_etl.flow.claim_work import Claim, Unclaimed, claim_work
from oracle_etl.flow.end_work import fail_work
from oracle_etl.flow.plan_table import plan_table
from oracle_etl.flow.split_table import ranges_between, split_table
from oracle_etl.model.errors import LeaseLost
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.table_task import Failure, PartTask, RowidRange
from oracle_etl.model.work import WorkRef, WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest

EMP = tuple((number, f"name {number}") for number in range(25))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    source = MemorySource()
    source.put("EMP", EMP)
    made = a_home(tmp_path, source=source)
    yield made
    made.close()


def ref_of(home: Outside, job: Job, part: int | None = None) -> WorkRef:
    return WorkRef(job_id=job.id, table_id=tables(home, job)["EMP"].table_id, part=part)


def claimed(home: Outside, job: Job, *, part: int | None = None, owner: str = "w1") -> Claim:
    claim = claim_work(ref_of(home, job, part), owner=owner, outside=home)
    assert isinstance(claim, Claim), claim
    return claim


def half_planned(home: Outside) -> Job:
    """Return a job whose planner has cut its table otherwise than the next one will, and died."""
    job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
    table = claimed(home, job).table
    cuts = (None, rowid(3), rowid(6), None)
    parts = [
        PartTask(
            job_id=job.id,
            table_id=table.table_id,
            number=number,
            rows_of=RowidRange(low=cuts[number - 1], high=cuts[number]),
        )
        for number in range(1, len(cuts))
    ]
    for part in parts:
        home.book.transact(lambda entries, part=part: entries.put_part(part))  # type: ignore[misc]
    return job


def part_status(home: Outside, job: Job, number: int) -> WorkStatus:
    ref = ref_of(home, job)
    part = home.book.transact(lambda entries: entries.part(job.id, ref.table_id, number))
    assert part is not None
    return part.status


class TestPartsOfATableThatWasNotHandedOver:
    def test_are_nobodys_while_its_planner_lives(self, home: Outside) -> None:
        job = half_planned(home)
        found = claim_work(ref_of(home, job, part=1), owner="w2", outside=home)
        assert found is Unclaimed.SETTLED

    def test_lead_to_the_table_once_its_planner_is_dead(self, home: Outside) -> None:
        job = half_planned(home)
        home.clock.wait(LIMITS.lease + 1)
        claim = claimed(home, job, part=1, owner="w2")
        assert claim.part is None
        assert claim.ref == ref_of(home, job)

    def test_are_planned_anew_and_every_row_comes_once(self, home: Outside) -> None:
        job = half_planned(home)
        drain(home, owner="w2")
        ended = settle(home, job.id)
        assert ended.status is JobStatus.COMPLETED, ended.failure
        assert rows(home, f"{ended.folder}/EMP.jsonl.gz") == Counter(EMP)

    def test_wait_for_nobody_once_the_table_has_failed(self, home: Outside) -> None:
        job = half_planned(home)
        home.clock.wait(LIMITS.lease + 1)
        claim = claimed(home, job, owner="w2")
        fail_work(claim, Failure(code="C", message="m"), outside=home)
        assert claim_work(ref_of(home, job, part=1), owner="w3", outside=home) is Unclaimed.SETTLED
        assert part_status(home, job, 1) is WorkStatus.CANCELLED


class TestPartsBeyondThoseThatWereHandedOver:
    def test_are_read_by_nobody_and_counted_by_nobody(self, home: Outside) -> None:
        job = half_planned(home)
        home.clock.wait(LIMITS.lease + 1)
        plan_table(claimed(home, job, owner="w2"), outside=home)
        assert tables(home, job)["EMP"].parts_total == 2
        assert claim_work(ref_of(home, job, part=3), owner="w3", outside=home) is Unclaimed.SETTLED
        assert part_status(home, job, 3) is WorkStatus.CANCELLED
        table = tables(home, job)["EMP"]
        assert (table.parts_completed, table.parts_failed) == (0, 0)


class TestAPlannerThatWakesAfterTheNextHasCutOtherwise:
    def parts(self, home: Outside, job: Job) -> tuple[PartTask, ...]:
        return home.book.parts(job.id, ref_of(home, job).table_id, PageRequest(size=10)).items

    def test_writes_none_of_its_parts(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        asleep = claimed(home, job)
        home.clock.wait(LIMITS.lease + 1)
        plan_table(claimed(home, job, owner="w2"), outside=home)
        cut = self.parts(home, job)
        with pytest.raises(LeaseLost):
            split_table(asleep, ranges_between((rowid(3), rowid(6))), outside=home)
        assert self.parts(home, job) == cut
