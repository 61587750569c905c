"""A version's folder as a whole: what lies there, and what of a job that did not complete it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flow_home import a_home, drain, put_transport, settle, start
from oracle_etl.flow.findings import Depth, Fault
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.verify_job import verify_job
from oracle_etl.model.errors import NoSuchJob, NoSuchObject
from oracle_etl.model.job import JobStatus
from written_versions import (
    DEPT,
    EMP,
    Written,
    faults,
    of_version,
    table_of,
    write_failed_version,
    write_mixed_version,
)


class TestOtherDataInTheFolder:
    def test_is_named(self, written: Written) -> None:
        (written.folder / "EMP").mkdir()
        (written.folder / "EMP" / "part-00001-of-00001.jsonl.gz").write_bytes(b"")
        report = written.verify()
        (stray,) = report.findings
        assert stray.fault is Fault.STRAY_OBJECT
        assert stray.object is not None
        assert stray.object.endswith("v001/EMP/part-00001-of-00001.jsonl.gz")

    def test_is_counted_where_there_is_much(self, written: Written) -> None:
        for number in range(25):
            (written.folder / f"OLD{number:02}.jsonl.gz").write_bytes(b"")
        strays = written.verify().findings
        assert len(strays) == 21
        assert strays[-1].message.startswith("and 5 more objects")

    def test_is_not_looked_for_while_a_retry_writes_there(self, tmp_path: Path) -> None:
        version = write_failed_version(tmp_path)
        retry_job(version.job.id, outside=version.home)
        (version.folder / "DEPT.jsonl.gz").write_bytes(b"of the retry, which has not ended")
        report = version.verify()
        version.home.close()
        assert not report.differs
        assert "writes there now" in report.unchecked[0]


class TestTheMarkOfSuccess:
    def test_that_is_missing_is_named(self, written: Written) -> None:
        (written.folder / "_SUCCESS").unlink()
        assert of_version(written.verify()) == {Fault.SUCCESS_MISSING}

    @pytest.mark.parametrize("asked", [{"limit": 3}, {"tables": ("EMP",)}])
    def test_does_not_belong_to_a_run_that_is_not_full(
        self, written: Written, asked: dict[str, Any]
    ) -> None:
        job = start(written.home, put_transport(written.home, "EMP", "DEPT"), **asked)
        drain(written.home)
        assert not verify_job(job.id, outside=written.home, depth=Depth.OBJECTS).differs
        folder = written.folder.parents[1] / job.folder
        (folder / "_SUCCESS").write_bytes(b"")
        report = verify_job(job.id, outside=written.home, depth=Depth.OBJECTS)
        assert of_version(report) == {Fault.SUCCESS_UNEXPECTED}


class TestAFailedJob:
    def test_is_verified_as_far_as_it_came(self, tmp_path: Path) -> None:
        version = write_failed_version(tmp_path)
        report = version.verify(Depth.VALUES)
        version.home.close()
        assert not report.differs
        assert table_of(report, "EMP").rows_compared == len(EMP)
        assert (table_of(report, "DEPT").status, table_of(report, "DEPT").rows_compared) == (
            "failed",
            None,
        )

    def test_and_the_retry_that_completed_its_version_are_both_as_they_were_written(
        self, tmp_path: Path
    ) -> None:
        version = write_failed_version(tmp_path)
        retried = retry_job(version.job.id, outside=version.home).job
        retried = settle(version.home, retried.id)
        reports = [
            verify_job(each, outside=version.home, depth=Depth.VALUES)
            for each in (version.job.id, retried.id)
        ]
        version.home.close()
        assert retried.status is JobStatus.COMPLETED
        assert [each.findings for each in reports] == [(), ()]
        assert [each.is_whole for each in reports] == [True, True]

    def test_whose_folder_claims_success_is_found(self, tmp_path: Path) -> None:
        version = write_failed_version(tmp_path)
        (version.folder / "_SUCCESS").write_bytes(b"")
        report = version.verify()
        version.home.close()
        assert of_version(report) == {Fault.SUCCESS_UNEXPECTED}


class TestAVersionThatTookTablesOverFromAnOlderOne:
    def test_is_verified_with_what_lies_there(self, tmp_path: Path) -> None:
        version = write_mixed_version(tmp_path)
        before = version.verify(Depth.VALUES)
        (version.folder.with_name("v001") / "EMP.jsonl.gz").unlink()
        after = version.verify()
        version.home.close()
        assert not before.differs
        assert [each.rows_compared for each in before.tables] == [None, len(DEPT)]
        assert "undo no longer reaches" in before.tables[0].unchecked[0]
        assert faults(after, "EMP") == {Fault.OBJECT_MISSING}


class TestAJobThatCannotBeVerified:
    def test_because_it_has_not_ended_is_refused(self, tmp_path: Path) -> None:
        home = a_home(tmp_path)
        job = start(home, put_transport(home, "EMP"))
        with pytest.raises(NoSuchObject, match="has no manifest"):
            verify_job(job.id, outside=home, depth=Depth.OBJECTS)
        home.close()

    def test_because_nobody_knows_it_is_refused(self, written: Written) -> None:
        with pytest.raises(NoSuchJob):
            verify_job("JOB-20260301-120000-ffff", outside=written.home, depth=Depth.OBJECTS)
