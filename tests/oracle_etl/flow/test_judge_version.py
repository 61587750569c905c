"""The verdict over a job whose tables have ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from builders import a_job, a_plan, a_table, a_transport, later
from fakes.memory_source import MemorySource
from flow_home import drain, manifest, put_transport, start
from oracle_etl.flow.judge_version import judge_version
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.transport import OnSchemaChange, Proof
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, Page, PageRequest


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    memory.put("EMP", tuple((number, None) for number in range(20)))
    return memory


class TestTheVersionBefore:
    def test_is_found_behind_any_number_of_test_runs(
        self, home: Outside, source: MemorySource
    ) -> None:
        class OneAPage:
            """A book that gives jobs one by one."""

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
                return getattr(home.book, name)

            def jobs(
                self,
                page: PageRequest,
                *,
                transport_id: str | None = None,
                status: JobStatus | None = None,
            ) -> Page[Job]:
                one = replace(page, size=1)
                return home.book.jobs(one, transport_id=transport_id, status=status)

        narrow = replace(home, book=OneAPage())
        transport = put_transport(narrow, "EMP", proof=Proof(max_row_drop_percent=10))
        start(narrow, transport)
        drain(narrow)
        for _ in range(2):
            start(narrow, home.book.transport(transport.id), limit=1)
            drain(narrow)
        source.put("EMP", ((1, None),))
        job = start(narrow, transport)
        drain(narrow)
        failure = home.book.job(job.id).failure
        assert failure is not None
        assert "fell from 20 to 1 rows" in failure.message


class TestATableThatHasNotEnded:
    def test_keeps_a_version_from_success_whatever_the_counters_say(self, home: Outside) -> None:
        job = a_job()
        home.book.transact(lambda entries: entries.put_job(job))
        for number, status in enumerate((WorkStatus.COMPLETED, WorkStatus.RUNNING)):
            table = a_table(f"t{number}", position=number, status=status, job_id=job.id)
            home.book.transact(lambda entries, table=table: entries.put_table(table))  # type: ignore[misc]
        verdict = judge_version(job, outside=home)
        assert verdict.status is JobStatus.FAILED
        assert verdict.failure is not None
        assert "is running" in verdict.failure.message


class TestAVersionWithManyChanges:
    TABLES = 30
    COLUMNS = 50

    @pytest.fixture
    def job(self, home: Outside) -> Job:
        """Return a job whose tables all have many columns more than those of the job before."""
        transport = a_transport(proof=Proof(on_schema_change=OnSchemaChange.WARN))
        before = a_job("JOB-1", transport=transport, status=JobStatus.COMPLETED)
        after = a_job("JOB-2", transport=transport, version=2)
        columns = [f"C{number}" for number in range(self.COLUMNS)]
        for job, plan in ((before, a_plan("ID")), (after, a_plan("ID", *columns))):
            home.book.transact(lambda entries, job=job: entries.put_job(job))  # type: ignore[misc]
            for number in range(self.TABLES):
                table = a_table(
                    f"t{number}", job_id=job.id, position=number, status=WorkStatus.COMPLETED
                )

                def put(
                    entries: Entries, table: TableTask = table, plan: ColumnPlan = plan
                ) -> None:
                    entries.put_table(table)
                    entries.put_plan(table.job_id, table.table_id, plan)

                home.book.transact(put)
        return after

    def test_names_the_first_tables_and_counts_the_others(self, home: Outside, job: Job) -> None:
        told = [each for each in judge_version(job, outside=home).warnings if "column" in each]
        assert len(told) == 21
        assert told[-1] == "and 10 more tables whose columns changed"

    def test_names_a_tables_first_changes_and_counts_the_others(
        self, home: Outside, job: Job
    ) -> None:
        told = next(each for each in judge_version(job, outside=home).warnings if "C0" in each)
        assert told.count("is new") == 20
        assert told.endswith("; and 30 more")


class TestAVerdict:
    def test_is_dated_by_the_table_that_ended_last_whatever_its_place(self, home: Outside) -> None:
        job = a_job()
        home.book.transact(lambda entries: entries.put_job(job))
        for number, ended in enumerate((later(5), later(60), later(10))):
            table = a_table(
                f"t{number}", position=number, status=WorkStatus.COMPLETED, completed_at=ended
            )
            home.book.transact(lambda entries, table=table: entries.put_table(table))  # type: ignore[misc]
        assert judge_version(job, outside=home).finished_at == later(60)


class TestAVersionReadWithoutFlashback:
    def test_is_mixed_though_the_scn_is_known(self, home: Outside, source: MemorySource) -> None:
        source.flashback = False
        source.put("DEPT", ((1, None),))
        job = start(home, put_transport(home, "EMP", "DEPT"))
        drain(home)
        job = home.book.job(job.id)
        assert job.status is JobStatus.COMPLETED
        assert job.scn is not None
        assert (job.is_mixed, manifest(home, job)["consistency"]) == (True, "mixed")
