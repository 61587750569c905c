"""A job from its start to its manifest, in one thread, with a source in memory."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.memory_source import MemorySource
from flow_home import (
    LIMITS,
    SMALL_PARTS,
    CountingLauncher,
    a_home,
    content,
    drain,
    manifest,
    names,
    put_transport,
    rows,
    settle,
    start,
    tables,
)
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.claim_work import Claim, claim_work
from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.flow.end_work import give_back
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.start_job import start_job
from oracle_etl.flow.tick import tick
from oracle_etl.model.errors import (
    InvalidRequest,
    JobHasEnded,
    JobNotRetryable,
    KeyReused,
    NoSuchJob,
    NoSuchTransport,
    SourceAway,
    TransportIsDisabled,
    TransportIsRunning,
    UnreadableMoment,
    UnsupportedColumn,
)
from oracle_etl.model.job import Dispatch, JobRequest, JobStatus
from oracle_etl.model.progress import StageName
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import (
    Carriage,
    Consistency,
    Format,
    OnSchemaChange,
    Proof,
    TableChoice,
    TransportStatus,
)
from oracle_etl.model.work import Hold, WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest

EMP = tuple((number, f"name {number}") for number in range(25))
DEPT = ((1, None), (2, "sales"))


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    memory.put("EMP", EMP)
    memory.put("DEPT", DEPT)
    return memory


class TestAFullRun:
    def test_writes_each_table_whole_with_its_schema_a_manifest_and_success(
        self, home: Outside
    ) -> None:
        transport = put_transport(home, "EMP", "DEPT")
        job = start(home, transport)
        drain(home)
        assert names(home) == [
            f"{transport.id}/v001/DEPT.jsonl.gz",
            f"{transport.id}/v001/DEPT.schema.json",
            f"{transport.id}/v001/EMP.jsonl.gz",
            f"{transport.id}/v001/EMP.schema.json",
            f"{transport.id}/v001/_SUCCESS",
            f"{transport.id}/v001/manifest.json",
        ]
        assert rows(home, f"{job.folder}/EMP.jsonl.gz") == Counter(EMP)
        assert rows(home, f"{job.folder}/DEPT.jsonl.gz") == Counter(DEPT)

    def test_ends_completed_and_leaves_the_transport_idle(self, home: Outside) -> None:
        transport = put_transport(home, "EMP", "DEPT")
        job = home.book.job(start(home, transport).id)
        assert (job.status, job.dispatch) == (JobStatus.RUNNING, Dispatch.LAUNCHED)
        drain(home)
        job = home.book.job(job.id)
        assert (job.status, job.counts.rows) == (JobStatus.COMPLETED, len(EMP) + len(DEPT))
        rested = home.book.transport(transport.id)
        assert (rested.status, rested.running_job, rested.last_version) == (
            TransportStatus.IDLE,
            None,
            1,
        )

    def test_goes_through_every_stage_of_each_table(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        assert [each.name for each in tables(home, job)["EMP"].stages] == [
            StageName.PENDING,
            StageName.PLANNING,
            StageName.EXTRACTING,
            StageName.CLOSING,
            StageName.COMPLETED,
        ]

    def test_reads_every_table_at_one_scn_whatever_is_written_meanwhile(
        self, home: Outside, source: MemorySource
    ) -> None:
        def write(reading: Reading, number: int) -> None:
            del reading
            source.put("DEPT", (*DEPT, (number + 10, "late")))

        source.before_batch = write
        job = start(home, put_transport(home, "EMP", "DEPT"))
        drain(home)
        job = home.book.job(job.id)
        assert rows(home, f"{job.folder}/DEPT.jsonl.gz") == Counter(DEPT)
        assert {each.scn for each in tables(home, job).values()} == {job.scn}

    def test_is_counted_by_oracle_at_the_same_scn(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        (table,) = manifest(home, home.book.job(job.id))["tables"]
        assert (table["rows"], table["counted_rows"]) == (25, 25)
        assert table["proof"] == "counted at the same SCN"

    def test_says_unverified_where_counting_is_switched_off(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP", proof=Proof(count_rows=False)))
        drain(home)
        (table,) = manifest(home, home.book.job(job.id))["tables"]
        assert (table["counted_rows"], table["proof"]) == (None, "unverified")

    def test_takes_the_next_version_each_time(self, home: Outside) -> None:
        transport = put_transport(home, "DEPT")
        for _ in range(2):
            start(home, transport)
            drain(home)
        assert f"{transport.id}/v002/_SUCCESS" in names(home)

    def test_of_an_empty_table_writes_a_valid_empty_object(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.put("NONE", ())
        job = start(home, put_transport(home, "NONE"))
        drain(home)
        assert rows(home, f"{job.folder}/NONE.jsonl.gz") == Counter()
        assert home.book.job(job.id).status is JobStatus.COMPLETED


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


class TestAConsistencyThatTheAccountCannotHold:
    def test_falls_back_to_a_transaction_per_table_and_says_so(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.knows_scn = False
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        written = manifest(home, home.book.job(job.id))
        assert (written["scn"], written["consistency"]) == (
            None,
            "read-only transaction per table",
        )
        assert "transaction of its own" in written["tables"][0]["warnings"][0]
        assert written["tables"][0]["proof"] == "counted in the same transaction"
        assert home.book.job(job.id).warnings == (
            "read in a transaction of their own, not at the job's SCN: EMP",
        )

    def test_names_twenty_such_tables_and_counts_the_rest(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.knows_scn = False
        listed = [f"T{number:02d}" for number in range(22)]
        for name in listed:
            source.put(name, DEPT)
        job = start(home, put_transport(home, *listed))
        drain(home)
        (warning,) = home.book.job(job.id).warnings
        assert warning.endswith("T19 and 2 more")

    def test_fails_the_table_where_the_transport_demands_one_scn(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.flashback = False
        transport = put_transport(home, "EMP", proof=Proof(consistency=Consistency.JOB))
        job = start(home, transport)
        drain(home)
        failure = tables(home, job)["EMP"].failure
        assert failure.code == "ACCESS_DENIED"
        assert "GRANT FLASHBACK" in failure.hint

    def test_is_never_split(self, home: Outside, source: MemorySource) -> None:
        source.flashback = False
        job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
        drain(home)
        assert tables(home, job)["EMP"].parts_total == 0


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


class TestATestRun:
    def test_takes_few_rows_no_version_and_no_success(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        job = start(home, transport, limit=7)
        drain(home)
        job = home.book.job(job.id)
        assert job.folder == f"{transport.id}/_test/{job.id}"
        assert sum(rows(home, f"{job.folder}/EMP.jsonl.gz").values()) == 7
        assert f"{job.folder}/_SUCCESS" not in names(home)
        assert home.book.transport(transport.id).last_version == 0


class TestASubsetRun:
    def test_carries_the_named_tables_apart(self, home: Outside) -> None:
        transport = put_transport(home, "EMP", "DEPT")
        job = start(home, transport, tables=("dept",))
        drain(home)
        assert list(tables(home, job)) == ["DEPT"]
        assert f"{transport.id}/_partial/{job.id}/DEPT.jsonl.gz" in names(home)

    def test_of_a_table_that_is_not_listed_is_refused(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        with pytest.raises(InvalidRequest, match="DEPT"):
            start(home, transport, tables=("DEPT",))


class TestASecondStart:
    def test_of_a_running_transport_is_refused_with_the_jobs_id(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        job = start(home, transport)
        with pytest.raises(TransportIsRunning) as refused:
            start(home, transport)
        assert refused.value.details == {"job_id": job.id}

    def test_with_the_same_key_is_the_same_job(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        first = start(home, transport, idempotency_key="k")
        drain(home)
        again = start_job(transport.id, JobRequest(idempotency_key="k"), outside=home)
        assert (again.job.id, again.repeated) == (first.id, True)

    def test_with_the_same_key_for_something_else_is_refused(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        start(home, transport, idempotency_key="k")
        with pytest.raises(KeyReused):
            start(home, transport, idempotency_key="k", limit=1)

    def test_of_a_disabled_or_unknown_transport_is_refused(self, home: Outside) -> None:
        with pytest.raises(TransportIsDisabled):
            start(home, put_transport(home, "EMP", enabled=False))
        with pytest.raises(NoSuchTransport):
            start_job("TRPID-99999999", JobRequest(), outside=home)

    def test_above_the_cap_waits_its_turn(self, home: Outside) -> None:
        first = start(home, put_transport(home, "EMP"))
        other = put_transport(home, "DEPT", id="TRPID-00000002")
        second = start(home, other)
        assert home.book.job(second.id).status is JobStatus.PENDING
        drain(home)
        drain(home)
        assert home.book.job(first.id).status is JobStatus.COMPLETED
        assert home.book.job(second.id).status is JobStatus.COMPLETED

    def test_by_two_hundred_callers_at_once_starts_exactly_one_job(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        outcomes: list[str] = []

        def call() -> None:
            try:
                outcomes.append(start(home, transport).id)
            except TransportIsRunning:
                outcomes.append("refused")

        threads = [threading.Thread(target=call) for _ in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count("refused") == 199
        assert len(home.book.jobs(PageRequest(size=10)).items) == 1


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


class TestARetry:
    def test_completes_the_same_version_at_its_scn(
        self, home: Outside, source: MemorySource
    ) -> None:
        failed = start(home, put_transport(home, "EMP", "LATE"))
        drain(home)
        failed = home.book.job(failed.id)
        source.states["LATE"] = [(0, DEPT)]
        source.put("EMP", ())
        retried = retry_job(failed.id, outside=home).job
        drain(home)
        retried = home.book.job(retried.id)
        assert retried.status is JobStatus.COMPLETED
        assert (retried.folder, retried.scn) == (failed.folder, failed.scn)
        assert tables(home, retried)["EMP"].carried_from == failed.id
        assert rows(home, f"{retried.folder}/EMP.jsonl.gz") == Counter(EMP)
        assert f"{retried.folder}/_SUCCESS" in names(home)
        assert retried.counts.rows == len(EMP) + len(DEPT)

    def test_makes_a_mixed_version_where_undo_is_gone(
        self, home: Outside, source: MemorySource
    ) -> None:
        failed = start(home, put_transport(home, "EMP", "LATE", proof=Proof(mixed_success=True)))
        drain(home)
        source.put("LATE", DEPT)
        source.forget_before(source.scn)
        retried = retry_job(failed.id, outside=home).job
        drain(home)
        retried = home.book.job(retried.id)
        assert (retried.version, retried.status) == (2, JobStatus.COMPLETED)
        written = manifest(home, retried)
        assert written["consistency"] == "mixed"
        (emp,) = (each for each in written["tables"] if each["table"] == "EMP")
        assert emp["objects"][0]["name"] == f"{retried.transport_id}/v001/EMP.jsonl.gz"

    def test_of_a_mixed_version_fails_where_the_transport_forbids_it(
        self, home: Outside, source: MemorySource
    ) -> None:
        failed = start(home, put_transport(home, "EMP", "LATE"))
        drain(home)
        source.put("LATE", DEPT)
        source.forget_before(source.scn)
        retried = retry_job(failed.id, outside=home).job
        drain(home)
        retried = home.book.job(retried.id)
        assert retried.status is JobStatus.FAILED
        assert f"{retried.folder}/_SUCCESS" not in names(home)

    def test_of_a_test_run_is_a_new_test_run(self, home: Outside) -> None:
        failed = start(home, put_transport(home, "GHOST"), limit=3)
        drain(home)
        retried = retry_job(failed.id, outside=home).job
        assert retried.request.limit == 3
        assert retried.request.trigger == f"retry:{failed.id}"

    def test_of_a_completed_job_is_refused(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        with pytest.raises(JobNotRetryable):
            retry_job(job.id, outside=home)

    def test_of_a_cancelled_job_does_all_that_was_left(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        cancel_job(job.id, outside=home)
        retried = retry_job(job.id, outside=home).job
        drain(home)
        assert home.book.job(retried.id).status is JobStatus.COMPLETED


class TestAgainstTheLastVersion:
    def test_a_large_drop_in_rows_refuses_success(
        self, home: Outside, source: MemorySource
    ) -> None:
        transport = put_transport(home, "EMP", proof=Proof(max_row_drop_percent=50))
        start(home, transport)
        drain(home)
        source.put("EMP", EMP[:5])
        job = start(home, transport)
        drain(home)
        job = home.book.job(job.id)
        assert job.status is JobStatus.FAILED
        assert job.failure is not None
        assert "from 25 to 5 rows" in job.failure.message

    def test_a_small_drop_does_not(self, home: Outside, source: MemorySource) -> None:
        transport = put_transport(home, "EMP", proof=Proof(max_row_drop_percent=50))
        start(home, transport)
        drain(home)
        source.put("EMP", EMP[:20])
        job = start(home, transport)
        drain(home)
        assert home.book.job(job.id).status is JobStatus.COMPLETED

    @pytest.mark.parametrize(
        ("policy", "status", "warned"),
        [
            (OnSchemaChange.ALLOW, JobStatus.COMPLETED, False),
            (OnSchemaChange.WARN, JobStatus.COMPLETED, True),
            (OnSchemaChange.FAIL, JobStatus.FAILED, False),
        ],
    )
    def test_changed_columns_are_told_as_the_transport_chose(
        self,
        home: Outside,
        policy: OnSchemaChange,
        status: JobStatus,
        warned: bool,  # noqa: FBT001
    ) -> None:
        transport = put_transport(home, "EMP", proof=Proof(on_schema_change=policy))
        start(home, transport)
        drain(home)
        narrowed = replace(
            home.book.transport(transport.id),
            tables=(TableChoice(table="EMP", exclude=("NAME",)),),
        )
        home.book.transact(lambda entries: entries.put_transport(narrowed))
        job = start(home, transport)
        drain(home)
        job = home.book.job(job.id)
        assert job.status is status
        assert bool(job.warnings) is warned


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

    def test_notes_a_problem_and_goes_on_with_the_rest(self, home: Outside) -> None:
        start(home, put_transport(home, "EMP"))
        home.clock.wait(home.limits.dispatch_grace)

        class Broken(CountingLauncher):
            def launch(self, count: int) -> None:
                raise SourceAway("no workers to be had")

        report = tick(outside=replace(home, launcher=Broken()))
        assert report.problems == ("no workers to be had",)


class TestTheManifest:
    def test_names_columns_as_they_were_carried(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        (table,) = manifest(home, home.book.job(job.id))["tables"]
        assert [each["name"] for each in table["columns"]] == ["ID", "NAME"]
        assert table["columns"][0]["oracle_type"] == "NUMBER(9)"

    def test_is_valid_json_for_any_number_of_tables(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP", "DEPT", "GHOST"))
        drain(home)
        job = home.book.job(job.id)
        assert job.manifest is not None
        read = json.loads(content(home, job.manifest))
        assert [each["status"] for each in read["tables"]] == ["completed", "completed", "failed"]


def test_zstandard_and_parquet_run_whole(home: Outside) -> None:
    for number, format_ in enumerate((Format.JSONL_ZST, Format.PARQUET), start=10):
        transport = put_transport(
            home, "EMP", id=f"TRPID-000000{number}", carriage=Carriage(format=format_)
        )
        job = start(home, transport)
        drain(home)
        assert home.book.job(job.id).counts.rows == len(EMP)
        assert f"{transport.id}/v001/EMP.{format_}" in names(home)
