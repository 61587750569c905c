"""`oracle-etl doctor` on a machine with a stand-in, or with little."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from command_line.main import main
from command_runs import Run
from first_contact_trials import served, tables_left
from journey_homes.oracle import CountingDatabase
from oracle_at_hand import OracleAtHand, stand_in
from oracle_standin.engine.database import OracleDatabase
from oracle_standin.faults import Action, FaultBook, Rule
from oracle_standin.values.text import KO16MSWIN949

NEEDED = ("settings", "state", "queue", "workers", "object store", "disk")


@pytest.fixture(scope="module")
def faults() -> FaultBook:
    return FaultBook()


@pytest.fixture(scope="module")
def oracle(faults: FaultBook) -> Iterator[OracleAtHand]:
    with served("23ai", faults=faults) as (account, _):
        yield account


@pytest.fixture
def told(oracle: OracleAtHand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what a machine with this Oracle has set."""
    monkeypatch.delenv("CONFIG_PATH", raising=False)
    monkeypatch.chdir(tmp_path)
    for variable, value in {
        "ORACLE_ETL_HOME": "embedded",
        "DATA_FOLDER": str(tmp_path / "data"),
        "ORACLE_DSN": oracle.dsn,
        "ORACLE_USERNAME": oracle.user,
        "ORACLE_PASSWORD": oracle.password,
    }.items():
        monkeypatch.setenv(variable, value)


@pytest.fixture
def doctor(told: None, faults: FaultBook) -> Iterator[Run]:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["doctor", *arguments])

    yield run
    faults.clear()


def events(result: Result, name: str) -> list[dict[str, Any]]:
    read = (json.loads(line) for line in result.stdout.splitlines())
    return [each["data"] for each in read if each["event"] == name]


class TestACheckUp:
    def test_of_a_machine_that_is_well_ends_with_0(self, doctor: Run) -> None:
        result = doctor("--json")
        findings = {each["part"]: each["health"] for each in events(result, "found")}
        assert result.exit_code == 0
        assert {each: findings[each] for each in (*NEEDED, "source default")} == dict.fromkeys(
            (*NEEDED, "source default"), "ok"
        )

    def test_says_what_to_do(self, doctor: Run) -> None:
        result = doctor()
        assert result.stdout.splitlines()[0] == "PART\tHEALTH\tFOUND\tWHAT TO DO"
        assert "GRANT SELECT ON V_$PARAMETER" in result.stdout

    def test_without_an_oracle_ends_with_1_and_says_what_to_set(
        self, doctor: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("ORACLE_DSN")
        result = doctor()
        assert result.exit_code == 1
        assert "set ORACLE_DSN" in result.stdout
        assert "broken: source default" in result.stderr

    def test_of_a_wrong_password_tries_it_once(
        self, doctor: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database = CountingDatabase()
        with served("23ai", database) as (account, _):
            monkeypatch.setenv("ORACLE_DSN", account.dsn)
            monkeypatch.setenv("ORACLE_PASSWORD", "wrong")
            database.logins = 0
            result = doctor("--json")
        assert (result.exit_code, database.logins) == (1, 1)
        [source] = [each for each in events(result, "found") if each["part"] == "source default"]
        assert "ORA-01017" in source["found"]
        assert "ORACLE_PASSWORD" in source["advice"]

    def test_of_settings_that_cannot_be_read_ends_with_2(
        self, doctor: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ETL_LEASE", "soon")
        assert doctor().exit_code == 2

    def test_of_a_folder_that_cannot_be_written_ends_with_2(
        self, doctor: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("DATA_FOLDER", str(tmp_path / "file"))
        result = doctor()
        assert result.exit_code == 2
        assert "set DATA_FOLDER" in result.stderr

    def test_of_several_sources_looks_at_each_that_is_configured(
        self, doctor: Run, oracle: OracleAtHand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = {"dsn": oracle.dsn, "username": oracle.user, "password": oracle.password}
        (tmp_path / "config.yaml").write_text(json.dumps({"sources": {"erp": account}}))
        monkeypatch.delenv("ORACLE_DSN")
        result = doctor("--json")
        assert result.exit_code == 0
        sources = [each["part"] for each in events(result, "found") if "source" in each["part"]]
        assert sources[0] == "source erp"
        assert "source default" not in sources


class TestAFirstContact:
    def test_writes_a_report_for_programs_and_one_for_people(
        self, doctor: Run, tmp_path: Path
    ) -> None:
        result = doctor("--first-contact", "--yes")
        assert result.exit_code == 0
        document = json.loads((tmp_path / "first-contact.json").read_text())
        assert document["well"] is True
        text = (tmp_path / "first-contact.txt").read_text()
        assert "TIMESTAMP(6): same" in text
        assert "GRANT EXECUTE ON DBMS_FLASHBACK" in text
        assert text.endswith("all types came back as they were put in\n")

    def test_tells_what_the_character_set_kept_from_being_tried(
        self, tmp_path: Path, told: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with stand_in(OracleDatabase(charset=KO16MSWIN949)) as (account, _):
            monkeypatch.setenv("ORACLE_DSN", account.dsn)
            monkeypatch.setenv("ORACLE_USERNAME", account.user)
            monkeypatch.setenv("ORACLE_PASSWORD", account.password)
            result = CliRunner().invoke(main, ["doctor", "--first-contact", "--yes"])
        said = "values left out, whose letters the character set lacks"
        assert f"VARCHAR2(200)\tsame\t16\t2 {said}" in result.stdout
        assert f"CLOB: same, 17 values: 2 {said}" in (tmp_path / "first-contact.txt").read_text()

    def test_names_no_host_no_user_and_no_password_in_them(
        self, doctor: Run, oracle: OracleAtHand, tmp_path: Path
    ) -> None:
        doctor("--first-contact", "--yes")
        address, _, service = oracle.dsn.partition("/")
        for report in ("first-contact.json", "first-contact.txt"):
            written = (tmp_path / report).read_text()
            for hidden in (*address.split(":"), service, oracle.user, oracle.password):
                assert hidden not in written

    def test_of_a_type_that_is_not_carried_ends_with_1_and_names_it(
        self, doctor: Run, faults: FaultBook, tmp_path: Path
    ) -> None:
        faults.add(Rule(action=Action.ERROR, statement="CREATE TABLE.*NCLOB", code=902))
        result = doctor("--first-contact", "--yes", "--json", "--report", "mine.json")
        assert result.exit_code == 1
        [problem] = events(result, "problem")
        assert problem["message"] == "not carried exactly: NCLOB"
        assert json.loads((tmp_path / "mine.json").read_text())["well"] is False
        assert "NOT ALL IS WELL" in (tmp_path / "mine.txt").read_text()
        [verdict] = [each for each in events(result, "tried_type") if each["type"] == "NCLOB"]
        assert (verdict["outcome"], verdict["told"]) == ("failed", "ORA-00902")

    def test_is_not_made_where_nobody_was_asked(self, doctor: Run, oracle: OracleAtHand) -> None:
        result = doctor("--first-contact")
        assert result.exit_code == 2
        assert "--yes" in result.stderr

    @pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1)])
    def test_asks_who_sits_there(
        self, told: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str, code: int
    ) -> None:
        monkeypatch.setattr("command_line.doctor_first_contact.is_asked", lambda: True)
        result = CliRunner().invoke(main, ["doctor", "--first-contact"], input=answer)
        assert result.exit_code == code
        assert (tmp_path / "first-contact.json").exists() is (code == 0)
        assert "ORACLE_ETL_TRY_" in result.stderr

    def test_that_leaves_a_table_ends_with_1_and_says_how_to_drop_it(
        self, doctor: Run, faults: FaultBook, oracle: OracleAtHand, tmp_path: Path
    ) -> None:
        faults.add(Rule(action=Action.ERROR, statement="DROP TABLE.*_00", code=20001))
        result = doctor("--first-contact", "--yes", "--json")
        assert result.exit_code == 1
        [problem] = events(result, "problem")
        document = json.loads((tmp_path / "first-contact.json").read_text())
        [left] = tables_left(oracle)
        assert (problem["code"], document["table_left"]) == ("TABLE_LEFT", left)
        assert "ORA-20001" in problem["message"]
        assert f'DROP TABLE "{oracle.user}"."{left}" PURGE' in problem["hint"]
        assert document["well"] is False
        text = (tmp_path / "first-contact.txt").read_text()
        assert f"LEFT IN THE SCHEMA, and nothing tried after it: {left}\nNOT ALL IS WELL" in text

    def test_of_an_oracle_that_goes_away_ends_with_4(self, doctor: Run, faults: FaultBook) -> None:
        faults.add(Rule(action=Action.DROP, statement="INSERT", times=None))
        faults.add(Rule(action=Action.DROP, statement="SESSION_PRIVS", times=None))
        result = doctor("--first-contact", "--yes")
        assert result.exit_code == 4
        assert "ORACLE_ETL_TRY_" not in result.stderr

    @pytest.mark.parametrize("report", ["nowhere/report.json", "report.txt"])
    def test_of_a_report_that_cannot_be_written_ends_with_2_before_anything_is_tried(
        self, doctor: Run, tmp_path: Path, report: str
    ) -> None:
        result = doctor("--first-contact", "--yes", "--report", report)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "--report" in result.stderr
        assert list(tmp_path.rglob("report*")) == []

    def test_of_a_source_that_is_not_configured_names_those_that_are(self, doctor: Run) -> None:
        result = doctor("--first-contact", "--yes", "--source", "erp")
        assert result.exit_code == 2
        assert "erp" in result.stderr
