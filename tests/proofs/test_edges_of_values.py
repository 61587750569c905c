"""Values at the edges of what Oracle holds, as lines and as Parquet, and compared by `verify`."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import oracledb
import pyarrow.parquet as pq
import pytest

from carried_through import Carried, carry, verified
from journey_homes.embedded_home import EmbeddedHome
from journey_homes.oracle import Oracle

NUMBERS = (
    "1E125",
    "-1E-130",
    "9" * 40,
    "0." + "9" * 38,
    "123456789012345678901234567890.123456789",
    "-.5",
    "0",
    "9007199254740993",
)
SMALL_LOB = 32 * 1024
"""Characters or bytes from which a LOB is fetched alone."""
LENGTHS = (1, SMALL_LOB - 1, SMALL_LOB, SMALL_LOB + 1, 400_000)
TEXTS = (
    *(chr(code) * 3 + "x" for code in range(1, 128)),
    "\u2028\u2029\ufeff\u0085",
    '😀 글자 \\ " \' / \x7f\x7f":"',
    "  blanks  ",
)
NAMES = ("a\\b", "한글 칼럼", "x.y", "it's")
BASE = bytes(range(256))


def octets(length: int) -> bytes:
    return (BASE * (length // len(BASE) + 1))[:length]


def text(length: int) -> str:
    return ("가x😀" * length)[:length]


@pytest.fixture(scope="module")
def filled(oracle: Oracle) -> Oracle:
    """An Oracle with a table of each kind of edge."""
    oracle.execute(
        "CREATE TABLE EDGE_NUMBERS (ID NUMBER(9), N NUMBER)",
        *(f"INSERT INTO EDGE_NUMBERS VALUES ({at},{each})" for at, each in enumerate(NUMBERS)),
        "CREATE TABLE EDGE_SCALES (ID NUMBER(9), A NUMBER(5,-2), B NUMBER(3,10), C NUMBER(38,-84),"
        " D NUMBER(38), E NUMBER(38,38), F NUMBER(15), G NUMBER(16))",
        "INSERT INTO EDGE_SCALES VALUES (1,1234567,0.0000000123,1E100,"
        + "9" * 38
        + ",-0."
        + "9" * 38
        + ","
        + "9" * 15
        + ","
        + "9" * 16
        + ")",
    )
    with oracle.session() as connection, connection.cursor() as cursor:
        quoted = ", ".join(f'"{name}" VARCHAR2(9 CHAR)' for name in NAMES)
        cursor.execute(f"CREATE TABLE EDGE_TEXTS (ID NUMBER(9), T VARCHAR2(99 CHAR), {quoted})")
        rows = [(at, each, *NAMES) for at, each in enumerate(TEXTS)]
        cursor.executemany("INSERT INTO EDGE_TEXTS VALUES (:1,:2,:3,:4,:5,:6)", rows)
        cursor.execute("CREATE TABLE EDGE_LOBS (ID NUMBER(9), C CLOB, B BLOB)")
        for at, length in enumerate(LENGTHS):
            clob = connection.createlob(oracledb.DB_TYPE_CLOB, text(length))
            blob = connection.createlob(oracledb.DB_TYPE_BLOB, octets(length))
            cursor.execute("INSERT INTO EDGE_LOBS VALUES (:1,:2,:3)", [at, clob, blob])
        connection.commit()
    return oracle


TABLES = ("EDGE_NUMBERS", "EDGE_SCALES", "EDGE_TEXTS", "EDGE_LOBS")


@pytest.fixture(scope="module", params=["jsonl.gz", "parquet"])
def carried(home: EmbeddedHome, filled: Oracle, request: pytest.FixtureRequest) -> Carried:
    """The tables in one of the formats, verified against the database."""
    found = carry(home, *(f"SHOP.{each}" for each in TABLES), format=request.param)
    assert found.job["status"] == "completed", found.job["error"]
    proof = verified(home, filled, found.job["id"], "--deep")
    assert (proof.code, proof.complained) == (0, "")
    return found


def rows(carried: Carried, table: str) -> Sequence[Mapping[str, Any]]:
    if f"{table}.parquet" not in carried.version.names:
        return carried.rows(table)
    read = pq.read_table(io.BytesIO(carried.version.read(f"{table}.parquet"))).to_pylist()
    return sorted(read, key=lambda row: int(row["ID"]))


class TestNumbers:
    def test_at_the_edges_keep_every_digit(self, carried: Carried) -> None:
        found = [Decimal(row["N"]) for row in rows(carried, "EDGE_NUMBERS")]
        assert found == [Decimal(each) for each in NUMBERS]

    def test_of_any_declared_scale_keep_every_digit(self, carried: Carried) -> None:
        [row] = rows(carried, "EDGE_SCALES")
        assert {name: Decimal(value) for name, value in row.items()} == {
            "ID": 1,
            "A": 1234600,
            "B": Decimal("0.0000000123"),
            "C": Decimal("1E100"),
            "D": Decimal("9" * 38),
            "E": Decimal("-0." + "9" * 38),
            "F": Decimal("9" * 15),
            "G": Decimal("9" * 16),
        }


class TestTexts:
    def test_keep_every_character(self, carried: Carried) -> None:
        assert [row["T"] for row in rows(carried, "EDGE_TEXTS")] == list(TEXTS)

    def test_stand_under_their_columns_whatever_these_are_called(self, carried: Carried) -> None:
        row = rows(carried, "EDGE_TEXTS")[0]
        assert list(row) == ["ID", "T", *NAMES]
        assert [row[name] for name in NAMES] == list(NAMES)


class TestLobs:
    def test_of_every_length_come_whole(self, carried: Carried) -> None:
        found = [(row["C"], decoded(row["B"])) for row in rows(carried, "EDGE_LOBS")]
        assert found == [(text(each), octets(each)) for each in LENGTHS]


def decoded(value: str | bytes) -> bytes:
    return base64.b64decode(value) if isinstance(value, str) else value
