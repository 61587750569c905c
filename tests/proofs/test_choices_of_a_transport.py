"""What a transport may choose, each from the request to the bytes of the file."""

from __future__ import annotations

import gzip
import io
import itertools
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest

from carried_through import Carried, carry, carry_again
from journey_homes.embedded_home import EmbeddedHome
from journey_homes.oracle import Oracle

NUMBERS = itertools.count(1)


def a_table(oracle: Oracle, columns: str, *rows: str) -> str:
    """Make a table with a name of its own."""
    name = f"CHOSEN_{next(NUMBERS)}"
    inserts = [f"INSERT INTO {name} VALUES ({row})" for row in rows]
    oracle.execute(f"CREATE TABLE {name} ({columns})", *inserts)
    return name


def lines(carried: Carried, table: str) -> list[str]:
    return gzip.decompress(carried.version.read(f"{table}.jsonl.gz")).decode().splitlines()


def run_twice(
    home: EmbeddedHome, oracle: Oracle, name: str, *between: str, **fields: object
) -> Carried:
    """Carry a table, change it, carry it again, and return the second job."""
    first = carry(home, f"SHOP.{name}", **fields)
    assert first.job["status"] == "completed", first.job["error"]
    oracle.execute(*between)
    return carry_again(home, first.transport, label="v002")


class TestAColumnThatIsNewSinceTheLastVersion:
    @pytest.fixture
    def name(self, oracle: Oracle) -> str:
        return a_table(oracle, "ID NUMBER(9)", "1")

    def test_fails_the_job_where_it_shall(
        self, home: EmbeddedHome, oracle: Oracle, name: str
    ) -> None:
        change = f"ALTER TABLE {name} ADD (EXTRA VARCHAR2(9))"
        carried = run_twice(home, oracle, name, change, on_schema_change="fail")
        assert carried.job["status"] == "failed"
        assert "column EXTRA is new" in carried.job["error"]
        assert "_SUCCESS" not in carried.version.names
        assert "manifest.json" not in carried.version.names
        shown = home.api.get(f"/jobs/{carried.job['id']}/manifest")
        assert (shown["status"], shown["failure"]) == ("failed", carried.job["error"])

    def test_is_a_warning_by_default(self, home: EmbeddedHome, oracle: Oracle, name: str) -> None:
        carried = run_twice(home, oracle, name, f"ALTER TABLE {name} ADD (EXTRA VARCHAR2(9))")
        assert carried.job["status"] == "completed"
        assert any("column EXTRA is new" in each for each in carried.version.manifest["warnings"])
        assert "_SUCCESS" in carried.version.names

    def test_passes_in_silence_where_it_may(
        self, home: EmbeddedHome, oracle: Oracle, name: str
    ) -> None:
        change = f"ALTER TABLE {name} ADD (EXTRA VARCHAR2(9))"
        carried = run_twice(home, oracle, name, change, on_schema_change="allow")
        assert (carried.job["status"], carried.version.manifest["warnings"]) == ("completed", [])
        assert carried.rows(name) == [{"ID": 1, "EXTRA": None}]


class TestATableThatLostMostOfItsRows:
    @pytest.mark.parametrize(("most", "status"), [(50, "failed"), (60, "completed")])
    def test_is_refused_beyond_the_largest_drop(
        self, home: EmbeddedHome, oracle: Oracle, most: int, status: str
    ) -> None:
        name = a_table(oracle, "ID NUMBER(9)", *map(str, range(10)))
        change = f"DELETE FROM {name} WHERE ID>=4"
        carried = run_twice(home, oracle, name, change, max_row_drop_percent=most)
        assert carried.job["status"] == status
        assert ("_SUCCESS" in carried.version.names) is (status == "completed")
        if status == "failed":
            assert "fell from 10 to 4 rows" in carried.job["error"]


class TestAColumnThatCannotBeCarriedExactly:
    ROWID = "AAARF0AAEAAAACAAAA"

    @pytest.fixture
    def name(self, oracle: Oracle) -> str:
        return a_table(oracle, "ID NUMBER(9), PLACE UROWID", f"1, '{self.ROWID}'", "2, NULL")

    def test_fails_in_planning_by_default(self, home: EmbeddedHome, name: str) -> None:
        carried = carry(home, f"SHOP.{name}")
        assert carried.job["status"] == "failed"
        assert "PLACE" in carried.tables[name]["failure"]["message"]

    @pytest.mark.parametrize(
        ("form", "rows"),
        [
            ("text", [{"ID": 1, "PLACE": ROWID}, {"ID": 2, "PLACE": None}]),
            ("null", [{"ID": 1, "PLACE": None}, {"ID": 2, "PLACE": None}]),
            ("skip", [{"ID": 1}, {"ID": 2}]),
        ],
    )
    def test_is_carried_in_the_chosen_form_and_the_manifest_says_so(
        self, home: EmbeddedHome, name: str, form: str, rows: list[Any]
    ) -> None:
        carried = carry(home, f"SHOP.{name}", on_unsupported=form)
        assert carried.job["status"] == "completed", carried.job["error"]
        assert carried.rows(name) == rows
        table = carried.of_manifest(name)
        assert table["columns_left_out"] == (["PLACE"] if form == "skip" else [])
        assert any("PLACE" in each for each in table["warnings"])

    def test_may_be_chosen_for_one_table(self, home: EmbeddedHome, name: str) -> None:
        carried = carry(home, {"table": f"SHOP.{name}", "on_unsupported": "skip"})
        assert carried.rows(name) == [{"ID": 1}, {"ID": 2}]


NUMERALS = "1, 12345678901234567, 0.5, 12.5"


class TestNumbersInJson:
    @pytest.fixture
    def name(self, oracle: Oracle) -> str:
        return a_table(
            oracle, "ID NUMBER(9), LONG_ONE NUMBER(17), FREE NUMBER, P NUMBER(9,2)", NUMERALS
        )

    @pytest.mark.parametrize(
        ("form", "line"),
        [
            ("auto", '{"ID":1,"LONG_ONE":"12345678901234567","FREE":"0.5","P":12.5}'),
            ("digits", '{"ID":1,"LONG_ONE":12345678901234567,"FREE":0.5,"P":12.5}'),
            ("text", '{"ID":"1","LONG_ONE":"12345678901234567","FREE":"0.5","P":"12.50"}'),
        ],
    )
    def test_stand_as_chosen(self, home: EmbeddedHome, name: str, form: str, line: str) -> None:
        assert lines(carry(home, f"SHOP.{name}", numbers=form), name) == [line]

    def test_are_no_choice_of_parquet(self, home: EmbeddedHome, name: str) -> None:
        carried = carry(home, f"SHOP.{name}", numbers="text", format="parquet")
        [row] = pq.read_table(io.BytesIO(carried.version.read(f"{name}.parquet"))).to_pylist()
        assert row == {
            "ID": 1,
            "LONG_ONE": 12345678901234567,
            "FREE": "0.5",
            "P": Decimal("12.50"),
        }


class TestNullsInJson:
    @pytest.mark.parametrize(
        ("form", "expected"),
        [
            ("explicit", ['{"ID":1,"T":null,"N":null}', '{"ID":null,"T":"x","N":0}']),
            ("absent", ['{"ID":1}', '{"T":"x","N":0}']),
        ],
    )
    def test_stand_or_are_absent(
        self, home: EmbeddedHome, oracle: Oracle, form: str, expected: list[str]
    ) -> None:
        columns = "ID NUMBER(9), T VARCHAR2(9), N NUMBER(9)"
        name = a_table(oracle, columns, "1, '', NULL", "NULL, 'x', 0")
        assert lines(carry(home, f"SHOP.{name}", nulls=form), name) == expected


class TestAnOrder:
    def test_is_the_order_of_the_lines(self, home: EmbeddedHome, oracle: Oracle) -> None:
        rows = [f"{n}, {n * 7 % 5}" for n in range(20)]
        name = a_table(oracle, 'ID NUMBER(9), "Kind" NUMBER(9)', *rows)
        carried = carry(home, {"table": f"SHOP.{name}", "order": ['"Kind" DESC NULLS LAST', "id"]})
        assert carried.job["status"] == "completed", carried.job["error"]
        found = [(row["Kind"], row["ID"]) for row in carried.version.rows(name)]
        assert found == sorted(found, key=lambda each: (-each[0], each[1]))
        assert len(found) == 20


class TestANamedQuery:
    def test_is_read_counted_and_named_as_a_table(self, home: EmbeddedHome, oracle: Oracle) -> None:
        name = a_table(
            oracle, "ID NUMBER(9), CITY VARCHAR2(20)", *(f"{n}, 'city {n % 3}'" for n in range(30))
        )
        query = f"SELECT CITY, COUNT(*) AS PEOPLE FROM {name} WHERE ID>=:low GROUP BY CITY"
        carried = carry(home, {"table": "BY_CITY", "query": query, "binds": {"low": 3}})
        assert carried.job["status"] == "completed", carried.job["error"]
        assert sorted(row["CITY"] for row in carried.version.rows("BY_CITY")) == [
            "city 0",
            "city 1",
            "city 2",
        ]
        assert {row["PEOPLE"] for row in carried.version.rows("BY_CITY")} == {"9"}
        table = carried.of_manifest("BY_CITY")
        assert (table["rows"], table["counted_rows"], table["scn"]) == (3, 3, None)
        assert table["proof"] == "counted in the same transaction"
        assert table["warnings"] != []


class TestAPredicate:
    def test_takes_its_values_as_binds(self, home: EmbeddedHome, oracle: Oracle) -> None:
        name = a_table(oracle, "ID NUMBER(9), T VARCHAR2(20)", "1, 'a'", "2, 'x'' OR ''1''=''1'")
        entry = {"table": f"SHOP.{name}", "where": "T=:t", "binds": {"t": "x' OR '1'='1"}}
        carried = carry(home, {**entry, "columns": ["ID"]})
        assert carried.rows(name) == [{"ID": 2}]
        assert carried.of_manifest(name)["counted_rows"] == 1
