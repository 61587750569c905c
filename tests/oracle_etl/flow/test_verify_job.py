"""Every kind of damage to a version is found, and named by table."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import google_crc32c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.memory_source import ROWS_OF_A_BATCH, MemorySource
from flow_home import BUCKET, a_home, drain, put_transport, settle, start
from oracle_etl.flow.findings import Basis, Depth, Fault, Report, TableReport
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.tables_of import tables_of
from oracle_etl.flow.verify_job import verification_of_manifest, verify_job
from oracle_etl.model.columns import ObjectKind, TableShape
from oracle_etl.model.errors import (
    AccessDenied,
    InvalidRequest,
    NoSuchJob,
    NoSuchObject,
    SourceAway,
    StoreAway,
    StoreRefused,
    UndoGone,
    UnreadableMoment,
)
from oracle_etl.model.job import JobStatus
from oracle_etl.model.names import TableName
from oracle_etl.model.objects import StoredObject
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import RowidRange
from oracle_etl.model.transport import Mask, MaskKind, TableChoice
from oracle_etl.outside import Outside
from oracle_etl.ports import ObjectStore
from written_versions import (
    DEPT,
    EMP,
    KINDS,
    Written,
    byte_changed,
    changed,
    rewritten,
    write_mixed_version,
    write_version,
)

FEW = settings(max_examples=15, deadline=None)


@pytest.fixture(scope="module", params=KINDS)
def any_kind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Written]:
    """A version of each kind, which tests leave as they found it."""
    written = write_version(tmp_path_factory.mktemp("version"), KINDS[request.param])
    yield written
    written.home.close()


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    version = write_version(tmp_path)
    yield version
    version.home.close()


@pytest.fixture
def parquet(tmp_path: Path) -> Iterator[Written]:
    version = write_version(tmp_path, KINDS["parquet"])
    yield version
    version.home.close()


def table(report: Report, name: str) -> TableReport:
    return next(each for each in report.tables if each.table.endswith(name))


def faults(report: Report, name: str) -> set[Fault]:
    return {each.fault for each in table(report, name).findings}


def of_version(report: Report) -> set[Fault]:
    return {each.fault for each in report.findings}


def manifest_of(written: Written) -> Path:
    return written.folder / "manifest.json"


def change_manifest(written: Written, change: Callable[[dict[str, Any]], object]) -> None:
    file = manifest_of(written)
    file.write_bytes(rewritten(change)(file.read_bytes()))


class TestAVersionAsItWasWritten:
    @pytest.mark.parametrize("depth", Depth)
    def test_has_no_findings_and_everything_was_checked(
        self, any_kind: Written, depth: Depth
    ) -> None:
        report = any_kind.verify(depth)
        assert not report.differs
        assert report.is_whole
        assert [each.table for each in report.tables] == ["EMP", "DEPT"]
        assert [each.rows for each in report.tables] == [len(EMP), len(DEPT)]
        assert report.basis is Basis.BOTH

    def test_is_compared_row_by_row_only_when_that_is_asked(self, any_kind: Written) -> None:
        rows = {each: [t.rows_compared for t in any_kind.verify(each).tables] for each in Depth}
        assert rows == {
            Depth.OBJECTS: [None, None],
            Depth.LINES: [None, None],
            Depth.VALUES: [len(EMP), len(DEPT)],
        }

    def test_says_where_its_manifest_lies(self, written: Written) -> None:
        assert written.verify().manifest == str(manifest_of(written))


class TestOneChangedByte:
    @FEW
    @given(at=st.integers(0), by=st.integers(1, 255))
    def test_anywhere_is_found_and_the_table_named(
        self, any_kind: Written, at: int, by: int
    ) -> None:
        with changed(any_kind.of("EMP"), lambda whole: byte_changed(whole, at=at, by=by)):
            report = any_kind.verify()
        assert faults(report, "EMP") >= {Fault.GENERATION_CHANGED, Fault.CRC32C_DIFFERS}
        assert not faults(report, "DEPT")

    @FEW
    @given(at=st.integers(0), by=st.integers(1, 255))
    def test_that_the_store_has_not_noticed_is_found_too(
        self, any_kind: Written, at: int, by: int
    ) -> None:
        change = lambda whole: byte_changed(whole, at=at, by=by)  # noqa: E731 - named for its length
        with changed(any_kind.of("EMP"), change, unseen=True):
            report = any_kind.verify()
        assert Fault.CRC32C_DIFFERS in faults(report, "EMP")
        assert Fault.GENERATION_CHANGED not in faults(report, "EMP")


class TestAnObjectThatIsCutOff:
    @FEW
    @given(share=st.floats(0, 1, exclude_max=True))
    def test_anywhere_is_found(self, any_kind: Written, share: float) -> None:
        with changed(any_kind.of("EMP"), lambda whole: whole[: int(len(whole) * share)]):
            report = any_kind.verify()
        assert {Fault.SIZE_DIFFERS, Fault.CRC32C_DIFFERS} <= faults(report, "EMP")
        assert not faults(report, "DEPT")

    def test_is_said_to_end_before_its_compression_does(self, written: Written) -> None:
        with changed(written.of("EMP"), lambda whole: whole[:-1]):
            found = table(written.verify(), "EMP").findings
        assert "it ends before its gzip member does" in [each.message for each in found]


class TestBytesBehindAnObject:
    @FEW
    @given(more=st.binary(min_size=1, max_size=60))
    def test_are_found(self, any_kind: Written, more: bytes) -> None:
        with changed(any_kind.of("EMP"), lambda whole: whole + more):
            report = any_kind.verify()
        assert {Fault.SIZE_DIFFERS, Fault.CRC32C_DIFFERS} <= faults(report, "EMP")

    def test_that_are_a_second_member_are_told_apart_from_broken_compression(
        self, written: Written
    ) -> None:
        second = gzip.compress(b'{"ID":99,"NAME":"smuggled"}\n')
        with changed(written.of("EMP"), lambda whole: whole + second):
            found = table(written.verify(), "EMP").findings
        (damage,) = (each for each in found if each.fault is Fault.OBJECT_DAMAGED)
        assert "bytes follow the end of its gzip member" in damage.message


class TestAnObjectWhoseCompressionHoldsAnotherContent:
    """Size, checksums and manifest agree, as somebody would make them who knows the manifest."""

    def replaced(self, written: Written, content: bytes) -> Written:
        written.of("EMP").write_bytes(content)

        def forge(document: dict[str, Any]) -> None:
            (told,) = document["tables"][0]["objects"]
            crc32c = google_crc32c.value(content).to_bytes(4, "big")
            document["bytes"] += len(content) - told["bytes"]
            document["tables"][0]["bytes"] = told["bytes"] = len(content)
            told |= {"crc32c": b64encode(crc32c).decode(), "parts": []}
            told["sha256"] = hashlib.sha256(content).hexdigest()

        change_manifest(written, forge)
        return written

    def lines(self, *rows: dict[str, Any]) -> bytes:
        return b"".join(json.dumps(each).encode() + b"\n" for each in rows)

    def test_of_fewer_rows_is_found(self, written: Written) -> None:
        content = gzip.compress(self.lines({"ID": 1, "NAME": "a"}))
        found = table(self.replaced(written, content).verify(), "EMP").findings
        assert "it holds 1 rows, and the manifest says 25" in [each.message for each in found]

    def test_whose_last_line_has_no_end_is_found(self, written: Written) -> None:
        content = gzip.compress(self.lines(*({"ID": n} for n in range(25)))[:-1])
        assert Fault.OBJECT_DAMAGED in faults(self.replaced(written, content).verify(), "EMP")

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            (b'{"ID":1,', "line 25 is no JSON"),
            (b"[]", "line 25 holds no JSON object"),
            (b'{"ID":1,"SALARY":5}', "line 25 has columns that the manifest has not: SALARY"),
        ],
    )
    def test_of_a_line_that_is_no_row_is_found_when_lines_are_read(
        self, written: Written, line: bytes, said: str
    ) -> None:
        content = gzip.compress(self.lines(*({"ID": n} for n in range(24))) + line + b"\n")
        version = self.replaced(written, content)
        assert Fault.OBJECT_DAMAGED not in faults(version.verify(), "EMP")
        found = table(version.verify(Depth.LINES), "EMP").findings
        (damage,) = (each for each in found if each.fault is Fault.OBJECT_DAMAGED)
        assert damage.message.startswith(said)


class TestAnObjectThatIsMissing:
    def test_is_named(self, any_kind: Written) -> None:
        file = any_kind.of("EMP")
        aside = file.with_name("aside")
        file.rename(aside)
        try:
            report = any_kind.verify()
        finally:
            aside.rename(file)
        (finding,) = (
            each for each in table(report, "EMP").findings if each.fault is Fault.OBJECT_MISSING
        )
        assert finding.object == file.relative_to(any_kind.folder.parents[1]).as_posix()
        assert not faults(report, "DEPT")

    def test_is_the_schema_of_a_table(self, written: Written) -> None:
        (written.folder / "EMP.schema.json").unlink()
        assert faults(written.verify(), "EMP") == {Fault.SCHEMA_MISSING}


class TestASchemaOfOtherColumns:
    @pytest.mark.parametrize("content", [b"[]", b"{}", b"", b"[1]", b'[{"name":"ID"}]'])
    def test_is_found(self, written: Written, content: bytes) -> None:
        (written.folder / "EMP.schema.json").write_bytes(content)
        assert faults(written.verify(), "EMP") == {Fault.SCHEMA_DIFFERS}


class TestObjectsThatChangedPlaces:
    def test_are_both_found(self, any_kind: Written) -> None:
        emp, dept = any_kind.of("EMP"), any_kind.of("DEPT")
        aside = emp.with_name("aside")
        moves = [(emp, aside), (dept, emp), (aside, dept)]
        for source, target in moves:
            source.rename(target)
        try:
            report = any_kind.verify()
        finally:
            for source, target in reversed(moves):
                target.rename(source)
        for name in ("EMP", "DEPT"):
            assert {Fault.GENERATION_CHANGED, Fault.CRC32C_DIFFERS} <= faults(report, name)


class TestAnObjectThatWasCopiedOrRestored:
    @pytest.mark.parametrize("depth", Depth)
    def test_is_a_warning_since_its_content_is_the_same(
        self, written: Written, depth: Depth
    ) -> None:
        restore(written.of("EMP"))
        report = written.verify(depth)
        assert not report.differs
        assert report.is_whole
        [warning] = table(report, "EMP").warnings
        assert warning.fault is Fault.GENERATION_CHANGED
        assert "its content is what was written" in warning.hint
        assert table(report, "DEPT").warnings == ()

    def test_is_a_difference_where_one_byte_is_another(self, written: Written) -> None:
        restore(written.of("EMP"))
        with changed(written.of("EMP"), lambda whole: byte_changed(whole, at=40, by=1)):
            report = written.verify()
        assert faults(report, "EMP") >= {Fault.GENERATION_CHANGED, Fault.SHA256_DIFFERS}
        assert table(report, "EMP").warnings == ()


def restore(file: Path) -> None:
    """Put a copy of a file in its place, as a restore does it."""
    copy = file.with_name("copy")
    shutil.copy(file, copy)
    os.replace(copy, file)  # noqa: PTH105 - in one step, under the same name


class TestAManifestThatWasChanged:
    @pytest.mark.parametrize("key", ["rows", "bytes", "counted_rows"])
    def test_in_a_number_of_a_table_contradicts_itself_and_the_book(
        self, written: Written, key: str
    ) -> None:
        change_manifest(written, lambda whole: whole["tables"][1].update({key: 77}))
        report = written.verify()
        assert faults(report, "DEPT") == {Fault.MANIFEST_INCONSISTENT, Fault.MANIFEST_DIFFERS}
        assert not faults(report, "EMP")

    def test_in_all_its_row_counts_is_found_in_the_object(self, written: Written) -> None:
        def more_rows(whole: dict[str, Any]) -> None:
            whole["rows"] += 1
            emp = whole["tables"][0]
            emp["rows"] += 1
            emp["counted_rows"] += 1
            emp["objects"][0]["rows"] += 1
            emp["objects"][0]["parts"][0]["rows"] += 1

        change_manifest(written, more_rows)
        assert faults(written.verify(), "EMP") == {Fault.ROWS_DIFFER, Fault.MANIFEST_DIFFERS}

    @pytest.mark.parametrize("key", ["rows", "bytes", "tables_total"])
    def test_in_a_total_contradicts_itself_and_the_book(self, written: Written, key: str) -> None:
        change_manifest(written, lambda whole: whole.update({key: 1}))
        assert of_version(written.verify()) == {
            Fault.MANIFEST_INCONSISTENT,
            Fault.MANIFEST_DIFFERS,
        }

    @pytest.mark.parametrize(
        ("key", "value"), [("scn", 1), ("consistency", "mixed"), ("mode", "subset"), ("extra", 1)]
    )
    def test_in_a_word_differs_from_the_book(
        self, written: Written, key: str, value: object
    ) -> None:
        change_manifest(written, lambda whole: whole.update({key: value}))
        assert Fault.MANIFEST_DIFFERS in of_version(written.verify())

    def test_so_that_a_table_is_left_out_is_found(self, written: Written) -> None:
        change_manifest(written, lambda whole: whole["tables"].pop())
        report = written.verify()
        assert faults(report, "DEPT") == {Fault.MANIFEST_DIFFERS}
        assert Fault.STRAY_OBJECT in of_version(report)

    def test_so_that_a_table_has_another_name_is_found(self, written: Written) -> None:
        change_manifest(written, lambda whole: whole["tables"][0].update(table="EMPS"))
        report = written.verify(Depth.VALUES)
        assert faults(report, "EMPS") == {Fault.MANIFEST_DIFFERS}
        assert table(report, "EMPS").unchecked

    def test_so_that_a_completed_table_has_no_object_is_found(self, written: Written) -> None:
        change_manifest(
            written, lambda whole: whole["tables"][0].update(objects=[], rows=0, bytes=0)
        )
        assert Fault.MANIFEST_INCONSISTENT in faults(written.verify(), "EMP")

    def test_by_another_release_may_know_other_keys(self, written: Written) -> None:
        def another_release(whole: dict[str, Any]) -> None:
            whole["tool"]["version"] = "0.0.1"
            whole["no_longer_known"] = 1
            del whole["consistency"]
            del whole["tables"][0]["carried_from"]

        change_manifest(written, another_release)
        assert not written.verify().differs


class TestPartsThatDoNotLieOneAfterTheOther:
    def test_are_found_and_the_object_is_read_as_a_whole(self, tmp_path: Path) -> None:
        written = write_version(tmp_path, KINDS["gzip put together"])

        def overlap(whole: dict[str, Any]) -> None:
            whole["tables"][0]["objects"][0]["parts"][1]["first_byte"] -= 1

        change_manifest(written, overlap)
        report = written.verify()
        written.home.close()
        assert faults(report, "EMP") == {Fault.MANIFEST_INCONSISTENT, Fault.MANIFEST_DIFFERS}

    def test_are_found_where_rows_went_from_one_to_another(self, tmp_path: Path) -> None:
        written = write_version(tmp_path, KINDS["gzip put together"])

        def shift(whole: dict[str, Any]) -> None:
            first, second = whole["tables"][0]["objects"][0]["parts"]
            first["rows"], second["rows"] = first["rows"] + 1, second["rows"] - 1

        change_manifest(written, shift)
        report = written.verify()
        written.home.close()
        assert Fault.ROWS_DIFFER in faults(report, "EMP")


class TestAManifestThatIsNoUse:
    def test_because_it_is_gone_leaves_the_book_to_say_what_has_to_be_there(
        self, written: Written
    ) -> None:
        manifest_of(written).unlink()
        with changed(written.of("EMP"), lambda whole: whole[:-1]):
            report = written.verify(Depth.VALUES)
        assert report.basis is Basis.BOOK
        assert Fault.MANIFEST_MISSING in of_version(report)
        assert Fault.SIZE_DIFFERS in faults(report, "EMP")
        assert table(report, "DEPT").rows_compared == len(DEPT)
        assert Fault.SUCCESS_UNEXPECTED not in of_version(report)

    @FEW
    @given(share=st.floats(0, 1, exclude_max=True))
    def test_because_it_is_cut_off_says_so(self, any_kind: Written, share: float) -> None:
        with changed(manifest_of(any_kind), lambda whole: whole[: int((len(whole) - 1) * share)]):
            report = any_kind.verify()
        assert report.basis is Basis.BOOK
        assert of_version(report) == {Fault.MANIFEST_DAMAGED}
        assert not any(each.findings for each in report.tables)

    @FEW
    @given(content=st.binary() | st.text().map(str.encode))
    def test_because_it_is_something_else_says_so(self, any_kind: Written, content: bytes) -> None:
        with changed(manifest_of(any_kind), lambda _: content):
            assert of_version(any_kind.verify()) == {Fault.MANIFEST_DAMAGED}

    @FEW
    @given(data=st.data())
    def test_because_a_value_is_of_another_kind_never_stops_the_program(
        self, any_kind: Written, data: st.DataObject
    ) -> None:
        def replace_one(whole: dict[str, Any]) -> None:
            emp = whole["tables"][0]
            told, column = emp["objects"][0], emp["columns"][0]
            place = data.draw(st.sampled_from([whole, emp, told, column]))
            keys = sorted(place.keys() - {"tables"})
            place[data.draw(st.sampled_from(keys))] = data.draw(
                st.none() | st.integers() | st.text() | st.lists(st.integers()) | st.booleans()
            )

        with changed(manifest_of(any_kind), rewritten(replace_one)):
            report = any_kind.verify()
        assert report.basis in {Basis.BOOK, Basis.BOTH}


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


def write_failed_version(folder: Path) -> Written:
    """Let the flow write a version of which one table fails."""
    source = MemorySource()
    source.put("EMP", EMP)
    home = a_home(folder, source=source)
    source.put("DEPT", DEPT)

    def refuse(reading: Reading, _: int) -> None:
        if reading.table.name == "DEPT":
            raise SourceAway("the listener is down")

    source.before_batch = refuse
    job = settle(home, start(home, put_transport(home, "EMP", "DEPT")).id)
    source.before_batch = None
    assert job.status is JobStatus.FAILED
    return Written(
        home=home, source=source, job=job, folder=folder / "objects" / BUCKET / job.folder
    )


class TestAFailedJob:
    def test_is_verified_as_far_as_it_came(self, tmp_path: Path) -> None:
        version = write_failed_version(tmp_path)
        report = version.verify(Depth.VALUES)
        version.home.close()
        assert not report.differs
        assert table(report, "EMP").rows_compared == len(EMP)
        assert (table(report, "DEPT").status, table(report, "DEPT").rows_compared) == (
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


@pytest.fixture
def stranger(written: Written, tmp_path: Path) -> Iterator[Outside]:
    """A home with the same objects, whose book knows no job."""
    home = a_home(tmp_path / "elsewhere")
    yield replace(home, store=written.home.store)
    home.close()


class TestAManifestWhoseJobIsForgotten:
    def name(self, written: Written) -> str:
        return f"{written.job.folder}/manifest.json"

    def test_alone_says_what_has_to_be_there(self, written: Written, stranger: Outside) -> None:
        verification = verification_of_manifest(
            BUCKET, self.name(written), outside=stranger, depth=Depth.LINES
        )
        report = verification.report()
        assert report.basis is Basis.MANIFEST
        assert not report.differs
        assert report.is_whole
        assert [each.rows for each in report.tables] == [len(EMP), len(DEPT)]

    def test_still_finds_damage(self, written: Written, stranger: Outside) -> None:
        written.of("EMP").unlink()
        verification = verification_of_manifest(
            BUCKET, self.name(written), outside=stranger, depth=Depth.OBJECTS
        )
        assert faults(verification.report(), "EMP") == {Fault.OBJECT_MISSING}

    def test_because_its_id_is_none_of_ours_stands_for_itself(self, written: Written) -> None:
        def rename(whole: dict[str, Any]) -> None:
            whole["job"] = "somebody/else"

        change_manifest(written, rename)
        verification = verification_of_manifest(
            BUCKET, self.name(written), outside=written.home, depth=Depth.OBJECTS
        )
        assert verification.report().basis is Basis.MANIFEST

    def test_cannot_be_compared_with_the_database(
        self, written: Written, stranger: Outside
    ) -> None:
        verification = verification_of_manifest(
            BUCKET, self.name(written), outside=stranger, depth=Depth.VALUES
        )
        report = verification.report()
        assert not report.differs
        assert not report.is_whole
        assert all(
            "the job book does not have the job" in each.unchecked[0] for each in report.tables
        )

    def test_is_held_against_the_book_where_that_still_has_the_job(self, written: Written) -> None:
        verification = verification_of_manifest(
            BUCKET, self.name(written), outside=written.home, depth=Depth.VALUES
        )
        report = verification.report()
        assert (report.basis, report.is_whole) == (Basis.BOTH, True)

    def test_is_not_held_against_the_book_when_it_is_a_copy(self, written: Written) -> None:
        shutil.copytree(written.folder, written.folder.with_name("copy"))
        name = f"{written.job.folder}/../copy/manifest.json"
        copy = str(Path(os.path.normpath(name)))
        verification = verification_of_manifest(
            BUCKET, copy, outside=written.home, depth=Depth.OBJECTS
        )
        assert verification.report().basis is Basis.MANIFEST

    @pytest.mark.parametrize("name", ["manifest.json", "no/such/manifest.json"])
    def test_that_is_not_there_is_refused(self, written: Written, name: str) -> None:
        with pytest.raises(NoSuchObject, match="there is no manifest"):
            verification_of_manifest(BUCKET, name, outside=written.home, depth=Depth.OBJECTS)

    @pytest.mark.parametrize("content", [b"", b"{}", b'{\n "job": "JOB-1",\n "tables": [\n ]\n}\n'])
    def test_that_is_none_is_refused(self, written: Written, content: bytes) -> None:
        manifest_of(written).write_bytes(content)
        with pytest.raises(InvalidRequest, match="cannot be used"):
            verification_of_manifest(
                BUCKET, self.name(written), outside=written.home, depth=Depth.OBJECTS
            )


class TestRowsThatTheDatabaseHoldsOtherwise:
    def hold(self, written: Written, *rows: tuple[int, str | None]) -> None:
        """Let the database say that it held other rows at the job's SCN all the time."""
        (scn, _), *_ = written.source.states["EMP"]
        written.source.states["EMP"] = [(scn, rows)]

    def test_are_counted_and_named_by_their_keys(self, any_kind: Written) -> None:
        before = dict(any_kind.source.states)
        self.hold(any_kind, *EMP[:-2], (100, "new"), (101, "newer"), (102, "newest"))
        try:
            report = any_kind.verify(Depth.VALUES)
        finally:
            any_kind.source.states.update(before)
        (finding,) = table(report, "EMP").findings
        assert finding.fault is Fault.VALUES_DIFFER
        assert "3 rows of the database are missing (ID=100; ID=101; ID=102)" in finding.message
        assert "and 2 rows are not in it (ID=23; ID=24)" in finding.message
        assert not faults(report, "DEPT")

    def test_are_no_difference_in_another_order(self, written: Written) -> None:
        self.hold(written, *reversed(EMP))
        assert not written.verify(Depth.VALUES).differs

    def test_are_found_where_one_stands_twice(self, written: Written) -> None:
        self.hold(written, *EMP, EMP[0])
        (finding,) = table(written.verify(Depth.VALUES), "EMP").findings
        assert "1 rows of the database are missing (ID=0), and 0 rows are not" in finding.message

    def test_are_found_in_one_value(self, written: Written) -> None:
        self.hold(written, *EMP[:-1], (24, "name 24 "))
        (finding,) = table(written.verify(Depth.VALUES), "EMP").findings
        assert "1 rows of the database are missing (ID=24), and 1 rows" in finding.message

    def test_are_named_by_no_more_than_a_few_keys(self, written: Written) -> None:
        self.hold(written)
        (finding,) = table(written.verify(Depth.VALUES), "EMP").findings
        assert "25 rows are not in it (ID=0; ID=1; ID=2; ID=3; ID=4; ...)" in finding.message

    def test_are_not_looked_at_unless_that_is_asked(self, written: Written) -> None:
        self.hold(written)
        assert not written.verify(Depth.LINES).differs

    @FEW
    @given(
        rows=st.lists(
            st.tuples(st.integers(0, 30), st.sampled_from([None, "", "name 3", "b\n\u2028"])),
            max_size=40,
        )
    )
    def test_are_found_whatever_they_are(
        self, any_kind: Written, rows: list[tuple[int, str | None]]
    ) -> None:
        before = dict(any_kind.source.states)
        self.hold(any_kind, *rows)
        try:
            report = any_kind.verify(Depth.VALUES)
        finally:
            any_kind.source.states.update(before)
        assert faults(report, "EMP") == {Fault.VALUES_DIFFER}


class TestKeysThatMayNotBeShown:
    @pytest.mark.parametrize(
        "choice",
        [
            TableChoice(table="EMP", exclude=("ID",)),
            TableChoice(table="EMP", masks=(Mask(column="ID", kind=MaskKind.NULL),)),
        ],
    )
    def test_are_not_in_the_report(self, tmp_path: Path, choice: TableChoice) -> None:
        written = write_version(tmp_path, choices=(choice,))
        (scn, rows), *_ = written.source.states["EMP"]
        written.source.states["EMP"] = [(scn, (*rows, (987654, "new")))]
        (finding,) = table(written.verify(Depth.VALUES), "EMP").findings
        written.home.close()
        assert "1 rows of the database are missing, and 0 rows" in finding.message
        assert "987654" not in finding.message
        assert "new" not in finding.message.replace("anew", "")


class Views(MemorySource):
    """A source whose objects cannot be read in ranges."""

    def shape(self, table: TableName) -> TableShape:
        return replace(super().shape(table), kind=ObjectKind.VIEW)


class TestATableThatCannotBeComparedAnyMore:
    def reasons(self, written: Written) -> list[str]:
        report = written.verify(Depth.VALUES)
        assert not report.differs
        assert not report.is_whole
        return [reason for each in report.tables for reason in each.unchecked]

    def test_because_undo_is_gone_says_so(self, written: Written) -> None:
        written.source.forget_before(written.source.scn + 1)
        reasons = self.reasons(written)
        assert len(reasons) == 2
        assert all("undo no longer reaches SCN 1002 (ORA-01555" in each for each in reasons)

    def test_because_the_privilege_was_revoked_says_so(self, written: Written) -> None:
        written.source.flashback = False
        assert "the account may not read HR.DEPT at SCN 1002 any more" in str(self.reasons(written))

    def test_because_undo_reaches_not_even_through_small_parts_says_so(
        self, written: Written
    ) -> None:
        written.source.rows_undo_reaches = 0
        for reason in self.reasons(written):
            assert "undo no longer reaches SCN 1002 (ORA-01555" in reason

    def test_because_it_had_a_transaction_of_its_own_says_so(self, tmp_path: Path) -> None:
        source = MemorySource(flashback=False)
        source.put("EMP", EMP)
        home = a_home(tmp_path, source=source)
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        report = verify_job(job.id, outside=home, depth=Depth.VALUES)
        home.close()
        assert "in a transaction of its own" in report.tables[0].unchecked[0]

    def test_because_it_was_a_test_run_says_so(self, written: Written) -> None:
        job = start(written.home, put_transport(written.home, "EMP"), limit=3)
        drain(written.home)
        report = verify_job(job.id, outside=written.home, depth=Depth.VALUES)
        assert not report.differs
        assert "a test run took any rows" in report.tables[0].unchecked[0]

    def test_because_undo_goes_within_what_has_no_addresses_says_so(self, written: Written) -> None:
        views = Views(states=written.source.states, rows_undo_reaches=ROWS_OF_A_BATCH)
        home = replace(written.home, source=lambda _: views)
        report = verify_job(written.job.id, outside=home, depth=Depth.VALUES)
        assert "undo no longer reaches" in table(report, "EMP").unchecked[0]
        assert table(report, "DEPT").rows_compared == len(DEPT)

    def test_because_its_predicate_asks_for_the_time_says_so(self, tmp_path: Path) -> None:
        choice = TableChoice(table="EMP", where="CREATED >= sysdate - 1")
        written = write_version(tmp_path, choices=(choice,))
        [reason] = self.reasons(written)
        written.home.close()
        assert "its predicate asks for SYSDATE" in reason

    def test_because_the_source_is_away_spares_it_the_other_tables(self, written: Written) -> None:
        asked: list[str] = []

        def refuse(reading: Reading, _: int) -> None:
            asked.append(reading.table.name)
            raise SourceAway("the listener is down", hint="start it")

        written.source.before_batch = refuse
        reasons = self.reasons(written)
        assert asked == ["EMP"]
        assert len(reasons) == 2
        assert all("the listener is down; start it" in each for each in reasons)

    def test_because_its_object_is_gone_says_both(self, written: Written) -> None:
        written.of("EMP").unlink()
        emp = table(written.verify(Depth.VALUES), "EMP")
        assert [each.fault for each in emp.findings] == [Fault.OBJECT_MISSING]
        assert "has gone" in emp.unchecked[0]


class TestUndoThatReachesThroughPartsAlone:
    def ranges(self, written: Written) -> list[RowidRange | None]:
        """Return what ranges of EMP a comparison reads."""
        before = len(written.source.readings)
        report = written.verify(Depth.VALUES)
        assert (report.differs, report.is_whole) == (False, True)
        assert table(report, "EMP").rows_compared == len(EMP)
        read = written.source.readings[before:]
        return [each.rows_of for each in read if each.table.name == "EMP"]

    def test_is_read_in_halves_as_the_job_would_read_it(self, written: Written) -> None:
        written.source.rows_undo_reaches = ROWS_OF_A_BATCH
        ranges = self.ranges(written)
        assert ranges[0] is None
        assert len(ranges) > 3

    def test_is_read_in_the_parts_of_the_job_from_the_start(self, tmp_path: Path) -> None:
        written = write_version(tmp_path, KINDS["gzip put together"])
        parts = [each.rows_of for each in written.source.readings if each.table.name == "EMP"]
        assert None not in parts
        assert set(self.ranges(written)) == set(parts)
        written.home.close()

    def test_is_read_whole_where_the_book_has_lost_a_part(self, tmp_path: Path) -> None:
        written = write_version(tmp_path, KINDS["gzip put together"])
        emp = next(tables_of(written.job.id, outside=written.home))
        fewer = replace(emp, parts_total=emp.parts_total - 1)
        written.home.book.transact(lambda entries: entries.put_table(fewer))
        assert self.ranges(written) == [None]
        written.home.close()

    def test_that_goes_before_a_difference_is_looked_at_leaves_the_difference(
        self, written: Written
    ) -> None:
        (scn, _), *_ = written.source.states["EMP"]
        written.source.states["EMP"] = [(scn, (*EMP, (100, "new")))]
        read: list[str] = []

        def lose_undo(reading: Reading, number: int) -> None:
            if number == 0:
                read.append(reading.table.name)
            if read.count("EMP") > 1:
                raise UndoGone("ORA-01555: snapshot too old")

        written.source.before_batch = lose_undo
        (finding,) = table(written.verify(Depth.VALUES), "EMP").findings
        assert finding.fault is Fault.VALUES_DIFFER
        assert "26 rows of the database are not the 25 that lie here" in finding.message
        assert "undo went meanwhile" in finding.message


class TestYearsThatTheDriverCannotDeliver:
    def test_are_compared_as_text_as_they_were_written(self, written: Written) -> None:
        asked: list[str] = []

        def refuse_once(reading: Reading, _: int) -> None:
            asked.append(reading.table.name)
            if asked == ["EMP"]:
                raise UnreadableMoment("a moment cannot be delivered")

        written.source.before_batch = refuse_once
        report = written.verify(Depth.VALUES)
        assert not report.differs
        assert table(report, "EMP").rows_compared == len(EMP)


class TestATableThatTheDatabaseRefuses:
    def test_is_named_and_the_others_are_compared(self, written: Written) -> None:
        def refuse(reading: Reading, _: int) -> None:
            if reading.table.name == "EMP":
                raise AccessDenied("ORA-01031", hint="GRANT SELECT")

        written.source.before_batch = refuse
        report = written.verify(Depth.VALUES)
        assert "ORA-01031; GRANT SELECT" in table(report, "EMP").unchecked[0]
        assert table(report, "DEPT").rows_compared == len(DEPT)


class TestAnotherManifestInTheFolder:
    def test_that_is_damaged_names_nothing(self, written: Written) -> None:
        (written.folder / "manifest-JOB-1.json").write_bytes(b"{")
        assert not written.verify().differs

    def test_that_goes_while_the_folder_is_looked_at_names_nothing(self, written: Written) -> None:
        store = cast("ObjectStore", _Ghost(written.home.store, "manifest-JOB-1.json"))
        home = replace(written.home, store=store)
        assert not verify_job(written.job.id, outside=home, depth=Depth.OBJECTS).differs


class _Ghost:
    """A store that lists an object in each folder which is gone when somebody looks."""

    def __init__(self, store: ObjectStore, ghost: str) -> None:
        self._store = store
        self._ghost = ghost

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any part of a store
        return getattr(self._store, name)

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        yield f"{prefix.rpartition('/')[0]}/{self._ghost}"
        yield from self._store.names(bucket, prefix)


class _AwayWhileReading:
    """A store that finds its objects and cannot read them."""

    def __init__(self, store: ObjectStore, error: Exception) -> None:
        self._store = store
        self._error = error

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any part of a store
        return getattr(self._store, name)

    def open(self, stored: StoredObject, **_: int) -> Any:  # noqa: ANN401 - never returns for data
        if stored.name.endswith(".gz"):
            raise self._error
        return self._store.open(stored)


class _AwayAtLast:
    """A store that goes away once an object has been read through."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._opened: set[str] = set()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any part of a store
        return getattr(self._store, name)

    def open(self, stored: StoredObject, **span: int) -> Any:  # noqa: ANN401 - of the store's own
        if stored.name in self._opened and stored.name.endswith(".gz"):
            raise StoreAway("no answer")
        self._opened.add(stored.name)
        return self._store.open(stored, **span)


class TestAStoreThatCannotBeRead:
    def test_for_now_is_no_finding(self, written: Written) -> None:
        away = cast("ObjectStore", _AwayWhileReading(written.home.store, StoreAway("no answer")))
        home = replace(written.home, store=away)
        with pytest.raises(StoreAway):
            verify_job(written.job.id, outside=home, depth=Depth.OBJECTS)

    def test_for_now_is_no_reason_against_comparing_either(self, written: Written) -> None:
        away = cast("ObjectStore", _AwayAtLast(written.home.store))
        home = replace(written.home, store=away)
        with pytest.raises(StoreAway):
            verify_job(written.job.id, outside=home, depth=Depth.VALUES)

    def test_for_good_is_one_for_each_object(self, written: Written) -> None:
        refused = StoreRefused("403", hint="grant objectViewer")
        away = cast("ObjectStore", _AwayWhileReading(written.home.store, refused))
        home = replace(written.home, store=away)
        report = verify_job(written.job.id, outside=home, depth=Depth.OBJECTS)
        found = [each for one in report.tables for each in one.findings]
        assert [(each.fault, each.hint) for each in found] == [
            (Fault.OBJECT_UNREADABLE, "grant objectViewer")
        ] * 2
