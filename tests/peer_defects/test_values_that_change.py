"""Values that other tools were seen to change on their way out of Oracle, and that stay here.

Each class is one defect that was shown by running or reading another tool; what it does stands in
the class's docstring. The rows go through HTTP, a worker, Oracle's wire protocol and a file; they
are read by the standard library and pyarrow.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carried_through import Carried, carry
from journey_homes.embedded_home import EmbeddedHome
from journey_homes.oracle import Oracle

ALL_BYTES = bytes(range(256))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A table: its columns, and rows as SQL writes them or as binds."""

    columns: str
    inserts: tuple[tuple[str, Mapping[str, Any]], ...]

    @classmethod
    def of(cls, columns: str, *rows: str, **binds: Any) -> Held:  # noqa: ANN401 - any bind
        return cls(columns=columns, inserts=tuple((row, binds) for row in rows))


TABLES = {
    "ZEROS": Held.of(
        "ID NUMBER(9), N NUMBER(9), M NUMBER(12,2), F BINARY_DOUBLE, T VARCHAR2(5)",
        "1, 0, 0, 0, '0'",
        "2, NULL, NULL, NULL, NULL",
    ),
    "LONG_NUMBERS": Held.of(
        "ID NUMBER(9), FREE NUMBER, N38 NUMBER(38), S25 NUMBER(25,5), N20 NUMBER(20)",
        "1, 12345678901234567890.12345, 99999999999999999999999999999999999999,"
        " 12345678901234567890.12345, 18446744073709551615",
        "2, 0.1, -1, 0.00001, 9007199254740993",
    ),
    "SMALL_RATES": Held.of("ID NUMBER(9), RATE NUMBER(12,6)", "1, 0.01233", "2, -0.000001"),
    "MOMENTS": Held.of(
        "ID NUMBER(9), D DATE, T6 TIMESTAMP(6), T9 TIMESTAMP(9)",
        "1, TO_DATE('2024-02-29 23:59:58','YYYY-MM-DD HH24:MI:SS'),"
        " TIMESTAMP '2024-02-29 12:34:56.789012', TIMESTAMP '2024-02-29 12:34:56.123456789'",
        "2, TO_DATE('1969-12-31 23:59:59','YYYY-MM-DD HH24:MI:SS'),"
        " TIMESTAMP '1969-12-31 23:59:59.999999', TIMESTAMP '1900-01-01 00:00:00.000000001'",
    ),
    "BEFORE_CHRIST": Held.of(
        "ID NUMBER(9), D DATE", "1, TO_DATE('-0044-03-15','SYYYY-MM-DD')", "2, DATE '9999-12-31'"
    ),
    "ZONED": Held.of(
        "ID NUMBER(9), TZ TIMESTAMP(6) WITH TIME ZONE, LTZ TIMESTAMP(6) WITH LOCAL TIME ZONE",
        "1, TIMESTAMP '2024-02-29 12:34:56.789012 +09:00',"
        " TIMESTAMP '2024-02-29 12:34:56.789012 +09:00'",
        "2, TIMESTAMP '2024-07-01 12:00:00 Europe/Berlin', TIMESTAMP '2024-07-01 12:00:00 -05:30'",
    ),
    "SPANS": Held.of(
        "ID NUMBER(9), DS INTERVAL DAY(4) TO SECOND(6), YM INTERVAL YEAR(4) TO MONTH",
        "1, INTERVAL '4 05:06:07.89' DAY TO SECOND, INTERVAL '12-3' YEAR TO MONTH",
        "2, INTERVAL '-1 00:00:01' DAY TO SECOND, INTERVAL '-0-3' YEAR TO MONTH",
    ),
    "OCTETS": Held.of("ID NUMBER(9), R RAW(256), B BLOB", "1, :value, :value", value=ALL_BYTES),
    "LONG_TEXT": Held.of("ID NUMBER(9), L LONG", "1, :value", value="긴 글 " * 3000),
    "LONG_OCTETS": Held.of("ID NUMBER(9), L LONG RAW", "1, :value", value=ALL_BYTES * 20),
    "DOCUMENTS": Held.of(
        "ID NUMBER(9), C CLOB, N NCLOB, X XMLTYPE",
        "1, TO_CLOB('큰 글'), TO_NCLOB('漢字 😀'), XMLTYPE('<a>글</a>')",
    ),
}


@pytest.fixture(scope="module")
def filled(oracle: Oracle) -> Oracle:
    with oracle.session() as connection, connection.cursor() as cursor:
        for name, held in TABLES.items():
            cursor.execute(f"CREATE TABLE {name} ({held.columns})")
            for row, binds in held.inserts:
                cursor.execute(f"INSERT INTO {name} VALUES ({row})", dict(binds))
        connection.commit()
    return oracle


@pytest.fixture(scope="module")
def carried(home: EmbeddedHome, filled: Oracle) -> Carried:
    carried = carry(home, *(f"SHOP.{name}" for name in TABLES))
    assert carried.job["status"] == "completed", carried.job["error"]
    return carried


@pytest.fixture(scope="module")
def in_parquet(home: EmbeddedHome, filled: Oracle) -> Carried:
    named = [f"SHOP.{name}" for name in TABLES if name != "BEFORE_CHRIST"]
    carried = carry(home, *named, format="parquet")
    assert carried.job["status"] == "completed", carried.job["error"]
    return carried


def column(carried: Carried, table: str, name: str) -> list[Any]:
    return [row[name] for row in carried.rows(table)]


def parquet(carried: Carried, table: str) -> pa.Table:
    read = pq.read_table(io.BytesIO(carried.version.read(f"{table}.parquet")))
    return read.sort_by("ID")


class TestAZero:
    """Airflow writes `value or null_marker`, so that 0 becomes NULL."""

    def test_is_no_null(self, carried: Carried) -> None:
        assert carried.rows("ZEROS") == [
            {"ID": 1, "N": 0, "M": 0, "F": 0, "T": "0"},
            {"ID": 2, "N": None, "M": None, "F": None, "T": None},
        ]

    def test_is_no_null_in_parquet(self, in_parquet: Carried) -> None:
        found = parquet(in_parquet, "ZEROS").to_pylist()
        assert found == [
            {"ID": 1, "N": 0, "M": Decimal("0.00"), "F": 0.0, "T": "0"},
            {"ID": 2, "N": None, "M": None, "F": None, "T": None},
        ]


class TestANumberOfManyDigits:
    """Airflow, Airbyte, Data Fusion and others turn NUMBER into a float; ingestr into (38,9)."""

    def test_keeps_every_digit(self, carried: Carried) -> None:
        assert carried.rows("LONG_NUMBERS") == [
            {
                "ID": 1,
                "FREE": "12345678901234567890.12345",
                "N38": "9" * 38,
                "S25": "12345678901234567890.12345",
                "N20": "18446744073709551615",
            },
            {"ID": 2, "FREE": "0.1", "N38": "-1", "S25": "0.00001", "N20": "9007199254740993"},
        ]

    def test_keeps_every_digit_in_parquet(self, in_parquet: Carried) -> None:
        found = parquet(in_parquet, "LONG_NUMBERS")
        assert found["S25"].to_pylist() == [
            Decimal("12345678901234567890.12345"),
            Decimal("0.00001"),
        ]
        assert found["N38"].to_pylist() == [Decimal("9" * 38), Decimal(-1)]
        assert found["FREE"].to_pylist() == ["12345678901234567890.12345", "0.1"]


class TestASmallFraction:
    """Sling wrote a NUMBER(12,6) of 0.01233 as 0, and rounded others to whole numbers."""

    def test_keeps_its_digits(self, carried: Carried) -> None:
        assert column(carried, "SMALL_RATES", "RATE") == [Decimal("0.01233"), Decimal("-0.000001")]

    def test_keeps_its_digits_in_parquet(self, in_parquet: Carried) -> None:
        found = parquet(in_parquet, "SMALL_RATES")["RATE"].to_pylist()
        assert found == [Decimal("0.012330"), Decimal("-0.000001")]


class TestAMoment:
    """Airflow writes whole seconds; drivers cut the digits 7 to 9; others drop a DATE's time."""

    def test_keeps_its_time_of_day(self, carried: Carried) -> None:
        assert column(carried, "MOMENTS", "D") == ["2024-02-29T23:59:58", "1969-12-31T23:59:59"]

    def test_keeps_its_microseconds(self, carried: Carried) -> None:
        assert column(carried, "MOMENTS", "T6") == [
            "2024-02-29T12:34:56.789012",
            "1969-12-31T23:59:59.999999",
        ]

    def test_keeps_its_nanoseconds(self, carried: Carried) -> None:
        assert column(carried, "MOMENTS", "T9") == [
            "2024-02-29T12:34:56.123456789",
            "1900-01-01T00:00:00.000000001",
        ]

    def test_keeps_its_microseconds_in_parquet(self, in_parquet: Carried) -> None:
        found = parquet(in_parquet, "MOMENTS")["T6"]
        assert found.type == pa.timestamp("us")
        assert found.to_pylist() == [
            datetime(2024, 2, 29, 12, 34, 56, 789012),  # noqa: DTZ001 - Oracle's has no zone
            datetime(1969, 12, 31, 23, 59, 59, 999999),  # noqa: DTZ001 - the same
        ]

    def test_without_a_zone_is_given_none(self, carried: Carried) -> None:
        """Sling writes a Z behind moments that have no zone."""
        texts = [text for name in ("D", "T6", "T9") for text in column(carried, "MOMENTS", name)]
        assert [text for text in texts if text.endswith("Z") or "+" in text] == []

    def test_before_christ_kills_no_row(self, carried: Carried) -> None:
        """The driver alone raises, and replicators write NULL."""
        assert column(carried, "BEFORE_CHRIST", "D") == [
            "-0044-03-15T00:00:00",
            "9999-12-31T00:00:00",
        ]


class TestAMomentWithAZone:
    """dlt and ingestr lose the offset; one region name stops a fetch of the driver."""

    def test_keeps_its_offset_and_its_region(self, carried: Carried) -> None:
        assert column(carried, "ZONED", "TZ") == [
            "2024-02-29T12:34:56.789012+09:00",
            "2024-07-01T12:00:00.000000+02:00[Europe/Berlin]",
        ]

    def test_of_the_session_comes_in_utc(self, carried: Carried) -> None:
        """Airflow's ensure_utc sends Oracle a statement of MySQL's."""
        assert column(carried, "ZONED", "LTZ") == [
            "2024-02-29T03:34:56.789012Z",
            "2024-07-01T17:30:00.000000Z",
        ]

    def test_of_the_session_is_an_instant_in_parquet(self, in_parquet: Carried) -> None:
        assert parquet(in_parquet, "ZONED")["LTZ"].type == pa.timestamp("us", tz="UTC")


class TestAnInterval:
    """Datastream's family writes NULL, oracle-parquet-exporter leaves the column out."""

    def test_is_written(self, carried: Carried) -> None:
        assert column(carried, "SPANS", "DS") == ["P4DT5H6M7.89S", "-P1DT1S"]
        assert column(carried, "SPANS", "YM") == ["P12Y3M", "-P3M"]


class TestOctets:
    """Sling once decoded a BLOB as UTF-8; oracle-parquet-exporter leaves RAW, BLOB and LONG out."""

    def test_come_whole(self, carried: Carried) -> None:
        [row] = carried.rows("OCTETS")
        assert base64.b64decode(row["R"], validate=True) == ALL_BYTES
        assert base64.b64decode(row["B"], validate=True) == ALL_BYTES

    def test_come_whole_in_parquet(self, in_parquet: Carried) -> None:
        found = parquet(in_parquet, "OCTETS")
        assert (found["R"].to_pylist(), found["B"].to_pylist()) == ([ALL_BYTES], [ALL_BYTES])

    def test_of_a_long_raw_come_whole(self, carried: Carried) -> None:
        [found] = column(carried, "LONG_OCTETS", "L")
        assert base64.b64decode(found, validate=True) == ALL_BYTES * 20


class TestALongText:
    """Replicators write NULL for LONG, NCLOB and XMLTYPE; a locator stops Airflow's json.dump."""

    def test_in_a_long_comes_whole(self, carried: Carried) -> None:
        assert column(carried, "LONG_TEXT", "L") == ["긴 글 " * 3000]

    def test_in_a_clob_comes_whole(self, carried: Carried) -> None:
        [row] = carried.rows("DOCUMENTS")
        assert row == {"ID": 1, "C": "큰 글", "N": "漢字 😀", "X": "<a>글</a>"}
