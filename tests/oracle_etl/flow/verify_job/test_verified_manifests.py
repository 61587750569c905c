"""A manifest that is changed, damaged, gone or alone: what is then held against what."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flow_home import BUCKET
from oracle_etl.flow.findings import Basis, Depth, Fault
from oracle_etl.flow.verify_job import verification_of_manifest, verify_job
from oracle_etl.model.errors import InvalidRequest, NoSuchObject
from oracle_etl.outside import Outside
from oracle_etl.ports import ObjectStore
from written_versions import (
    DEPT,
    EMP,
    Written,
    change_manifest,
    changed,
    faults,
    of_version,
    rewritten,
    table_of,
)

FEW = settings(max_examples=15, deadline=None)


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
        assert table_of(report, "EMPS").unchecked

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


class TestAManifestThatIsNoUse:
    def test_because_it_is_gone_leaves_the_book_to_say_what_has_to_be_there(
        self, written: Written
    ) -> None:
        written.manifest.unlink()
        with changed(written.of("EMP"), lambda whole: whole[:-1]):
            report = written.verify(Depth.VALUES)
        assert report.basis is Basis.BOOK
        assert Fault.MANIFEST_MISSING in of_version(report)
        assert Fault.SIZE_DIFFERS in faults(report, "EMP")
        assert table_of(report, "DEPT").rows_compared == len(DEPT)
        assert Fault.SUCCESS_UNEXPECTED not in of_version(report)

    @FEW
    @given(share=st.floats(0, 1, exclude_max=True))
    def test_because_it_is_cut_off_says_so(self, any_kind: Written, share: float) -> None:
        with changed(any_kind.manifest, lambda whole: whole[: int((len(whole) - 1) * share)]):
            report = any_kind.verify()
        assert report.basis is Basis.BOOK
        assert of_version(report) == {Fault.MANIFEST_DAMAGED}
        assert not any(each.findings for each in report.tables)

    @FEW
    @given(content=st.binary() | st.text().map(str.encode))
    def test_because_it_is_something_else_says_so(self, any_kind: Written, content: bytes) -> None:
        with changed(any_kind.manifest, lambda _: content):
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

        with changed(any_kind.manifest, rewritten(replace_one)):
            report = any_kind.verify()
        assert report.basis in {Basis.BOOK, Basis.BOTH}


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
        with pytest.raises(NoSuchObject, match=f"there is no manifest /.*/objects/lake/{name}"):
            verification_of_manifest(BUCKET, name, outside=written.home, depth=Depth.OBJECTS)

    @pytest.mark.parametrize("content", [b"", b"{}", b'{\n "job": "JOB-1",\n "tables": [\n ]\n}\n'])
    def test_that_is_none_is_refused(self, written: Written, content: bytes) -> None:
        written.manifest.write_bytes(content)
        with pytest.raises(InvalidRequest, match="cannot be used"):
            verification_of_manifest(
                BUCKET, self.name(written), outside=written.home, depth=Depth.OBJECTS
            )


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
