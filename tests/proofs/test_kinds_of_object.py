"""Every kind of object: how it is read, split and counted, as docs/objects-of-oracle.md says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from carried_through import Carried, a_home, carry
from journey_homes.embedded_home import EmbeddedHome
from journey_homes.oracle import Oracle, an_oracle
from journey_homes.written import only_member
from oracle_etl.model.columns import ObjectKind

ROWS = 600
COLUMNS = "ID NUMBER(9) PRIMARY KEY, CITY VARCHAR2(20), NOTE VARCHAR2(200)"
PAGE = Path(__file__).parents[2] / "docs" / "objects-of-oracle.md"
AT_SCN, IN_TRANSACTION = "counted at the same SCN", "counted in the same transaction"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of object: how to make it, and what is true of it."""

    kind: ObjectKind
    make: str
    is_split: bool
    proof: str = AT_SCN
    rows: int = ROWS
    filled: bool = False
    """Whether making it fills it."""


KINDS = {
    "HEAP": Kind(kind=ObjectKind.HEAP, make=f"CREATE TABLE HEAP ({COLUMNS})", is_split=True),
    "BY_RANGE": Kind(
        kind=ObjectKind.PARTITIONED,
        make=f"CREATE TABLE BY_RANGE ({COLUMNS}) PARTITION BY RANGE (ID) (PARTITION LOW VALUES "
        "LESS THAN (200), PARTITION HIGH VALUES LESS THAN (MAXVALUE))",
        is_split=True,
    ),
    "BY_HASH": Kind(
        kind=ObjectKind.PARTITIONED,
        make=f"CREATE TABLE BY_HASH ({COLUMNS}) PARTITION BY HASH (ID) PARTITIONS 4",
        is_split=True,
    ),
    "IN_CLUSTER": Kind(
        kind=ObjectKind.CLUSTERED,
        make=f"CREATE TABLE IN_CLUSTER ({COLUMNS}) CLUSTER CITIES (CITY)",
        is_split=True,
    ),
    "BY_INDEX": Kind(
        kind=ObjectKind.INDEX_ORGANISED,
        make=f"CREATE TABLE BY_INDEX ({COLUMNS}) ORGANIZATION INDEX",
        is_split=False,
    ),
    "A_VIEW": Kind(
        kind=ObjectKind.VIEW,
        make="CREATE VIEW A_VIEW AS SELECT ID, CITY, NOTE FROM HEAP",
        is_split=False,
        filled=True,
    ),
    "STORED_VIEW": Kind(
        kind=ObjectKind.MATERIALISED_VIEW,
        make="CREATE MATERIALIZED VIEW STORED_VIEW AS SELECT ID, CITY, NOTE FROM HEAP",
        is_split=True,
        filled=True,
    ),
    "OF_A_SESSION": Kind(
        kind=ObjectKind.TEMPORARY,
        make=f"CREATE GLOBAL TEMPORARY TABLE OF_A_SESSION ({COLUMNS}) ON COMMIT PRESERVE ROWS",
        is_split=False,
        rows=0,
        filled=True,
    ),
}


def note_of(number: int) -> str:
    return f"note {number} " + "x" * 100


def fill(oracle: Oracle) -> None:
    rows = [(number, f"city {number % 5}", note_of(number)) for number in range(ROWS)]
    oracle.execute("CREATE CLUSTER CITIES (CITY VARCHAR2(20))")
    for name, kind in KINDS.items():
        with oracle.session() as connection, connection.cursor() as cursor:
            cursor.execute(kind.make)
            if not kind.filled:
                cursor.executemany(f"INSERT INTO {name} VALUES (:1,:2,:3)", rows)
            connection.commit()
        if kind.kind not in {ObjectKind.VIEW, ObjectKind.TEMPORARY}:
            oracle.analyse(name)
    oracle.execute("CREATE SYNONYM ALIAS FOR HEAP", "CREATE SYNONYM ALIAS_OF_ALIAS FOR ALIAS")
    oracle.execute(
        "CREATE TABLE OUTSIDE (ID NUMBER(9)) ORGANIZATION EXTERNAL "
        "(TYPE ORACLE_LOADER DEFAULT DIRECTORY D LOCATION ('f.csv'))"
    )


@pytest.fixture(scope="module")
def filled() -> Iterator[Oracle]:
    with an_oracle() as oracle:
        fill(oracle)
        yield oracle


@pytest.fixture(scope="module")
def splitting_home(
    filled: Oracle, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedHome]:
    with a_home(tmp_path_factory.mktemp("home"), filled, ETL_PART_BYTES="16384") as home:
        yield home


@pytest.fixture(scope="module")
def carried(splitting_home: EmbeddedHome) -> Carried:
    names = [*KINDS, "ALIAS_OF_ALIAS"]
    return carry(splitting_home, *(f"SHOP.{name}" for name in names))


def rows_of(carried: Carried, name: str) -> list[dict[str, Any]]:
    assert only_member(carried.version.read(f"{name}.jsonl.gz")) is not None
    return carried.rows(name)


EXPECTED = [
    {"ID": number, "CITY": f"city {number % 5}", "NOTE": note_of(number)} for number in range(ROWS)
]


@pytest.mark.parametrize("name", list(KINDS))
class TestAnObjectOfEachKind:
    def test_is_known_for_what_it_is(self, splitting_home: EmbeddedHome, name: str) -> None:
        shown = splitting_home.api.get(f"/tables/SHOP.{name}")
        assert shown["kind"] == KINDS[name].kind

    def test_comes_with_every_row_once(self, carried: Carried, name: str) -> None:
        assert carried.job["status"] == "completed", carried.job["error"]
        assert rows_of(carried, name) == EXPECTED[: KINDS[name].rows]

    def test_is_split_where_it_has_addresses(self, carried: Carried, name: str) -> None:
        parts = carried.tables[name]["parts_total"]
        assert parts >= 3 if KINDS[name].is_split else parts <= 1

    def test_is_counted(self, carried: Carried, name: str) -> None:
        table = carried.of_manifest(name)
        assert table["counted_rows"] == table["rows"] == KINDS[name].rows
        assert table["proof"] == KINDS[name].proof


class TestASynonym:
    def test_is_read_as_what_it_leads_to_and_keeps_its_name(self, carried: Carried) -> None:
        assert rows_of(carried, "ALIAS_OF_ALIAS") == EXPECTED
        table = carried.of_manifest("ALIAS_OF_ALIAS")
        assert (table["table"], table["resolved"]) == ("SHOP.ALIAS_OF_ALIAS", "SHOP.HEAP")
        assert carried.tables["ALIAS_OF_ALIAS"]["parts_total"] >= 3


class TestAnExternalTable:
    def test_fails_with_the_error_of_its_file(self, splitting_home: EmbeddedHome) -> None:
        carried = carry(splitting_home, "SHOP.OUTSIDE")
        assert carried.job["status"] == "failed"
        assert "ORA-29913" in carried.tables["OUTSIDE"]["failure"]["message"]
        shown = splitting_home.api.get("/tables/SHOP.OUTSIDE")
        assert shown["kind"] == ObjectKind.EXTERNAL


class TestAQuery:
    def test_is_read_in_a_transaction_of_its_own(self, splitting_home: EmbeddedHome) -> None:
        entry = {"table": "CHOSEN", "query": "SELECT ID, CITY, NOTE FROM HEAP WHERE ID<100"}
        carried = carry(splitting_home, entry)
        assert rows_of(carried, "CHOSEN") == EXPECTED[:100]
        table = carried.of_manifest("CHOSEN")
        assert (table["proof"], table["scn"]) == (IN_TRANSACTION, None)
        assert carried.tables["CHOSEN"]["parts_total"] <= 1


class TestThePage:
    def test_says_of_each_kind_whether_it_is_split(self) -> None:
        rows = [line.split(" | ") for line in PAGE.read_text("utf-8").splitlines()]
        told = {row[0].removeprefix("| "): row[2].startswith("by ROWID") for row in rows if row[3:]}
        told.pop("kind")
        assert told == {str(kind): kind.has_ranges for kind in ObjectKind}
