from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import oracledb
import pytest

from command_line.exits import DataDiffers
from command_line.reading_back import Written, verify
from oracle_standin.engine.database import OracleDatabase
from oracle_standin.server import running

CREATE = """CREATE TABLE "T" (
    "ID" NUMBER(9), "PRICE" NUMBER, "NAME" VARCHAR2(40 CHAR), "AT" TIMESTAMP(6) WITH TIME ZONE,
    "DAY" DATE, "CODE" RAW(4), "NOTE" CLOB
)"""
INSERT = """INSERT INTO "T" VALUES (
    :1, TO_NUMBER(:2), :3, TO_TIMESTAMP_TZ(:4, 'YYYY-MM-DD HH24:MI:SS.FF6 TZR'),
    TO_DATE(:5, 'YYYY-MM-DD HH24:MI:SS'), HEXTORAW(:6), :7
)"""
BINDS = [
    (1, "0.1", "매출", "2026-01-18 10:30:00.500000 +09:00", "2026-01-18 10:30:00", "00FF", "long"),
    (2, None, None, None, None, None, None),
    (3, "-7", "b", "2026-01-18 10:30:00.000000 -05:00", "1999-12-31 23:59:59", "0A", None),
]
LINES: list[dict[str, Any]] = [
    {
        "ID": 1,
        "PRICE": "0.1",
        "NAME": "매출",
        "AT": "2026-01-18T10:30:00.500000+09:00",
        "DAY": "2026-01-18T10:30:00",
        "CODE": "AP8=",
        "NOTE": "long",
    },
    dict.fromkeys(("PRICE", "NAME", "AT", "DAY", "CODE", "NOTE")) | {"ID": 2},
    {
        "ID": 3,
        "PRICE": "-7",
        "NAME": "b",
        "AT": "2026-01-18T10:30:00-05:00",
        "DAY": "1999-12-31T23:59:59",
        "CODE": "Cg==",
        "NOTE": None,
    },
]


@pytest.fixture(scope="module")
def connection() -> Iterator[oracledb.Connection]:
    database = OracleDatabase()
    database.create_user("DEMO", "demo")
    with (
        running(database) as server,
        oracledb.connect(user="demo", password="demo", dsn=server.dsn) as connected,
    ):
        cursor = connected.cursor()
        cursor.execute(CREATE)
        for binds in BINDS:
            cursor.execute(INSERT, binds)
        connected.commit()
        yield connected


def written(folder: Path, *parts: Sequence[dict[str, Any]]) -> Written:
    """Write lines into one file for each part."""
    files = []
    for number, lines in enumerate(parts):
        file = folder / f"part-{number}.jsonl.gz"
        with gzip.open(file, "wt", encoding="utf-8") as target:
            target.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        files.append(file)
    return Written(owner="DEMO", table="T", files=tuple(files))


class TestFilesThatHoldWhatOracleHolds:
    def test_are_the_same_in_any_order(
        self, connection: oracledb.Connection, tmp_path: Path
    ) -> None:
        assert verify(connection, written(tmp_path, LINES[::-1])) == 3

    def test_are_the_same_in_any_number(
        self, connection: oracledb.Connection, tmp_path: Path
    ) -> None:
        assert verify(connection, written(tmp_path, LINES[:1], [], LINES[1:])) == 3


class TestATableWithADateBeforeTheYear1:
    @pytest.fixture
    def table(self, connection: oracledb.Connection) -> Iterator[str]:
        with connection.cursor() as cursor:
            cursor.execute('CREATE TABLE "OLD" ("D" DATE)')
            cursor.execute("""INSERT INTO "OLD" VALUES (DATE '-4712-01-01')""")
            connection.commit()
            yield "OLD"
            cursor.execute('DROP TABLE "OLD"')

    def test_is_compared_all_the_same(
        self, connection: oracledb.Connection, tmp_path: Path, table: str
    ) -> None:
        found = replace(written(tmp_path, [{"D": "-4712-01-01T00:00:00"}]), table=table)
        assert verify(connection, found) == 1
        other = replace(written(tmp_path, [{"D": "-4712-01-02T00:00:00"}]), table=table)
        with pytest.raises(DataDiffers):
            verify(connection, other)


class TestFilesThatHoldSomethingElse:
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("PRICE", "0.10000000000000000000000000000000000001"),
            ("PRICE", None),
            ("NAME", "매출 "),
            ("AT", "2026-01-18T10:30:00.500001+09:00"),
            ("AT", "2026-01-18T01:30:00.500000+00:00"),
            ("DAY", "2026-01-18T10:30:01"),
            ("CODE", "AP4="),
            ("NOTE", ""),
        ],
    )
    def test_in_one_value_are_found_out_and_the_row_is_named(
        self, connection: oracledb.Connection, tmp_path: Path, column: str, value: object
    ) -> None:
        lines = [{**LINES[0], column: value}, *LINES[1:]]
        with pytest.raises(DataDiffers, match=r"DEMO\.T") as raised:
            verify(connection, written(tmp_path, lines))
        assert "only Oracle" in raised.value.hint
        assert "long" in raised.value.hint

    @pytest.mark.parametrize("lines", [LINES[1:], [*LINES, LINES[0]], [], [LINES[0]] * 3])
    def test_in_number_are_found_out(
        self, connection: oracledb.Connection, tmp_path: Path, lines: list[dict[str, Any]]
    ) -> None:
        with pytest.raises(DataDiffers):
            verify(connection, written(tmp_path, lines))

    def test_in_columns_are_found_out(
        self, connection: oracledb.Connection, tmp_path: Path
    ) -> None:
        lines = [{**line, "MORE": 1} for line in LINES]
        with pytest.raises(DataDiffers, match="other columns"):
            verify(connection, written(tmp_path, lines))
