"""Damage to the objects of a version is found, and named by table."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import google_crc32c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_etl.flow.findings import Basis, Depth, Fault
from oracle_etl.flow.verify_job import verify_job
from oracle_etl.model.errors import StoreAway, StoreRefused
from oracle_etl.model.objects import StoredObject
from oracle_etl.ports import ObjectStore
from written_versions import (
    DEPT,
    EMP,
    KINDS,
    Written,
    byte_changed,
    change_manifest,
    changed,
    faults,
    table_of,
    write_version,
)

FEW = settings(max_examples=15, deadline=None)


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
        assert written.verify().manifest == str(written.manifest)


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
            found = table_of(written.verify(), "EMP").findings
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
            found = table_of(written.verify(), "EMP").findings
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
        found = table_of(self.replaced(written, content).verify(), "EMP").findings
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
        found = table_of(version.verify(Depth.LINES), "EMP").findings
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
            each for each in table_of(report, "EMP").findings if each.fault is Fault.OBJECT_MISSING
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
        [warning] = table_of(report, "EMP").warnings
        assert warning.fault is Fault.GENERATION_CHANGED
        assert "its content is what was written" in warning.hint
        assert table_of(report, "DEPT").warnings == ()

    def test_is_a_difference_where_one_byte_is_another(self, written: Written) -> None:
        restore(written.of("EMP"))
        with changed(written.of("EMP"), lambda whole: byte_changed(whole, at=40, by=1)):
            report = written.verify()
        assert faults(report, "EMP") >= {Fault.GENERATION_CHANGED, Fault.SHA256_DIFFERS}
        assert table_of(report, "EMP").warnings == ()


def restore(file: Path) -> None:
    """Put a copy of a file in its place, as a restore does it."""
    copy = file.with_name("copy")
    shutil.copy(file, copy)
    os.replace(copy, file)  # noqa: PTH105 - in one step, under the same name


class TestPartsThatDoNotLieOneAfterTheOther:
    def test_are_found_and_the_object_is_read_as_a_whole(self, tmp_path: Path) -> None:
        written = write_version(tmp_path, KINDS["gzip put together"])

        def overlap(whole: dict[str, Any]) -> None:
            whole["tables"][0]["objects"][0]["parts"][1]["first_byte"] -= 1

        change_manifest(written, overlap)
        report = written.verify()
        written.home.close()
        assert faults(report, "EMP") == {Fault.MANIFEST_INCONSISTENT, Fault.MANIFEST_DIFFERS}

    def test_are_found_where_less_than_a_header_stands_before_them(self, tmp_path: Path) -> None:
        written = write_version(tmp_path, KINDS["gzip put together"])

        def reach_out(whole: dict[str, Any]) -> None:
            first = whole["tables"][0]["objects"][0]["parts"][0]
            first["first_byte"], first["bytes"] = first["first_byte"] - 1, first["bytes"] + 1

        change_manifest(written, reach_out)
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
