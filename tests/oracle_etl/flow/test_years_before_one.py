"""Tables with years before 1, which neither Oracle's driver nor BigQuery holds as moments."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest

from fakes.ancient_source import ANCIENT_ROW, BORN, CAESAR, AncientSource
from flow_home import (
    SMALL_PARTS,
    content,
    manifest,
    put_transport,
    settle,
    start,
    tables,
)
from oracle_etl.flow.claim_work import Claim, claim_work
from oracle_etl.flow.plan_table import plan_moments_as_text, plan_table, reading_of
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.model.columns import WireForm
from oracle_etl.model.errors import AccessDenied, LeaseLost
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage, Format
from oracle_etl.outside import Outside

ROWS = 25


@pytest.fixture
def source() -> AncientSource:
    memory = AncientSource()
    memory.put("EMP", tuple((number, None) for number in range(ROWS)))
    return memory


def born(home: Outside, job: Job) -> list[str]:
    lines = gzip.decompress(content(home, f"{job.folder}/EMP.jsonl.gz")).splitlines()
    return sorted(json.loads(line)["BORN"] for line in lines)


def types_of_born(home: Outside, job: Job) -> tuple[str, ...]:
    """Return what the schema file and the manifest say of the column."""
    in_schema = json.loads(content(home, f"{job.folder}/EMP.schema.json"))[-1]
    [table] = manifest(home, job)["tables"]
    column = table["columns"][-1]
    assert in_schema["name"] == column["name"] == BORN.name
    return in_schema["type"], *(
        column[f"{format_}_type"] for format_ in ("json", "bigquery", "parquet", "duckdb")
    )


AS_TEXT = ("STRING", "string", "STRING", "STRING", "VARCHAR")
AS_MOMENT = ("DATETIME", "string", "DATETIME", "TIMESTAMP(MICROS)", "TIMESTAMP")
ALL_BORN = sorted(
    CAESAR if each == ANCIENT_ROW else f"2024-01-01T00:00:{each:02d}" for each in range(ROWS)
)


@pytest.mark.parametrize("carriage", [Carriage(), SMALL_PARTS], ids=["whole", "in parts"])
class TestATableWithAYearBeforeOne:
    def test_is_text_in_its_schema_and_in_the_manifest(
        self, home: Outside, carriage: Carriage
    ) -> None:
        job = settle(home, start(home, put_transport(home, "EMP", carriage=carriage)).id)
        assert job.status is JobStatus.COMPLETED
        assert born(home, job) == ALL_BORN
        assert types_of_born(home, job) == AS_TEXT

    def test_says_so_once(self, home: Outside, source: AncientSource, carriage: Carriage) -> None:
        job = settle(home, start(home, put_transport(home, "EMP", carriage=carriage)).id)
        [warning] = tables(home, job)["EMP"].warnings
        assert "years before 1" in warning
        assert "STRING" in warning
        [table] = manifest(home, job)["tables"]
        assert table["warnings"] == [warning]
        assert "year before 1" in table["columns"][-1]["note"]

    def test_has_moments_where_no_year_is_before_one(
        self, home: Outside, source: AncientSource, carriage: Carriage
    ) -> None:
        source.ancient_row = None
        job = settle(home, start(home, put_transport(home, "EMP", carriage=carriage)).id)
        assert types_of_born(home, job) == AS_MOMENT
        assert not tables(home, job)["EMP"].warnings


class TestATableInParts:
    def test_reads_the_parts_that_come_after_as_text(
        self, home: Outside, source: AncientSource
    ) -> None:
        source.ancient_row = 0
        job = settle(home, start(home, put_transport(home, "EMP", carriage=SMALL_PARTS)).id)
        assert job.status is JobStatus.COMPLETED
        forms = [each.plan.columns[-1].form for each in source.readings]
        assert forms == [WireForm.MOMENT, WireForm.TEXT, WireForm.TEXT]

    def test_says_so_once_where_several_find_such_years(self, home: Outside) -> None:
        first, second = _claimed_parts(home)
        readings = [reading_of(each, outside=home) for each in (first, second)]
        for claim, reading in zip((first, second), readings, strict=True):
            plan_moments_as_text(claim, reading, outside=home)
        assert len(tables(home, first.job)["EMP"].warnings) == 1

    def test_is_not_planned_anew_by_a_worker_that_lost_its_part(self, home: Outside) -> None:
        late, _ = _claimed_parts(home)
        reading = reading_of(late, outside=home)
        home.clock.wait(home.limits.lease + 1)
        assert isinstance(claim_work(late.ref, owner="w2", outside=home), Claim)
        with pytest.raises(LeaseLost):
            plan_moments_as_text(late, reading, outside=home)
        plan = home.book.plan(late.job.id, late.table.table_id)
        assert plan is not None
        assert plan.columns[-1].form is WireForm.MOMENT


class TestAParquetFile:
    def test_fails_and_names_the_column(self, home: Outside) -> None:
        carriage = Carriage(format=Format.PARQUET)
        job = settle(home, start(home, put_transport(home, "EMP", carriage=carriage)).id)
        failure = tables(home, job)["EMP"].failure
        assert failure.code == "UNREADABLE_VALUE"
        assert "BORN" in failure.message


class TestARetry:
    def test_of_a_table_in_parts_goes_on_as_text(
        self, home: Outside, source: AncientSource
    ) -> None:
        source.ancient_row = 0
        source.before_batch = _failing_after_the_first_part
        failed = settle(home, start(home, put_transport(home, "EMP", carriage=SMALL_PARTS)).id)
        assert failed.status is JobStatus.FAILED
        source.before_batch = None
        source.readings.clear()
        job = settle(home, retry_job(failed.id, outside=home).job.id)
        assert job.status is JobStatus.COMPLETED
        assert [each.plan.columns[-1].form for each in source.readings] == [WireForm.TEXT]
        assert types_of_born(home, job) == AS_TEXT
        assert len(tables(home, job)["EMP"].warnings) == 1


def _failing_after_the_first_part(reading: Reading, number: int) -> None:
    del number
    if reading.rows_of is not None and reading.rows_of.low is not None:
        raise AccessDenied("ORA-01031: insufficient privileges")


def _claimed_parts(home: Outside) -> list[Claim]:
    """Return both parts of a planned table, in the hands of one worker."""
    job = start(home, put_transport(home, "EMP", carriage=SMALL_PARTS))
    table = claim_work(tables(home, job)["EMP"].ref, owner="w1", outside=home)
    assert isinstance(table, Claim)
    plan_table(table, outside=home)
    claims = [
        claim_work(replace(table.ref, part=number), owner="w1", outside=home) for number in (1, 2)
    ]
    return [each for each in claims if isinstance(each, Claim)]
