"""The program of one file, run as a process on folders that the flow wrote."""

from __future__ import annotations

import ast
import base64
import gzip
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import google_crc32c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_line import verify_version
from command_line.verify_version import Crc32c, Damaged, Gzip, Lines, Report, Unusable, Version
from flow_home import put_transport, settle, start
from written_versions import (
    KINDS,
    Written,
    byte_changed,
    changed,
    rewritten,
    write_mixed_version,
    write_version,
)

PROGRAM = Path(verify_version.__file__)
FEW = settings(max_examples=10, deadline=None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A version that was downloaded: its folder alone, anywhere."""
    written = write_version(tmp_path / "home")
    written.home.close()
    return Path(shutil.copytree(written.folder, tmp_path / "downloaded" / "v001"))


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the program without this environment: `-I -S` leaves the standard library alone."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-I", "-S", str(PROGRAM), str(folder), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def verified(folder: Path) -> Report:
    """Run it in this process, where pyarrow and zstandard are at hand."""
    return Version(folder).verify(crc32c=True)


def change_manifest(folder: Path, change: Any) -> None:  # noqa: ANN401 - of its document
    file = folder / "manifest.json"
    file.write_bytes(rewritten(change)(file.read_bytes()))


class TestTheProgram:
    def test_imports_the_standard_library_alone(self) -> None:
        optional = {"pyarrow", "zstandard", "compression"}
        names = set()
        for node in ast.walk(ast.parse(PROGRAM.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {each.name.split(".")[0] for each in node.names}
            if isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
        assert names - optional <= sys.stdlib_module_names

    def test_is_python_3_9(self) -> None:
        ast.parse(PROGRAM.read_text(encoding="utf-8"), feature_version=(3, 9))

    def test_explains_itself(self, folder: Path) -> None:
        assert "Exit codes: 0 all is as it was written" in run(folder, "--help").stdout


class TestAVersionThatWasDownloadedWhole:
    def test_is_as_it_was_written(self, folder: Path) -> None:
        ended = run(folder)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout.endswith("all is as it was written\n")
        assert ended.stdout.startswith("JOB-20260301-120000-1000: 2 tables, 27 rows, ")

    def test_is_so_in_every_format(self, any_kind: Written) -> None:
        report = verified(any_kind.folder)
        assert (report.lines, report.exit_code) == ([], 0)

    @pytest.mark.parametrize(
        ("kind", "advice"), [("parquet", "pyarrow"), ("zstandard", "zstandard")]
    )
    def test_says_what_it_could_not_check(self, tmp_path: Path, kind: str, advice: str) -> None:
        written = write_version(tmp_path, KINDS[kind])
        written.home.close()
        ended = run(written.folder)
        assert ended.returncode == 6
        lines = ended.stdout.splitlines()
        assert all(each.startswith("not checked  ") for each in lines[:-1])
        assert all(f"install {advice}" in each for each in lines[:-1])
        assert lines[-1].endswith("nothing differs, but not everything was checked")

    def test_of_a_format_that_it_does_not_know_says_so(self, folder: Path) -> None:
        change_manifest(folder, lambda whole: whole.update(format="avro"))
        report = verified(folder)
        assert report.exit_code == 6
        assert all("does not know the format avro" in each for each in report.lines)

    def test_may_be_checked_without_its_crc32c_and_says_so(self, folder: Path) -> None:
        ended = run(folder, "--skip-crc32c")
        assert ended.returncode == 6
        assert ended.stdout.count("crc32c, which you asked to skip") == 2

    def test_of_a_test_run_has_no_mark_of_success(self, tmp_path: Path) -> None:
        written = write_version(tmp_path)
        started = start(written.home, put_transport(written.home, "EMP"), limit=3)
        job = settle(written.home, started.id)
        written.home.close()
        folder = written.folder.parents[1] / job.folder
        assert verified(folder).lines == []
        (folder / "_SUCCESS").write_bytes(b"")
        assert verified(folder).lines == [
            "DIFFERS      _SUCCESS: it is there, and the job is not complete"
        ]


class TestDamage:
    def test_is_told_with_the_object_and_ends_the_program_with_1(self, folder: Path) -> None:
        file = folder / "EMP.jsonl.gz"
        file.write_bytes(file.read_bytes()[:-1])
        ended = run(folder)
        assert ended.returncode == 1
        lines = ended.stdout.splitlines()
        assert all("v001/EMP.jsonl.gz: " in each for each in lines[:-1])
        assert any(each.endswith("it ends before its gzip member does") for each in lines)
        assert lines[-1].endswith("not as it was written")

    @FEW
    @given(at=st.integers(0), by=st.integers(1, 255))
    def test_of_one_byte_is_found(self, any_kind: Written, at: int, by: int) -> None:
        with changed(any_kind.of("EMP"), lambda whole: byte_changed(whole, at=at, by=by)):
            report = verified(any_kind.folder)
        assert report.exit_code == 1
        assert all("/EMP" in each for each in report.lines)

    @FEW
    @given(share=st.floats(0, 1, exclude_max=True))
    def test_by_cutting_off_is_found(self, any_kind: Written, share: float) -> None:
        with changed(any_kind.of("EMP"), lambda whole: whole[: int(len(whole) * share)]):
            assert verified(any_kind.folder).exit_code == 1

    @FEW
    @given(more=st.binary(min_size=1, max_size=60))
    def test_by_bytes_behind_is_found(self, any_kind: Written, more: bytes) -> None:
        with changed(any_kind.of("EMP"), lambda whole: whole + more):
            assert verified(any_kind.folder).exit_code == 1

    def test_by_a_second_member_is_called_so(self, folder: Path) -> None:
        file = folder / "EMP.jsonl.gz"
        file.write_bytes(file.read_bytes() * 2)
        said = "bytes follow the end of its gzip member"
        assert any(said in each for each in verified(folder).lines)

    def test_by_a_missing_object_is_found(self, folder: Path) -> None:
        (folder / "EMP.jsonl.gz").unlink()
        (line,) = verified(folder).lines
        assert "EMP.jsonl.gz: it is not there" in line

    def test_by_objects_that_changed_places_is_found(self, folder: Path) -> None:
        emp, dept = folder / "EMP.jsonl.gz", folder / "DEPT.jsonl.gz"
        emp.rename(folder / "aside")
        dept.rename(emp)
        (folder / "aside").rename(dept)
        lines = verified(folder).lines
        assert {each.split("v001/")[1].split(".")[0] for each in lines} == {"EMP", "DEPT"}

    def test_by_other_data_is_found(self, folder: Path) -> None:
        for number in range(25):
            (folder / f"OLD{number:02}.jsonl.gz").write_bytes(b"")
        lines = verified(folder).lines
        assert len(lines) == 21
        assert lines[0] == "DIFFERS      OLD00.jsonl.gz: no manifest names it"
        assert lines[-1].startswith("DIFFERS      the folder: 5 more files")

    def test_of_the_mark_of_success_is_found(self, folder: Path) -> None:
        (folder / "_SUCCESS").unlink()
        assert verified(folder).lines == ["DIFFERS      _SUCCESS: it is not there"]


class TestAManifestThatWasChanged:
    def more_rows(self, whole: dict[str, Any]) -> None:
        whole["rows"] += 1
        emp = whole["tables"][0]
        emp["rows"] += 1
        emp["counted_rows"] += 1
        emp["objects"][0]["rows"] += 1

    def test_in_all_its_row_counts_is_found_in_the_object(self, folder: Path) -> None:
        change_manifest(folder, self.more_rows)
        (line,) = verified(folder).lines
        assert line.endswith("it holds 25 rows, and the manifest says 26")

    def test_in_all_its_row_counts_is_found_in_a_parquet_object(self, tmp_path: Path) -> None:
        written = write_version(tmp_path, KINDS["parquet"])
        written.home.close()
        change_manifest(written.folder, self.more_rows)
        (line,) = verified(written.folder).lines
        assert line.endswith("it holds 25 rows, and the manifest says 26")

    @pytest.mark.parametrize("key", ["rows", "counted_rows"])
    def test_in_a_number_of_a_table_is_found(self, folder: Path, key: str) -> None:
        change_manifest(folder, lambda whole: whole["tables"][1].update({key: 77}))
        assert verified(folder).exit_code == 1

    @pytest.mark.parametrize("key", ["rows", "bytes", "tables_total"])
    def test_in_a_total_is_found(self, folder: Path, key: str) -> None:
        change_manifest(folder, lambda whole: whole.update({key: 1}))
        (line,) = verified(folder).lines
        assert line.startswith("DIFFERS      manifest.json: it says 1 ")

    def test_so_that_a_table_is_not_completed_is_found(self, folder: Path) -> None:
        change_manifest(folder, lambda whole: whole["tables"][0].update(status="failed"))
        (line,) = verified(folder).lines
        assert line == "DIFFERS      EMP: it has no object, or is not completed"

    def test_so_that_a_completed_table_has_no_object_is_found(self, folder: Path) -> None:
        change_manifest(folder, lambda whole: whole["tables"][0].update(objects=[]))
        assert any("has no object" in each for each in verified(folder).lines)

    @pytest.mark.parametrize("change", [-1, 1])
    def test_in_where_parts_lie_is_found(self, tmp_path: Path, change: int) -> None:
        written = write_version(tmp_path, KINDS["gzip put together"])
        written.home.close()

        def shift(whole: dict[str, Any]) -> None:
            whole["tables"][0]["objects"][0]["parts"][1]["first_byte"] += change

        change_manifest(written.folder, shift)
        assert verified(written.folder).exit_code == 1

    @pytest.mark.parametrize(
        "name", ["/etc/passwd", "TRPID-00000001/v001/../../../x", "TRPID-00000001/v001", "x/y"]
    )
    def test_to_name_what_lies_elsewhere_is_refused(self, folder: Path, name: str) -> None:
        change_manifest(folder, lambda whole: whole["tables"][0]["objects"][0].update(name=name))
        with pytest.raises(Unusable, match="lies in no version"):
            verified(folder)

    @FEW
    @given(data=st.data())
    def test_so_that_a_value_is_of_another_kind_never_ends_in_a_traceback(
        self, any_kind: Written, data: st.DataObject
    ) -> None:
        def replace_one(whole: dict[str, Any]) -> None:
            emp = whole["tables"][0]
            told = emp["objects"][0]
            place = data.draw(st.sampled_from([whole, emp, told, *told["parts"]]))
            key = data.draw(st.sampled_from(sorted(place.keys() - {"tables"})))
            place[key] = data.draw(
                st.none() | st.integers() | st.text() | st.lists(st.integers()) | st.booleans()
            )

        with changed(any_kind.folder / "manifest.json", rewritten(replace_one)):
            assert verify_version.main([str(any_kind.folder)]) in {0, 1, 2, 6}


class TestWhatCannotBeVerified:
    @pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b"[" * 100_000, b"\xff"])
    def test_ends_the_program_with_2(self, tmp_path: Path, content: bytes | None) -> None:
        if content is not None:
            (tmp_path / "manifest.json").write_bytes(content)
        ended = run(tmp_path)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.startswith("Error: ")
        assert "Traceback" not in ended.stderr


class TestAnObjectThatCannotBeRead:
    def test_is_told_beside_the_others(self, folder: Path) -> None:
        name = f"TRPID-00000001/v001/{'x' * 300}"
        change_manifest(folder, lambda whole: whole["tables"][0]["objects"][0].update(name=name))
        ended = run(folder)
        assert (ended.returncode, ended.stderr) == (1, "")
        assert f"{name}: it cannot be read: File name too long" in ended.stdout
        assert "EMP.jsonl.gz: no manifest names it" in ended.stdout


class TestAnOutputThatIsClosed:
    def test_changes_nothing_of_the_verdict(self, folder: Path) -> None:
        assert self.run_closed(folder) == (0, "")
        code, said = self.run_closed(folder.parent)
        assert (code, said.startswith("Error: ")) == (2, True)

    def run_closed(self, folder: Path) -> tuple[int, str]:
        ended = subprocess.run(  # noqa: S603 - our own program
            ["/bin/sh", "-c", '"$@" >&-', "sh", sys.executable, "-I", "-S", PROGRAM, folder],
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
        return ended.returncode, ended.stderr


class TestATerminalThatKnowsNoKorean:
    def test_is_shown_every_name_all_the_same(self, folder: Path) -> None:
        change_manifest(folder, lambda whole: whole["tables"][0].update(table="매출", rows=1))
        ended = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-S", str(PROGRAM), str(folder)],
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONIOENCODING": "ascii"},
            timeout=60,
        )
        assert (ended.returncode, ended.stderr) == (1, "")
        assert r"DIFFERS      \ub9e4\ucd9c: its rows are 1" in ended.stdout


class TestNamesThatATerminalWouldObey:
    def test_are_shown_not_sent(self, folder: Path) -> None:
        (folder / "\x1b[2J.gz").write_bytes(b"")
        assert "\x1b" not in run(folder).stdout


class TestTablesThatARetryTookOverFromAnOlderVersion:
    def test_are_looked_for_beside(self, tmp_path: Path) -> None:
        written = write_mixed_version(tmp_path)
        written.home.close()
        assert written.folder.name == "v002"
        assert verified(written.folder).lines == []
        shutil.rmtree(written.folder.with_name("v001"))
        (line,) = verified(written.folder).lines
        assert line.startswith("DIFFERS      TRPID-00000001/v001/EMP.jsonl.gz: it is not there")


class TestTheLinesOfAnObject:
    def test_whose_last_one_has_no_end_are_damaged(self) -> None:
        lines = Lines(Gzip())
        lines.take(gzip.compress(b"1\n2"))
        with pytest.raises(Damaged, match="its last line has no end"):
            lines.end()

    @pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1, 2**22])
    def test_are_counted_however_well_they_are_packed(self, size: int) -> None:
        lines = Lines(Gzip())
        lines.take(gzip.compress(b"\n" * size))
        lines.end()
        assert lines.rows == size


class TestTheChecksum:
    @FEW
    @given(chunks=st.lists(st.binary(max_size=400)))
    def test_is_castagnolis(self, chunks: list[bytes]) -> None:
        crc32c = Crc32c()
        for chunk in chunks:
            crc32c.update(chunk)
        expected = google_crc32c.value(b"".join(chunks)).to_bytes(4, "big")
        assert crc32c.shown == base64.b64encode(expected).decode()
