from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import oracledb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle_standin.port import OracleType
from oracle_standin.values.cells import NULL, cell
from oracle_value_kinds import KINDS, Kind, renamed
from scripted_oracle import ScriptedDatabase, column

FRAMED = [kind for kind in KINDS if kind.in_frames]
quick = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

Rows = list[tuple[Any, ...]]
FRESH = itertools.count()


@pytest.fixture(autouse=True)
def exact_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracledb.defaults, "fetch_decimals", True)
    monkeypatch.setattr(oracledb.defaults, "fetch_lobs", False)


def with_repeats(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Give lists in which neighbours are often equal, so that they are left out on the wire."""
    few = st.lists(st.none() | values, min_size=1, max_size=3)
    return few.flatmap(lambda pool: st.lists(st.sampled_from(pool), max_size=12))


def fill(database: ScriptedDatabase, kinds: Sequence[Kind], rows: Rows) -> str:
    """Make a table and return a query of it that no cache has seen."""
    database.table(
        "T",
        *(kind.column for kind in kinds),
        rows=[[kind.cell(value) for kind, value in zip(kinds, row, strict=True)] for row in rows],
    )
    return f"SELECT /* {next(FRESH)} */ * FROM T"


@st.composite
def tables(draw: st.DrawFn, kinds: Sequence[Kind]) -> tuple[list[Kind], Rows]:
    chosen = [
        renamed(kind, f"C{index}")
        for index, kind in enumerate(draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=9)))
    ]
    columns = [draw(with_repeats(kind.values)) for kind in chosen]
    height = min(map(len, columns))
    return chosen, list(zip(*(values[:height] for values in columns), strict=True))


class TestAColumn:
    @pytest.mark.parametrize("kind", KINDS, ids=str)
    def test_of_any_type_is_read_as_it_was_stored(
        self, connection: oracledb.Connection, database: ScriptedDatabase, kind: Kind
    ) -> None:
        @quick
        @given(with_repeats(kind.values))
        def check(values: list[Any]) -> None:
            rows = [(value,) for value in values]
            query = fill(database, [kind], rows)
            cursor = connection.cursor()
            cursor.arraysize, cursor.prefetchrows = 3, 2
            assert cursor.execute(query).fetchall() == rows

        check()

    @pytest.mark.parametrize("kind", FRAMED, ids=str)
    def test_of_a_type_frames_hold_is_read_alike_into_one(
        self, connection: oracledb.Connection, database: ScriptedDatabase, kind: Kind
    ) -> None:
        @quick
        @given(with_repeats(kind.values))
        def check(values: list[Any]) -> None:
            query = fill(database, [kind], [(value,) for value in values])
            frame = connection.fetch_df_all(query, arraysize=4)
            assert pa.table(frame).column(0).to_pylist() == values

        check()


class TestATable:
    @settings(quick, max_examples=25)
    @given(tables(KINDS))
    def test_of_any_columns_is_read_as_tuples(
        self,
        connection: oracledb.Connection,
        database: ScriptedDatabase,
        table: tuple[list[Kind], Rows],
    ) -> None:
        kinds, rows = table
        query = fill(database, kinds, rows)
        cursor = connection.cursor()
        cursor.arraysize = 4
        assert cursor.execute(query).fetchall() == rows

    @settings(quick, max_examples=25)
    @given(tables(FRAMED))
    def test_of_any_columns_is_read_as_frames(
        self,
        connection: oracledb.Connection,
        database: ScriptedDatabase,
        table: tuple[list[Kind], Rows],
    ) -> None:
        kinds, rows = table
        query = fill(database, kinds, rows)
        frames = [pa.table(f) for f in connection.fetch_df_batches(query, size=5)]
        read = [row for frame in frames for row in zip(*frame.to_pydict().values(), strict=True)]
        assert read == rows

    def test_of_274_columns_leaves_out_what_repeats(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        texts = renamed(next(kind for kind in KINDS if kind.name == "varchar2"), "T")
        wide = [renamed(texts, f"T{index}") for index in range(274)]
        rows = [tuple(f"v{(row + index) // 7}" for index in range(274)) for row in range(300)]
        query = fill(database, wide, rows)
        assert connection.cursor().execute(query).fetchall() == rows


class TestADescription:
    @pytest.mark.parametrize("kind", KINDS, ids=str)
    def test_names_the_type(
        self, connection: oracledb.Connection, database: ScriptedDatabase, kind: Kind
    ) -> None:
        query = fill(database, [kind], [])
        description = connection.cursor().execute(query).description
        expected = {
            "number-9": "NUMBER",
            "number-38-10": "NUMBER",
            "raw": "RAW",
            "timestamp-tz": "TIMESTAMP_TZ",
            "timestamp-ltz": "TIMESTAMP_LTZ",
            "interval-ds": "INTERVAL_DS",
            "interval-ym": "INTERVAL_YM",
            "long-raw": "LONG_RAW",
            "varchar2": "VARCHAR",
            "nvarchar2": "NVARCHAR",
            "clob": "LONG",
            "nclob": "LONG_NVARCHAR",
            "blob": "LONG_RAW",
        }.get(kind.name, kind.name.upper())
        assert description[0].type_code.name == f"DB_TYPE_{expected}"

    def test_of_a_column_that_is_always_null_means_no_bytes(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        always = column("NOTHING", OracleType.VARCHAR2, size=0, characters=0)
        beside = column("BESIDE", OracleType.VARCHAR2)
        database.table("T", always, beside, rows=[[NULL, cell(b"x")], [NULL, cell(b"x")]])
        assert (
            connection.cursor().execute("SELECT NOTHING, BESIDE FROM T").fetchall()
            == [(None, "x")] * 2
        )

    def test_of_a_query_whose_table_was_changed_is_new(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        texts, numbers = KINDS[5], KINDS[0]
        query = fill(database, [texts], [("a",)])
        assert connection.cursor().execute(query).fetchall() == [("a",)]
        fill(database, [texts, numbers], [("a", 1)])
        assert connection.cursor().execute(query).fetchall() == [("a", 1)]
        fill(database, [numbers, texts], [(1, "a")])
        assert connection.cursor().execute(query).fetchall() == [(1, "a")]
