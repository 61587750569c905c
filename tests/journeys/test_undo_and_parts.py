"""A large table read in parts: undo that will not last is foreseen, and a retry reads the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from journey_homes.home import Home, StartHome
from journey_homes.oracle import Oracle, an_oracle
from journey_homes.written import Version
from oracle_standin.faults import Action, Rule

ROWS = 4_000
PARTS_READ = 3
READING = r'SELECT "ID".* FROM "SHOP"\."LARGE"'
FIGURES = re.compile(
    r"UNDO_RETENTION of at least (\d+) s \(now 1 s\) and undo tablespace RETENTION GUARANTEE"
)


@pytest.fixture(scope="module")
def large() -> Iterator[Oracle]:
    """Run an Oracle that these journeys alone use."""
    with an_oracle() as oracle:
        rows = [(number, f"row {number} " + "x" * 80) for number in range(ROWS)]
        oracle.make_table("LARGE", "ID NUMBER(9), NOTE VARCHAR2(200)", rows)
        yield oracle


@pytest.fixture(scope="module")
def parting_home(start_home: StartHome, large: Oracle) -> Iterator[Home]:
    with start_home(large, ETL_PART_BYTES="50000") as home:
        yield home


def attempts(home: Home) -> list[str]:
    return [each for each in home.names(home.bucket) if "_attempts/" in each]


def check_rows(version: Version) -> None:
    assert "_SUCCESS" in version.names
    assert sorted(row["ID"] for row in version.rows("LARGE")) == list(range(ROWS))


class TestUndoThatWillNotLast:
    def test_is_foreseen_and_told_to_whoever_watches(
        self, parting_home: Home, large: Oracle
    ) -> None:
        api = parting_home.api
        slow = Rule(action=Action.STALL, statement=READING, seconds=0.6, times=None)
        with large.keeping_undo_for(1), large.going_wrong(slow):
            transport = api.create(["SHOP.LARGE"])
            job = api.ended(api.execute(transport))
        version = Version(home=parting_home, transport=transport)
        assert job["status"] == "completed"
        check_rows(version)
        (warning,) = job["warnings"]
        found = FIGURES.search(warning)
        assert found is not None, warning
        assert int(found[1]) > 1
        table = api.tables(job["id"])["LARGE"]
        assert (table["warnings"], version.manifest["warnings"]) == ([warning], [warning])
        told = [each.data.get("warning") for each in api.watch(job["id"])]
        assert warning in told
        # The parts that still waited were made smaller.
        (written,) = version.manifest["tables"][0]["objects"]
        assert len(written["parts"]) > 8


class TestATableThatFailedHalfway:
    def test_leaves_its_finished_parts_to_the_retry(
        self, parting_home: Home, large: Oracle
    ) -> None:
        api = parting_home.api
        read = Rule(action=Action.STALL, statement=READING, seconds=0.1, times=PARTS_READ)
        denied = Rule(action=Action.ERROR, statement=READING, code=1031, times=None)
        with large.going_wrong(read, denied):
            transport = api.create(["SHOP.LARGE"])
            failed = api.ended(api.execute(transport))
        assert failed["status"] == "failed"
        assert len(attempts(parting_home)) == PARTS_READ
        again = api.ended(api.post(f"/jobs/{failed['id']}/retry")["id"])
        assert (again["status"], again["scn"]) == ("completed", failed["scn"])
        check_rows(Version(home=parting_home, transport=transport))
        assert api.tables(again["id"])["LARGE"]["row_count"] == ROWS
        assert attempts(parting_home) == []
