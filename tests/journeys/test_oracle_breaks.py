"""Oracle breaks in the middle of a job: the job ends right, or says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from journey_homes.api import Document
from journey_homes.home import Home, StartHome
from journey_homes.oracle import Oracle, an_oracle
from journey_homes.written import Version
from oracle_standin.faults import Action, Rule

ROWS = 3_000
COLUMNS = "ID NUMBER(9), NOTE VARCHAR2(200)"
FEW_ROWS = 50
EITHER_READING = r'SELECT "ID".* FROM "SHOP"'
READING = r'SELECT "ID".* FROM "SHOP"\."BROKEN"'


@pytest.fixture(scope="module")
def breaking() -> Iterator[Oracle]:
    """Run an Oracle that these journeys alone use."""
    with an_oracle() as oracle:
        for name in ("BROKEN", "WHOLE"):
            rows = [(number, f"{name} {number} " + "x" * 80) for number in range(ROWS)]
            oracle.make_table(name, COLUMNS, rows)
        oracle.make_table("FORGOTTEN", COLUMNS, [(number, "x") for number in range(FEW_ROWS)])
        yield oracle


@pytest.fixture(scope="module")
def breaking_home(start_home: StartHome, breaking: Oracle) -> Iterator[Home]:
    # A lease that no loaded machine outlasts: an attempt that fails did so because of Oracle.
    with start_home(breaking, ETL_LEASE="30s") as home:
        yield home


def carried(
    home: Home, *, tables: tuple[str, ...] = ("BROKEN", "WHOLE")
) -> tuple[Document, Version]:
    api = home.api
    transport = api.create([f"SHOP.{name}" for name in tables])
    job = api.ended(api.execute(transport))
    return job, Version(home=home, transport=transport)


def check_rows(version: Version, *names: str) -> None:
    assert "_SUCCESS" in version.names
    for name in names:
        assert sorted(row["ID"] for row in version.rows(name)) == list(range(ROWS))


class TestAConnectionThatBreaks:
    @pytest.mark.parametrize("how", [Action.DROP, Action.HALF])
    def test_in_the_middle_of_a_table_costs_an_attempt_and_no_row(
        self, breaking_home: Home, breaking: Oracle, how: Action
    ) -> None:
        cut = Rule(action=how, statement=READING, after_rows=1_000)
        with breaking.going_wrong(cut):
            job, version = carried(breaking_home)
        assert job["status"] == "completed"
        check_rows(version, "BROKEN", "WHOLE")
        tables = breaking_home.api.tables(job["id"])
        assert {name: each["attempts_failed"] for name, each in tables.items()} == {
            "BROKEN": 1,
            "WHOLE": 0,
        }

    def test_while_the_table_is_planned_costs_an_attempt_as_well(
        self, breaking_home: Home, breaking: Oracle
    ) -> None:
        with breaking.going_wrong(Rule(action=Action.DROP, statement="ALL_TAB_COLS")):
            job, version = carried(breaking_home)
        assert job["status"] == "completed"
        check_rows(version, "BROKEN", "WHOLE")


class TestUndoThatDoesNotReach:
    def test_for_a_long_read_is_answered_by_shorter_ones(
        self, breaking_home: Home, breaking: Oracle
    ) -> None:
        too_old = Rule(
            action=Action.ERROR, statement=READING, code=1555, after_rows=1_000, times=None
        )
        with breaking.going_wrong(too_old):
            job, version = carried(breaking_home, tables=("BROKEN",))
        assert job["status"] == "completed"
        check_rows(version, "BROKEN")
        [table] = version.manifest["tables"]
        [written] = table["objects"]
        assert table["scn"] == job["scn"]
        assert len(written["parts"]) >= 4
        assert sum(part["rows"] for part in written["parts"]) == ROWS
        assert max(part["rows"] for part in written["parts"]) <= 1_000

    def test_at_all_fails_the_table_and_says_which_setting_to_ask_for(
        self, breaking_home: Home, breaking: Oracle
    ) -> None:
        forgotten = r'SELECT "ID".* FROM "SHOP"\."FORGOTTEN"'
        gone = Rule(action=Action.ERROR, statement=forgotten, code=1555, times=None)
        with breaking.going_wrong(gone):
            job, version = carried(breaking_home, tables=("FORGOTTEN", "WHOLE"))
        assert job["status"] == "failed"
        failure = breaking_home.api.tables(job["id"])["FORGOTTEN"]["failure"]
        assert failure["code"] == "SNAPSHOT_GONE"
        assert "UNDO_RETENTION" in failure["hint"]
        assert "WHOLE.jsonl.gz" in version.names
        assert not {"FORGOTTEN.jsonl.gz", "_SUCCESS"} & set(version.names)


class TestAPasswordThatIsWrong:
    def test_is_not_tried_for_every_table(
        self,
        start_home: StartHome,
        breaking: Oracle,
        record_property: Callable[[str, object], None],
    ) -> None:
        tables = tuple(f"TABLE_{number}" for number in range(20))
        before = breaking.logins
        with start_home(breaking, ORACLE_PASSWORD="mistyped") as home:
            job, version = carried(home, tables=tables)
            [status] = home.api.get("/oracle/status")["sources"]
            failures = [each["failure"] for each in home.api.tables(job["id"]).values()]
            logins = breaking.logins - before
            again, _ = carried(home, tables=tables)
        record_property("logins", logins)
        # Two workers may begin at once; Oracle's default profile locks an account after ten.
        assert 0 < logins <= 3
        assert (again["status"], breaking.logins - before) == ("failed", logins)
        assert (job["status"], job["tables_failed"]) == ("failed", 20)
        assert {failure["code"] for failure in failures} == {"ORACLE_LOGIN_REFUSED"}
        assert all("ORACLE_PASSWORD" in failure["hint"] for failure in failures)
        assert (status["status"], "refused this login" in status["error"]) == ("unreachable", True)
        assert version.names == [f"manifest-{job['id']}.json"]


class TestAListenerThatIsDown:
    def test_for_a_while_costs_attempts_and_no_row(
        self, start_home: StartHome, breaking: Oracle
    ) -> None:
        restart = Rule(action=Action.RESTART, statement=EITHER_READING, seconds=4)
        with start_home(breaking) as home, breaking.going_wrong(restart):
            job, version = carried(home)
            assert job["status"] == "completed"
            check_rows(version, "BROKEN", "WHOLE")
            tables = home.api.tables(job["id"])
            assert sum(each["attempts_failed"] for each in tables.values()) >= 1

    def test_for_good_ends_the_job_and_says_what_to_look_at(
        self, start_home: StartHome, breaking: Oracle
    ) -> None:
        with start_home(breaking, ORACLE_DSN="127.0.0.1:1/NOWHERE", ETL_ATTEMPTS="2") as home:
            job, version = carried(home)
            tables = home.api.tables(job["id"])
            returned = [
                stage["note"]
                for each in tables.values()
                for stage in each["stages"]
                if stage["name"] == "returned"
            ]
        assert job["status"] == "failed"
        assert {each["failure"]["code"] for each in tables.values()} == {"ATTEMPTS_EXHAUSTED"}
        assert returned
        assert all("DPY-6005" in note for note in returned)
        assert "_SUCCESS" not in version.names
