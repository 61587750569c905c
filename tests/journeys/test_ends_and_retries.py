"""Jobs that do not end well: cancelled, or with tables that fail; and how they are completed."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from functools import partial

import pytest

from journey_homes.api import Api
from journey_homes.home import Home, StartHome
from journey_homes.oracle import Oracle
from journey_homes.waiting import until
from journey_homes.written import Version
from oracle_standin.faults import Action, Rule

ROWS = 1_500
COLUMNS = "ID NUMBER(9), NOTE VARCHAR2(200)"
NAMES = ("FIRST", "SECOND", "THIRD")
TABLES = [f"SHOP.ENDS_{name}" for name in NAMES]
SECOND = r'SELECT "ID".* FROM "SHOP"\."ENDS_SECOND"'
LATER = r'SELECT "ID".* FROM "SHOP"\."ENDS_(SECOND|THIRD)"'


def trickle(statement: str, bytes_per_second: int) -> Rule:
    return Rule(
        action=Action.TRICKLE, statement=statement, bytes_per_second=bytes_per_second, times=None
    )


@pytest.fixture(scope="module")
def filled(oracle: Oracle) -> Oracle:
    for name in NAMES:
        rows = [(number, f"{name} {number} " + "x" * 150) for number in range(ROWS)]
        oracle.make_table(f"ENDS_{name}", COLUMNS, rows)
    return oracle


def check_rows(version: Version, names: tuple[str, ...] = NAMES) -> None:
    for name in names:
        rows = sorted(version.rows(f"ENDS_{name}"), key=lambda row: int(row["ID"]))
        assert [row["ID"] for row in rows] == list(range(ROWS))
        assert {row["NOTE"].split()[0] for row in rows} == {name}


class TestAJobThatIsCancelled:
    def test_stops_within_seconds_and_is_completed_by_a_retry(
        self, home: Home, filled: Oracle, record_property: Callable[[str, object], None]
    ) -> None:
        api = home.api
        # The first table goes through; whichever comes next would take almost one minute.
        with filled.going_wrong(trickle(LATER, 5_000)):
            transport = api.create(TABLES, parallel_tables=1)
            job = api.execute(transport)
            until(
                lambda: (
                    api.tables(job)["ENDS_FIRST"]["status"] == "completed"
                    and "running" in {each["status"] for each in api.tables(job).values()}
                ),
                within_seconds=30,
                what="the next table",
            )
            asked_at = time.monotonic()
            api.post(f"/jobs/{job}/cancel")
            ended = api.ended(job, within_seconds=40)
            until(lambda: not home.workers(), within_seconds=40, what="the workers' end")
            record_property(
                "seconds from cancel to the last worker's end", time.monotonic() - asked_at
            )
        assert ended["status"] == "cancelled"
        assert {name: each["status"] for name, each in api.tables(job).items()} == {
            "ENDS_FIRST": "completed",
            "ENDS_SECOND": "cancelled",
            "ENDS_THIRD": "cancelled",
        }
        version = Version(home=home, transport=transport)
        assert "_SUCCESS" not in version.names
        assert "manifest.json" not in version.names
        first = version.read("ENDS_FIRST.jsonl.gz")

        retried = api.ended(api.post(f"/jobs/{job}/retry")["id"])
        assert (retried["status"], retried["version"], retried["retry_of"]) == (
            "completed",
            "v001",
            job,
        )
        assert retried["scn"] == ended["scn"]
        assert "_SUCCESS" in version.names
        assert version.read("ENDS_FIRST.jsonl.gz") == first
        check_rows(version)


class TestATableThatFailsForGood:
    def test_fails_alone_and_says_why(self, home: Home, filled: Oracle) -> None:
        api = home.api
        gone = Rule(action=Action.ERROR, statement=SECOND, code=8103, times=None)
        with filled.going_wrong(gone):
            transport = api.create(TABLES)
            job = api.execute(transport)
            *_, last = events = list(api.watch(job))
        ended, tables = api.job(job), api.tables(job)
        assert ended["status"] == last.data["status"] == "failed"
        assert (ended["tables_completed"], ended["tables_failed"]) == (2, 1)
        assert "ENDS_SECOND" in ended["error"]
        assert "ORA-08103" in tables["ENDS_SECOND"]["failure"]["message"]
        assert tables["ENDS_SECOND"]["failure"]["hint"]
        assert [each.data["table"] for each in events if each.name == "error"] == [
            "SHOP.ENDS_SECOND",
            None,
        ]
        version = Version(home=home, transport=transport)
        check_rows(version, ("FIRST", "THIRD"))
        assert not {"_SUCCESS", "manifest.json", "ENDS_SECOND.jsonl.gz"} & set(version.names)
        assert api.get(f"/transports/{transport}")["status"] == "failed"

        retried = api.ended(api.post(f"/jobs/{job}/retry")["id"])
        assert (retried["status"], retried["version"]) == ("completed", "v001")
        assert {"_SUCCESS", "manifest.json"} <= set(version.names)
        check_rows(version)


class TestAJobWhoseWorkNeverEndsWell:
    def test_ends_failed_and_names_the_attempts(
        self, start_home: StartHome, filled: Oracle
    ) -> None:
        cut = Rule(action=Action.DROP, statement=SECOND, after_rows=500, times=None)
        with filled.going_wrong(cut), start_home(filled, ETL_ATTEMPTS="2") as home:
            job = home.api.execute(home.api.create(TABLES))
            ended = home.api.ended(job)
            second = home.api.tables(job)["ENDS_SECOND"]
        assert ended["status"] == "failed"
        assert second["status"] == "failed"
        assert "2 times" in second["failure"]["message"]
        assert [each["name"] for each in second["stages"]].count("planning") == 2
        (returned,) = (each for each in second["stages"] if each["name"] == "returned")
        assert returned["note"]

    @pytest.mark.prove
    def test_ends_failed_though_its_workers_die_of_it(
        self, start_home: StartHome, filled: Oracle
    ) -> None:
        slow = trickle(SECOND, 10_000)
        settings = {"ETL_ATTEMPTS": "2", "ETL_LEASE": "1500ms", "ETL_RENEWAL": "400ms"}
        with filled.going_wrong(slow), start_home(filled, **settings) as home:
            api = home.api
            job = api.execute(api.create(["SHOP.ENDS_SECOND"]))

            for attempt in (1, 2):
                until(
                    partial(has_begun, api, job, attempt),
                    within_seconds=30,
                    what=f"attempt {attempt}",
                )
                for worker in home.workers():
                    home.end_worker(worker, signal.SIGKILL)
            ended = api.ended(job)
            failure = api.tables(job)["ENDS_SECOND"]["failure"]
        assert ended["status"] == "failed"
        assert failure["code"] == "ATTEMPTS_EXHAUSTED"
        assert failure["hint"]


def has_begun(api: Api, job: str, attempt: int) -> bool:
    stages = [each["name"] for each in api.tables(job)["ENDS_SECOND"]["stages"]]
    return stages.count("planning") == attempt
