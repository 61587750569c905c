"""A table that is read in parts, by whoever comes to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from claimed_work import a_lease, claimed, split
from emp_and_dept import EMP
from fakes.memory_source import MemorySource
from flow_home import (
    SMALL_PARTS,
    content,
    drain,
    names,
    put_transport,
    rows,
    settle,
    start,
    tables,
)
from oracle_etl.flow.claim_work import Unclaimed, claim_work
from oracle_etl.flow.divide_work import divide_work
from oracle_etl.flow.end_work import fail_work
from oracle_etl.flow.keep_lease import WorkerStopping
from oracle_etl.flow.work_on import Settled, work_on
from oracle_etl.model.errors import SourceAway, UndoGone
from oracle_etl.model.job import JobStatus
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import Failure
from oracle_etl.model.transport import (
    Format,
)
from oracle_etl.model.work import WorkRef
from oracle_etl.outside import Outside


def messages(home: Outside) -> set[WorkRef]:
    """Take all messages that are there, and return the work they hint at."""
    found = set()
    while (delivery := home.queue.pull(wait_seconds=0, lease_seconds=10)) is not None:
        found.add(delivery.ref)
        delivery.done()
    return found


class TestATableReadInParts:
    def test_becomes_one_object_of_one_member_with_every_row_once(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        drain(home)
        table = tables(home, job)["EMP"]
        assert table.parts_total > 1
        assert rows(home, f"{job.folder}/EMP.jsonl.gz") == Counter(EMP)
        (final,) = table.objects
        data = content(home, f"{job.folder}/EMP.jsonl.gz")
        ends = [each.first_byte + each.bytes for each in final.pieces]
        assert [each.first_byte for each in final.pieces[1:]] == ends[:-1]
        assert sum(each.rows for each in final.pieces) == len(EMP)
        assert len(data) == final.object.size

    def test_stays_in_parts_where_the_transport_asks_for_it(self, home: Outside) -> None:
        carriage = replace(SMALL_PARTS, leave_parts=True)
        job = start(home, put_transport(home, "EMP", carriage=carriage))
        drain(home)
        parts = names(home, f"{job.folder}/EMP/")
        assert [each.rsplit("/", 1)[1] for each in parts] == [
            "part-00001-of-00002.jsonl.gz",
            "part-00002-of-00002.jsonl.gz",
        ]
        assert sum((rows(home, each) for each in parts), Counter()) == Counter(EMP)

    @pytest.mark.parametrize("format_", [Format.PARQUET, Format.JSONL_ZST])
    def test_is_never_joined_in_formats_that_readers_stop_in(
        self, home: Outside, format_: Format
    ) -> None:
        carriage = replace(SMALL_PARTS, format=format_)
        job = start(home, put_transport(home, "EMP", carriage=carriage))
        drain(home)
        assert len(names(home, f"{job.folder}/EMP/part-")) == 2
        assert home.book.job(job.id).counts.rows == len(EMP)

    def test_redoes_a_failed_part_alone(self, home: Outside, source: MemorySource) -> None:
        failed: list[Reading] = []

        def fail_once(reading: Reading, number: int) -> None:
            del number
            if reading.rows_of and reading.rows_of.low and not failed:
                failed.append(reading)
                raise SourceAway("the connection was dropped")

        source.before_batch = fail_once
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        assert settle(home, job.id).status is JobStatus.COMPLETED
        assert rows(home, f"{job.folder}/EMP.jsonl.gz") == Counter(EMP)
        assert len([each for each in source.readings if each.rows_of == failed[0].rows_of]) == 2

    def test_is_split_further_when_undo_does_not_reach(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.rows_undo_reaches = 10
        job = start(home, put_transport(home, "EMP"))
        assert settle(home, job.id).status is JobStatus.COMPLETED
        assert rows(home, f"{job.folder}/EMP.jsonl.gz") == Counter(EMP)
        assert tables(home, job)["EMP"].parts_total == 4

    def test_fails_with_advice_when_undo_is_gone_for_the_smallest_part(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.rows_undo_reaches = 0
        job = start(home, put_transport(home, "EMP", "DEPT"))
        job = settle(home, job.id)
        assert job.status is JobStatus.FAILED
        failure = tables(home, job)["EMP"].failure
        assert failure.code == "SNAPSHOT_GONE"
        assert "UNDO_RETENTION" in failure.hint


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

    def test_that_is_halved_is_told_of_as_two(self, home: Outside) -> None:
        job = split(home)
        claim = claimed(home, job, part=1)
        messages(home)
        divide_work(claim, UndoGone("ORA-01555"), outside=home)
        assert messages(home) == {replace(claim.ref, part=1), replace(claim.ref, part=3)}

    def test_that_undo_left_is_read_in_halves(self, home: Outside, source: MemorySource) -> None:
        source.rows_undo_reaches = 10
        source.put("EMP", tuple((number, None) for number in range(60)))
        job = split(home)
        assert settle(home, job.id, rounds=30).status is JobStatus.COMPLETED
        assert rows(home, f"{job.folder}/EMP.jsonl.gz").total() == 60
        assert tables(home, job)["EMP"].parts_total > 2
