"""`oracle-etl verify` on a home that the flow has worked in."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from builders import a_transport
from command_line.main import main
from command_runs import Run
from fakes.memory_source import MemorySource
from flow_home import BUCKET, a_home, drain, put_transport, settle, start
from google_fakes.anonymous import store_on
from google_fakes.cloud_storage_server import FakeCloudStorage
from oracle_at_hand import OracleAtHand, oracle_at_hand, stand_in
from oracle_etl.model.job import Job
from oracle_etl.model.transport import Carriage, Format, Mask, MaskKind, TableChoice
from oracle_standin.faults import Action, FaultBook, Rule
from written_versions import KINDS, Written, byte_changed, write_version

MASK_KEY = "only ever a bind"
KINDS_OF_COLUMN = """CREATE TABLE VERIFIED (
    ID NUMBER(9) PRIMARY KEY, PRICE NUMBER, CENTS NUMBER(38,2), NAME VARCHAR2(40 CHAR),
    AT TIMESTAMP(6), ZONED TIMESTAMP(6) WITH TIME ZONE, DAY DATE, CODE RAW(4), NOTE CLOB,
    RATIO BINARY_DOUBLE, SECRET VARCHAR2(20)
)"""
ROW = """INSERT INTO VERIFIED VALUES ({id}, 1/3, 12345678901234567890.10, '매출 ' || CHR(10),
    TIMESTAMP '2026-01-18 10:30:00.123456', TIMESTAMP '2026-01-18 10:30:00 +09:00', DATE '{day}',
    HEXTORAW('00FF'), 'long', {ratio}, 'clear')"""


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    version = write_version(tmp_path)
    yield version
    version.home.close()


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with the home in which the version was written."""
    for variable in ("CONFIG_PATH", "ORACLE_DSN", "ORACLE_USERNAME", "ORACLE_PASSWORD"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("ORACLE_ETL_HOME", "embedded")
    monkeypatch.setenv("DATA_FOLDER", str(tmp_path))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["verify", *arguments])

    return run


def events(result: Result) -> list[tuple[str, dict[str, Any]]]:
    read = (json.loads(line) for line in result.stdout.splitlines())
    return [(each["event"], each["data"]) for each in read]


class TestAVersionAsItWasWritten:
    def test_is_shown_table_by_table_and_ends_with_0(self, written: Written, verify: Run) -> None:
        result = verify(written.job.id)
        assert result.exit_code == 0
        head, emp, dept, said = result.stdout.splitlines()
        assert head == "TABLE\tSTATUS\tOBJECTS\tROWS\tSIZE\tRESULT"
        assert emp.startswith("EMP\tcompleted\t1\t25\t")
        assert emp.endswith("\tok")
        assert dept.startswith("DEPT\tcompleted\t1\t2\t")
        manifest = written.folder / "manifest.json"
        assert said == f"verified {manifest} against: manifest and job book"

    def test_is_an_event_for_each_table_and_one_for_the_version(
        self, written: Written, verify: Run
    ) -> None:
        *of_tables, (last, version) = events(verify(written.job.id, "--json"))
        assert [(name, data["table"]) for name, data in of_tables] == [
            ("verified_table", "EMP"),
            ("verified_table", "DEPT"),
        ]
        assert last == "verified"
        assert (version["tables"], version["rows"], version["depth"]) == (2, 27, "objects")
        assert (version["differs"], version["is_whole"]) == (False, True)

    @pytest.mark.parametrize("scheme", ["", "gs://"])
    def test_is_found_by_its_manifest_alone(
        self, written: Written, verify: Run, scheme: str
    ) -> None:
        name = f"{scheme}lake/{written.job.folder}/manifest.json"
        *_, (_, version) = events(verify("--manifest", name, "--lines", "--json"))
        assert (version["job"], version["depth"]) == (written.job.id, "lines")


class TestADifference:
    def test_is_named_with_what_to_do_and_ends_with_1(self, written: Written, verify: Run) -> None:
        written.of("EMP").unlink()
        result = verify(written.job.id)
        assert result.exit_code == 1
        assert "EMP\tcompleted\t1\t25\t" in result.stdout
        assert "\tDIFFERS\n" in result.stdout
        assert "verified" not in result.stdout
        name = f"{written.job.folder}/EMP.jsonl.gz"
        assert f"EMP: {name}: it is not there\n  restore this generation" in result.stdout
        assert "findings: 1, tables concerned: 1 of 2" in result.stderr

    def test_of_the_version_is_named_too(self, written: Written, verify: Run) -> None:
        (written.folder / "_SUCCESS").unlink()
        result = verify(written.job.id)
        assert result.exit_code == 1
        assert "the version: TRPID-00000001/v001/_SUCCESS: _SUCCESS is not there" in result.stdout

    def test_is_an_event_of_its_table(self, written: Written, verify: Run) -> None:
        written.of("EMP").unlink()
        (_, emp), *_, (last, problem) = events(verify(written.job.id, "--json"))
        assert [each["fault"] for each in emp["findings"]] == ["OBJECT_MISSING"]
        assert (last, problem["code"], problem["exit_code"]) == ("problem", "DATA_DIFFERS", 1)


class TestAJobThatFailed:
    @pytest.fixture
    def failed(self, tmp_path: Path) -> Iterator[Job]:
        """A job of one table that is there, and one that is not."""
        source = MemorySource()
        source.put("EMP", [(1, "a")])
        home = a_home(tmp_path, source=source)
        yield settle(home, start(home, put_transport(home, "EMP", "NONE")).id)
        home.close()

    def test_has_tables_that_are_not_well_and_ends_with_6(self, failed: Job, verify: Run) -> None:
        result = verify(failed.id)
        assert result.exit_code == 6
        _, emp, none, said = result.stdout.splitlines()
        assert emp.endswith("\tok")
        assert none.startswith("NONE\tfailed\t0\t0\t")
        assert none.endswith("\tnot carried")
        assert said.startswith("checked ")
        assert "1 of its 2 tables were not carried" in result.stderr
        assert "jobs retry" in result.stderr


class TestAnObjectThatWasRestoredFromACopy:
    def test_is_told_and_ends_with_0(self, written: Written, verify: Run) -> None:
        file = written.of("EMP")
        copy = file.with_name("copy")
        shutil.copy(file, copy)
        os.replace(copy, file)  # noqa: PTH105 - in one step, under the same name
        result = verify(written.job.id)
        assert result.exit_code == 0
        _, emp, dept, warning, hint, said = result.stdout.splitlines()
        assert emp.endswith("\tok, in a copy")
        assert dept.endswith("\tok")
        assert "EMP.jsonl.gz: generation " in warning
        assert "its content is what was written" in hint
        assert said.startswith("verified ")


class TestObjectsInCloudStorage:
    @pytest.fixture
    def cloud(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCloudStorage]:
        cloud = FakeCloudStorage(BUCKET)
        with cloud.serving():
            monkeypatch.setenv("OBJECTS", "gs")
            monkeypatch.setenv("STORAGE_EMULATOR_HOST", cloud.endpoint)
            yield cloud

    @pytest.fixture
    def job(self, cloud: FakeCloudStorage, tmp_path: Path) -> Iterator[Job]:
        with store_on(cloud) as store:
            version = write_version(tmp_path, KINDS["gzip put together"], store=store)
            yield version.job
            version.home.close()

    @pytest.mark.parametrize("depth", [(), ("--lines",)])
    def test_are_verified_by_the_jobs_id(
        self, job: Job, verify: Run, depth: tuple[str, ...]
    ) -> None:
        result = verify(job.id, *depth)
        assert result.exit_code == 0
        *_, said = result.stdout.splitlines()
        manifest = f"gs://{BUCKET}/{job.folder}/manifest.json"
        assert said == f"verified {manifest} against: manifest and job book"

    def test_are_verified_by_their_manifest_where_the_job_is_forgotten(
        self, job: Job, tmp_path: Path, verify: Run
    ) -> None:
        (tmp_path / "state.db").rename(tmp_path / "elsewhere.db")
        result = verify("--manifest", f"gs://{BUCKET}/{job.folder}/manifest.json")
        assert result.exit_code == 0
        assert result.stdout.endswith("against: manifest alone\n")

    def test_that_are_other_bytes_are_told(
        self, job: Job, cloud: FakeCloudStorage, verify: Run
    ) -> None:
        name = f"{job.folder}/EMP.jsonl.gz"
        cloud.contents.put(BUCKET, name, byte_changed(cloud.objects(BUCKET)[name], at=40, by=1))
        result = verify(job.id)
        assert result.exit_code == 1
        assert f"EMP: {name}: the sha256 of bytes" in result.stdout
        assert "\tDIFFERS" in result.stdout

    @pytest.mark.parametrize("size", [0, 1, 40])
    def test_that_are_cut_off_are_told(
        self, job: Job, cloud: FakeCloudStorage, verify: Run, size: int
    ) -> None:
        name = f"{job.folder}/EMP.jsonl.gz"
        cloud.contents.put(BUCKET, name, cloud.objects(BUCKET)[name][:size])
        result = verify(job.id)
        assert result.exit_code == 1
        assert f"EMP: {name}: it has {size} bytes, and " in result.stdout
        assert "it ends before its gzip member does" in result.stdout

    def test_that_were_removed_are_told(
        self, job: Job, cloud: FakeCloudStorage, verify: Run
    ) -> None:
        cloud.contents.delete(BUCKET, f"{job.folder}/EMP.jsonl.gz", None)
        result = verify(job.id)
        assert result.exit_code == 1
        assert "EMP.jsonl.gz: it is not there" in result.stdout


class TestWhatCannotBeCompared:
    def test_is_named_by_table_and_ends_with_6(self, written: Written, verify: Run) -> None:
        result = verify(written.job.id, "--deep")
        assert result.exit_code == 6
        assert result.stdout.count("\tnot compared\n") == 2
        assert "EMP: not compared with the database: the source 'default' has no" in result.stdout
        assert "not everything could be checked" in result.stderr


class TestACommandThatCannotBeCarriedOut:
    @pytest.mark.parametrize(
        "arguments", [(), ("JOB-1", "--manifest", "lake/x/manifest.json"), ("--manifest", "lake")]
    )
    def test_because_it_names_nothing_ends_with_2(
        self, verify: Run, arguments: tuple[str, ...]
    ) -> None:
        assert verify(*arguments).exit_code == 2

    @pytest.mark.parametrize(
        "arguments", [("JOB-20260301-120000-ffff",), ("--manifest", "lake/no/such.json")]
    )
    def test_because_there_is_no_such_thing_ends_with_3_and_says_so(
        self, written: Written, verify: Run, arguments: tuple[str, ...]
    ) -> None:
        del written
        result = verify(*arguments)
        assert result.exit_code == 3
        assert "there is no" in result.stderr

    def test_because_the_job_is_in_another_state_says_where_it_looked(
        self, tmp_path: Path, verify: Run
    ) -> None:
        result = verify("JOB-20260301-120000-ffff")
        assert result.exit_code == 3
        assert f"in the state in {tmp_path}" in result.stderr
        assert "run it with the service's settings" in result.stderr

    def test_because_the_folder_cannot_be_written_ends_with_2(
        self, tmp_path: Path, verify: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("DATA_FOLDER", str(tmp_path / "file"))
        result = verify("JOB-20260301-120000-ffff")
        assert result.exit_code == 2
        assert "set DATA_FOLDER" in result.stderr

    def test_because_the_state_is_away_ends_with_4(self, tmp_path: Path, verify: Run) -> None:
        (tmp_path / "state.db").mkdir()
        assert verify("JOB-20260301-120000-ffff").exit_code == 4


@pytest.fixture(scope="module")
def oracle() -> Iterator[OracleAtHand]:
    with oracle_at_hand() as at_hand:
        at_hand.execute(
            KINDS_OF_COLUMN,
            ROW.format(id=1, day="2026-01-18", ratio="BINARY_DOUBLE_NAN"),
            ROW.format(id=2, day="1999-12-31", ratio="-0.5"),
            "INSERT INTO VERIFIED (ID) VALUES (3)",
        )
        yield at_hand
        at_hand.execute("DROP TABLE VERIFIED")


class TestADatabaseThatIsThere:
    @pytest.fixture
    def verify_deep(
        self, verify: Run, oracle: OracleAtHand, monkeypatch: pytest.MonkeyPatch
    ) -> Run:
        monkeypatch.setenv("ORACLE_DSN", oracle.dsn)
        monkeypatch.setenv("ORACLE_USERNAME", oracle.user)
        monkeypatch.setenv("ORACLE_PASSWORD", oracle.password)
        monkeypatch.setenv("ETL_MASK_KEY", MASK_KEY)

        def run(*arguments: str) -> Result:
            return verify("--deep", *arguments)

        return run

    def written(self, folder: Path, oracle: OracleAtHand, format_: Format) -> Job:
        """Let the flow write the table, one column hashed."""
        masks = (Mask(column="SECRET", kind=MaskKind.HASH),)
        choices = (TableChoice(table="VERIFIED", masks=masks),)
        with oracle.source() as source:
            home = replace(a_home(folder), source=lambda _: source, mask_key=MASK_KEY.encode)
            transport = a_transport(tables=choices, carriage=Carriage(format=format_))
            home.book.transact(lambda entries: entries.put_transport(transport))
            job = start(home, transport)
            drain(home)
            home.close()
        return job

    def test_is_asked_in_its_own_mode_beside_a_source_in_thick_mode(
        self,
        tmp_path: Path,
        oracle: OracleAtHand,
        verify_deep: Run,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        old = {"dsn": "10.20.0.15:1521/ORCL", "username": "ETL", "mode": "thick"}
        config = tmp_path / "config.yaml"
        config.write_text(json.dumps({"sources": {"old": old}}))
        monkeypatch.setenv("CONFIG_PATH", str(config))
        job = self.written(tmp_path, oracle, Format.JSONL_GZ)
        result = verify_deep(job.id)
        assert (result.exit_code, result.stderr) == (0, "")

    @pytest.mark.parametrize("format_", Format)
    def test_holds_what_was_written_whatever_happened_since(
        self, tmp_path: Path, oracle: OracleAtHand, verify_deep: Run, format_: Format
    ) -> None:
        job = self.written(tmp_path, oracle, format_)
        oracle.execute("UPDATE VERIFIED SET NAME=NAME||'!'")
        result = verify_deep(job.id)
        assert (result.exit_code, result.stderr) == (0, "")
        assert "\tok, 3 rows as in Oracle\n" in result.stdout

    def test_tells_what_was_changed_in_a_file_and_no_masked_value(
        self, tmp_path: Path, oracle: OracleAtHand, verify_deep: Run
    ) -> None:
        job = self.written(tmp_path, oracle, Format.JSONL_GZ)
        file = tmp_path / "objects" / "lake" / job.folder / "VERIFIED.jsonl.gz"
        plain = gzip.decompress(file.read_bytes())
        file.write_bytes(gzip.compress(plain.replace(b"-0.5", b"-0.6")))
        result = verify_deep(job.id)
        assert result.exit_code == 1
        said = "1 rows of the database are missing (ID=2), and 1 rows are not in it (ID=2)"
        assert said in result.stdout
        assert "clear" not in result.output


class TestUndoThatEndsWithinALargeTable:
    """Through the driver: reading more than 2,000 rows in one query fails with ORA-01555."""

    def result(self, folder: Path, monkeypatch: pytest.MonkeyPatch, run: Run, rows: int) -> Result:
        faults = FaultBook()
        with stand_in(faults=faults) as (oracle, _), oracle.source() as source:
            with oracle.session() as connection, connection.cursor() as cursor:
                cursor.execute("CREATE TABLE LARGE (ID NUMBER(9), NAME VARCHAR2(200))")
                cursor.executemany(
                    "INSERT INTO LARGE VALUES (:1,:2)", [(n, "x" * 100) for n in range(5000)]
                )
                connection.commit()
            home = replace(a_home(folder), source=lambda _: source)
            job = start(home, put_transport(home, "LARGE"))
            drain(home)
            home.close()
            reading = r"^SELECT (?!COUNT).*FROM .*LARGE"
            faults.add(
                Rule(action=Action.ERROR, code=1555, statement=reading, after_rows=rows, times=None)
            )
            monkeypatch.setenv("ORACLE_DSN", oracle.dsn)
            monkeypatch.setenv("ORACLE_USERNAME", oracle.user)
            monkeypatch.setenv("ORACLE_PASSWORD", oracle.password)
            result = run(job.id, "--deep")
            assert faults.happened() > 0
            return result

    def test_is_compared_in_parts_that_undo_reaches_through(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Run
    ) -> None:
        result = self.result(tmp_path, monkeypatch, verify, 2000)
        assert (result.exit_code, result.stderr) == (0, "")
        assert "\tok, 5,000 rows as in Oracle\n" in result.stdout

    def test_is_not_compared_where_it_reaches_through_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Run
    ) -> None:
        result = self.result(tmp_path, monkeypatch, verify, 0)
        assert result.exit_code == 6
        assert "\tnot compared\n" in result.stdout
        assert "LARGE: not compared with the database: undo no longer reaches SCN" in result.stdout
        assert "verified" not in result.stdout
