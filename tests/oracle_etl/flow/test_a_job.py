"""A job from its start to its manifest, in one thread, with a source in memory."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from emp_and_dept import DEPT, EMP
from fakes.memory_source import MemorySource
from flow_home import (
    SMALL_PARTS,
    content,
    drain,
    manifest,
    names,
    put_transport,
    rows,
    start,
    tables,
)
from oracle_etl.model.errors import (
    InvalidRequest,
)
from oracle_etl.model.job import Dispatch, JobStatus
from oracle_etl.model.progress import StageName
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import (
    Carriage,
    Consistency,
    Format,
    Proof,
    TransportStatus,
)
from oracle_etl.outside import Outside


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

    def test_says_unverified_where_counting_is_switched_off(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = start(home, put_transport(home, "EMP", proof=Proof(count_rows=False)))
        drain(home)
        (table,) = manifest(home, home.book.job(job.id))["tables"]
        assert (table["counted_rows"], table["proof"]) == (None, "unverified")
        assert source.counted == []

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
