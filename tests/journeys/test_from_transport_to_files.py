"""Create a transport, run it, watch it, and read the files: nothing is lost and nothing changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from journey_homes.api import Document
from journey_homes.command import run
from journey_homes.event_stream import Event
from journey_homes.home import Home
from journey_homes.oracle import Oracle
from journey_homes.written import Version

EVERY_TYPE: dict[str, tuple[str, list[tuple[str, Any]]]] = {
    "N9": ("NUMBER(9)", [("0", 0), ("999999999", 999999999), ("-1", -1)]),
    "N18": ("NUMBER(18)", [("999999999999999999", "999999999999999999"), ("-1", "-1"), ("0", "0")]),
    "N38": ("NUMBER(38)", [("99999999999999999999999999999999999999", "9" * 38), ("0", "0")]),
    "MONEY": ("NUMBER(12,2)", [("12.5", Decimal("12.50")), ("-0.01", Decimal("-0.01"))]),
    "RATE": ("NUMBER(20,6)", [("-0.000001", "-0.000001"), ("1", "1.000000")]),
    "ROUNDED": ("NUMBER(5,-2)", [("12345", 12300)]),
    "ANY_NUMBER": (
        "NUMBER",
        [("0.1", "0.1"), ("12345678901234567890.123456789", "12345678901234567890.123456789")],
    ),
    "F": ("FLOAT", [("1.5", "1.5"), ("-0.25", "-0.25")]),
    "BF": ("BINARY_FLOAT", [("1.5f", Decimal("1.5")), ("BINARY_FLOAT_NAN", "NaN")]),
    "BD": (
        "BINARY_DOUBLE",
        [("0.1d", Decimal("0.1")), ("-BINARY_DOUBLE_INFINITY", "-Infinity")],
    ),
    "TRUTH": ("BOOLEAN", [("TRUE", True), ("FALSE", False)]),
    "V": (
        "VARCHAR2(200)",
        [
            ("'한글 ñ \"quoted\" \\ /'", '한글 ñ "quoted" \\ /'),
            ("CHR(1)||CHR(10)||CHR(9)", "\x01\n\t"),
        ],
    ),
    "NV": ("NVARCHAR2(50)", [("N'漢字 😀'", "漢字 😀")]),
    "C": ("CHAR(5)", [("'x'", "x    ")]),
    "NC": ("NCHAR(3)", [("N'가'", "가  ")]),
    "CL": ("CLOB", [("TO_CLOB(RPAD('x', 3000, 'y'))", "x" + "y" * 2999), ("EMPTY_CLOB()", "")]),
    "NCL": ("NCLOB", [("TO_NCLOB('긴 글')", "긴 글")]),
    "D": (
        "DATE",
        [
            ("TO_DATE('2024-02-29 23:59:59','YYYY-MM-DD HH24:MI:SS')", "2024-02-29T23:59:59"),
            ("DATE '9999-12-31'", "9999-12-31T00:00:00"),
        ],
    ),
    "TS": (
        "TIMESTAMP(6)",
        [("TIMESTAMP '2024-02-29 12:34:56.789012'", "2024-02-29T12:34:56.789012")],
    ),
    "TS9": (
        "TIMESTAMP(9)",
        [("TIMESTAMP '2024-02-29 12:34:56.789012345'", "2024-02-29T12:34:56.789012345")],
    ),
    "TZ": (
        "TIMESTAMP(6) WITH TIME ZONE",
        [
            ("TIMESTAMP '2024-02-29 12:34:56.789012 +09:00'", "2024-02-29T12:34:56.789012+09:00"),
            (
                "TIMESTAMP '2024-07-01 12:00:00 Europe/Berlin'",
                "2024-07-01T12:00:00.000000+02:00[Europe/Berlin]",
            ),
        ],
    ),
    "LTZ": (
        "TIMESTAMP(6) WITH LOCAL TIME ZONE",
        [("TIMESTAMP '2024-02-29 12:34:56.789012 +09:00'", "2024-02-29T03:34:56.789012Z")],
    ),
    "IDS": (
        "INTERVAL DAY(4) TO SECOND(6)",
        [
            ("INTERVAL '4 05:06:07.89' DAY TO SECOND", "P4DT5H6M7.89S"),
            ("INTERVAL '-1 00:00:01' DAY TO SECOND", "-P1DT1S"),
        ],
    ),
    "IYM": ("INTERVAL YEAR(4) TO MONTH", [("INTERVAL '12-3' YEAR TO MONTH", "P12Y3M")]),
    "R": ("RAW(100)", [("HEXTORAW('00FF10')", "AP8Q")]),
    "BL": ("BLOB", [("TO_BLOB(HEXTORAW('DEADBEEF'))", "3q2+7w=="), ("EMPTY_BLOB()", "")]),
    "RID": ("ROWID", [("CHARTOROWID('AAARF0AAEAAAACAAAA')", "AAARF0AAEAAAACAAAA")]),
    "X": ("XMLTYPE", [("XMLTYPE('<a>글</a>')", "<a>글</a>")]),
    "J": ("JSON", [('\'{"글":[1,null,true,"x"]}\'', {"글": [1, None, True, "x"]})]),
}
"""By column: its type, and values as SQL writes them, each with what JSON must hold."""

ROWS_OF_TYPES = max(len(values) for _, values in EVERY_TYPE.values()) + 1
"""One row of nulls comes last."""

ORDERS = [(number, f"주문 {number}" if number % 7 else None) for number in range(2_500)]


def row_of_types(number: int) -> dict[str, tuple[str, Any]]:
    """Return the number-th value of each column, null where it has no more."""
    return {
        column: values[number] if number < len(values) else ("NULL", None)
        for column, (_, values) in EVERY_TYPE.items()
    }


@pytest.fixture(scope="module")
def shop(oracle: Oracle) -> Oracle:
    """Fill a schema: a table of every type, a plain one, an empty one, one with an odd name."""
    types = ", ".join(f"{column} {type_}" for column, (type_, _) in EVERY_TYPE.items())
    oracle.make_table("EVERY_TYPE", f"ID NUMBER(9), {types}", [])
    for number in range(ROWS_OF_TYPES):
        values = ", ".join(sql for sql, _ in row_of_types(number).values())
        oracle.execute(f"INSERT INTO EVERY_TYPE VALUES ({number}, {values})")
    oracle.make_table("ORDERS", "ID NUMBER(9), NOTE VARCHAR2(100)", ORDERS)
    oracle.make_table("NO_ORDERS", "ID NUMBER(9), NOTE VARCHAR2(100)", [])
    return oracle


EXPECTED: dict[str, list[dict[str, Any]]] = {
    "EVERY_TYPE": [
        {"ID": number, **{column: json_ for column, (_, json_) in row_of_types(number).items()}}
        for number in range(ROWS_OF_TYPES)
    ],
    "ORDERS": [{"ID": number, "NOTE": note} for number, note in ORDERS],
    "NO_ORDERS": [],
}
TABLES = [f"SHOP.{name}" for name in EXPECTED]


@dataclass(frozen=True, kw_only=True)
class Carried:
    """A job that has ended, everything that a watcher was told, and what was written."""

    job: Document
    tables: dict[str, Document]
    events: list[Event]
    version: Version

    def told(self, name: str) -> list[Document]:
        """Return what the events of one name said, in order."""
        return [each.data for each in self.events if each.name == name]


@pytest.fixture(scope="module")
def carried(home: Home, shop: Oracle) -> Carried:
    """Carry the schema once, watched from the first moment."""
    transport = home.api.create(list(TABLES))
    job = home.api.execute(transport)
    events = list(home.api.watch(job))
    return Carried(
        job=home.api.job(job),
        tables=home.api.tables(job),
        events=events,
        version=Version(home=home, transport=transport),
    )


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: int(row["ID"]))


class TestAJob:
    def test_completes(self, carried: Carried) -> None:
        assert carried.job["status"] == "completed"
        assert carried.job["version"] == "v001"
        assert carried.job["total_rows"] == sum(map(len, EXPECTED.values()))
        assert carried.job["metrics"]["progress_percent"] == 100

    @pytest.mark.parametrize("table", list(EXPECTED))
    def test_writes_every_value_as_the_source_holds_it(self, carried: Carried, table: str) -> None:
        found = by_id(carried.version.rows(table))
        assert found == EXPECTED[table]
        assert [list(map(type, row.values())) for row in found] == [
            list(map(type, row.values())) for row in EXPECTED[table]
        ]

    def test_leaves_nothing_but_the_version(self, carried: Carried, home: Home) -> None:
        assert carried.version.names == sorted(
            [
                *(f"{name}.jsonl.gz" for name in EXPECTED),
                *(f"{name}.schema.json" for name in EXPECTED),
                "manifest.json",
                "_SUCCESS",
            ]
        )
        left = [each for each in home.names(home.bucket) if carried.job["id"] in each]
        assert left == []

    def test_marks_its_success_with_an_empty_object(self, carried: Carried) -> None:
        assert carried.version.read("_SUCCESS") == b""


class TestTheManifest:
    def test_names_the_job_and_its_moment(self, carried: Carried) -> None:
        manifest = carried.version.manifest
        assert manifest["job"] == carried.job["id"]
        assert manifest["status"] == "completed"
        assert manifest["scn"] == carried.job["scn"] > 0
        assert manifest["consistency"] == "scn"
        assert {table["scn"] for table in manifest["tables"]} == {manifest["scn"]}

    def test_tells_of_each_object_what_it_is(self, carried: Carried) -> None:
        for table in carried.version.manifest["tables"]:
            name = table["table"].rpartition(".")[2]
            [said] = table["objects"]
            data = carried.version.read(f"{name}.jsonl.gz")
            assert said["name"] == f"{carried.version.folder}{name}.jsonl.gz"
            assert said["bytes"] == len(data)
            assert said["sha256"] == hashlib.sha256(data).hexdigest()
            assert said["rows"] == table["counted_rows"] == len(EXPECTED[name])

    def test_is_what_the_api_shows(self, carried: Carried, home: Home) -> None:
        shown = home.api.get(f"/jobs/{carried.job['id']}/manifest")
        assert shown == json.loads(carried.version.read("manifest.json"))


class TestTheEvents:
    def test_end_with_complete(self, carried: Carried) -> None:
        assert [each.name for each in carried.events].count("complete") == 1
        assert carried.events[-1].name == "complete"
        assert carried.events[-1].data["status"] == "completed"
        assert carried.events[-1].data["total_rows"] == carried.job["total_rows"]

    def test_tell_of_each_table_its_start_and_its_end(self, carried: Carried) -> None:
        assert sorted(each["table"] for each in carried.told("table_start")) == sorted(TABLES)
        ends = {each["table"]: each["total_rows"] for each in carried.told("table_complete")}
        assert ends == {f"SHOP.{name}": len(rows) for name, rows in EXPECTED.items()}
        assert carried.told("error") == []

    def test_come_in_the_order_in_which_things_happen(self, carried: Carried) -> None:
        for table in TABLES:
            names = [each.name for each in carried.events if each.data.get("table") == table]
            between = names[1:-1]
            assert (names[0], names[-1]) == ("table_start", "table_complete")
            assert set(between) == {"progress"}

    def test_never_go_back_in_rows(self, carried: Carried) -> None:
        for table in TABLES:
            told = [each for each in carried.told("progress") if each["table"] == table]
            rows = [each["rows_processed"] for each in told]
            assert rows == sorted(rows)

    def test_each_have_an_id_of_their_own(self, carried: Carried) -> None:
        told = [each.id for each in carried.events if each.name != "progress"]
        assert len(set(told)) == len(told)


TRANSPORTS_FILE = """\
transports:
  - name: Carried by command
    tables: [SHOP.ORDERS, SHOP.NO_ORDERS]
"""


class TestTheCommandLine:
    def test_carries_what_a_file_says(self, home: Home, shop: Oracle, tmp_path: Path) -> None:
        (tmp_path / "transports.yaml").write_text(TRANSPORTS_FILE)
        applied = run(home, tmp_path, "transports", "apply", "transports.yaml", "--json")
        assert applied.code == 0, applied.complained
        assert [each["action"] for each in applied.events("change")] == ["create"]

        again = run(home, tmp_path, "transports", "apply", "transports.yaml", "--json")
        [unchanged] = again.events("change")
        assert unchanged["action"] == "unchanged"

        executed = run(
            home, tmp_path, "transports", "execute", unchanged["id"], "--watch", "--json"
        )
        assert executed.code == 0, executed.complained
        started, ended = executed.events("job")
        assert (started["id"], ended["status"]) == (ended["id"], "completed")
        [complete] = executed.events("complete")
        assert complete["total_rows"] == len(ORDERS)

        listed = run(home, tmp_path, "jobs", "list", "--transport", unchanged["id"], "--json")
        assert [each["id"] for each in listed.events("job")] == [ended["id"]]
        version = Version(home=home, transport=unchanged["id"])
        assert by_id(version.rows("ORDERS")) == EXPECTED["ORDERS"]
