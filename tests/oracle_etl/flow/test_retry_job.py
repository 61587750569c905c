"""A job that is retried: the same version where that can be, else a new one."""

from __future__ import annotations

from collections import Counter

import pytest

from emp_and_dept import DEPT, EMP
from fakes.memory_source import MemorySource
from flow_home import (
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
from oracle_etl.flow.edit_transports import change_transport
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.model.errors import (
    JobNotRetryable,
)
from oracle_etl.model.job import JobStatus
from oracle_etl.model.transport import (
    Proof,
)
from oracle_etl.outside import Outside


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

    def test_of_a_mixed_version_completes_it_once_the_transport_allows_it(
        self, home: Outside, source: MemorySource
    ) -> None:
        failed = start(home, put_transport(home, "EMP", "LATE"))
        drain(home)
        source.put("LATE", DEPT)
        source.forget_before(source.scn)
        mixed = settle(home, retry_job(failed.id, outside=home).job.id)
        assert mixed.failure is not None
        assert "`mixed_success`" in mixed.failure.hint
        change_transport(mixed.transport_id, {"mixed_success": True}, outside=home)
        source.readings.clear()
        last = settle(home, retry_job(mixed.id, outside=home).job.id)
        assert (last.status, last.version, source.readings) == (JobStatus.COMPLETED, 2, [])
        assert f"{last.folder}/_SUCCESS" in names(home)

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


class TestARetryOfARetry:
    def test_names_the_job_that_wrote_each_table(self, home: Outside, source: MemorySource) -> None:
        first = settle(home, start(home, put_transport(home, "EMP", "LATE", "LATER")).id)
        source.states["LATE"] = [(0, DEPT)]
        second = settle(home, retry_job(first.id, outside=home).job.id)
        source.states["LATER"] = [(0, DEPT)]
        third = settle(home, retry_job(second.id, outside=home).job.id)
        assert third.status is JobStatus.COMPLETED
        written_by = {name: each.carried_from for name, each in tables(home, third).items()}
        assert written_by == {"EMP": first.id, "LATE": second.id, "LATER": None}
