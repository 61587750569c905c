"""Columns that other tools were seen to shift, rename, mistype or drop, and that stay here."""

from __future__ import annotations

import json

import pytest

from carried_through import Carried, carry
from journey_homes.api import Document
from journey_homes.embedded_home import EmbeddedHome
from journey_homes.oracle import Oracle

SECRET = "canary-900101-1234567"
PEOPLE = [(1, "name one", SECRET, "city one"), (2, "name two", SECRET, None)]
EVERY_MODE = (
    "ID NUMBER(9) NOT NULL, NAME VARCHAR2(20) NOT NULL, NOTE VARCHAR2(20), PRICE NUMBER(12,2), "
    "LARGE NUMBER(38), FREE NUMBER, BORN DATE, SEEN TIMESTAMP(6), AT_ONCE TIMESTAMP(6) WITH LOCAL "
    "TIME ZONE, ZONED TIMESTAMP(6) WITH TIME ZONE, SPAN INTERVAL DAY TO SECOND, R RAW(10), B BLOB, "
    "C CLOB, D BINARY_DOUBLE NOT NULL, J JSON"
)


@pytest.fixture(scope="module")
def filled(oracle: Oracle) -> Oracle:
    oracle.make_table(
        "PEOPLE",
        "ID NUMBER(9), NAME VARCHAR2(40), SSN VARCHAR2(40), CITY VARCHAR2(40)",
        PEOPLE,
    )
    oracle.make_table("MODES", EVERY_MODE, [])
    oracle.execute("""CREATE TABLE "Mixed Case" ("zebra" NUMBER(9), "Alpha" VARCHAR2(9))""")
    oracle.execute("""INSERT INTO "Mixed Case" VALUES (1, 'x')""")
    oracle.execute("CREATE TABLE ADDRESSES (ID NUMBER(9), PLACE UROWID)")
    oracle.execute("INSERT INTO ADDRESSES VALUES (1, 'AAARF0AAEAAAACAAAA')")
    return oracle


@pytest.fixture(scope="module")
def carried(home: EmbeddedHome, filled: Oracle) -> Carried:
    carried = carry(
        home,
        {"table": "SHOP.PEOPLE", "exclude": ["SSN"]},
        "SHOP.MODES",
        'SHOP."Mixed Case"',
    )
    assert carried.job["status"] == "completed", carried.job["error"]
    return carried


class TestAColumnThatIsExcluded:
    """Airflow removes its name and keeps its value, which then stands under the next name."""

    def test_shifts_no_value_under_another_name(self, carried: Carried) -> None:
        assert carried.rows("PEOPLE") == [
            {"ID": 1, "NAME": "name one", "CITY": "city one"},
            {"ID": 2, "NAME": "name two", "CITY": None},
        ]

    def test_is_not_in_the_schema(self, carried: Carried) -> None:
        assert list(fields(carried, "PEOPLE")) == ["ID", "NAME", "CITY"]


def fields(carried: Carried, table: str) -> dict[str, Document]:
    found = json.loads(carried.version.read(f"{table}.schema.json"))
    return {each["name"]: each for each in found}


class TestTheSchema:
    """Airflow writes REQUIRED where a column may be null, and STRING for all unusual types."""

    def test_requires_what_cannot_be_null_and_nothing_else(self, carried: Carried) -> None:
        modes = {name: each["mode"] for name, each in fields(carried, "MODES").items()}
        required = {name for name, mode in modes.items() if mode == "REQUIRED"}
        assert required == {"ID", "NAME", "D"}
        assert set(modes.values()) == {"REQUIRED", "NULLABLE"}

    def test_has_the_type_of_each_column(self, carried: Carried) -> None:
        assert {name: each["type"] for name, each in fields(carried, "MODES").items()} == {
            "ID": "INT64",
            "NAME": "STRING",
            "NOTE": "STRING",
            "PRICE": "NUMERIC",
            "LARGE": "BIGNUMERIC",
            "FREE": "STRING",
            "BORN": "DATETIME",
            "SEEN": "DATETIME",
            "AT_ONCE": "TIMESTAMP",
            "ZONED": "STRING",
            "SPAN": "STRING",
            "R": "BYTES",
            "B": "BYTES",
            "C": "STRING",
            "D": "FLOAT64",
            "J": "JSON",
        }


class TestATableWhoseNameIsInMixedCase:
    """ingestr turns names to upper case and does not find it; others to lower case."""

    def test_is_found_and_keeps_its_names_and_their_order(self, carried: Carried) -> None:
        table = carried.of_manifest("Mixed Case")
        [written] = table["objects"]
        name = written["name"].removeprefix(carried.version.folder).removesuffix(".jsonl.gz")
        [row] = carried.version.rows(name)
        assert list(row.items()) == [("zebra", 1), ("Alpha", "x")]


class TestAColumnOfATypeThatCannotBeCarried:
    """Others leave such columns out, or write NULL, and say nothing."""

    def test_stops_the_table_before_a_row_is_read(self, home: EmbeddedHome, filled: Oracle) -> None:
        carried = carry(home, "SHOP.ADDRESSES")
        assert carried.job["status"] == "failed"
        failure = carried.tables["ADDRESSES"]["failure"]
        assert "PLACE is UROWID" in failure["message"]
        assert "on_unsupported" in failure["hint"]
        assert "ADDRESSES.jsonl.gz" not in carried.version.names
        assert "_SUCCESS" not in carried.version.names
