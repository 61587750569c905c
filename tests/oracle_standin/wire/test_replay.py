from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator

import oracledb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_standin.port import Cell, OracleType, Outcome, StoredTable
from oracle_standin.replay import GeneratedTable
from oracle_standin.server import Server, ServerOptions, running
from oracle_standin.values.cells import NULL, cell
from oracle_standin.values.moments import Moment, encode_date
from oracle_standin.values.number import encode_number
from oracle_standin.wire.profiles import PROFILES
from scripted_oracle import PASSWORD, USER, ScriptedDatabase, column

NARROW = (
    column("ID", OracleType.NUMBER, precision=9),
    column("NAME", OracleType.VARCHAR2),
    column("AMOUNT", OracleType.NUMBER, precision=12, scale=2),
    column("DAY", OracleType.DATE),
)


def narrow_rows(count: int) -> list[tuple[Cell, ...]]:
    return [
        (
            cell(encode_number(number)),
            cell(f"name {number // 5}".encode()),
            NULL if number % 7 == 0 else cell(encode_number(number % 3)),
            cell(encode_date(Moment(2024, 1 + number % 12, 1))),
        )
        for number in range(count)
    ]


def generated(row_count: int, *, pool_size: int = 1000) -> GeneratedTable:
    return GeneratedTable(
        columns=NARROW, rows_of=narrow_rows, pool_size=pool_size, row_count=row_count
    )


def serve(database: ScriptedDatabase, table: StoredTable, columns: list[int], rows: range) -> str:
    """Let a statement read part of a stored table, as an engine would, and return it."""
    statement = f"SELECT /* {next(FRESH)} */ {columns} {rows}"
    chosen = tuple(table.columns[index] for index in columns)
    database.answers[statement] = lambda _: Outcome(columns=chosen, rows=table.scan(columns, rows))
    return statement


FRESH = itertools.count()


class TestAGeneratedTable:
    @settings(max_examples=30, deadline=None)
    @given(
        st.lists(st.integers(0, 3), min_size=1, max_size=6),
        st.integers(0, 60),
        st.integers(0, 60),
        st.integers(1, 12),
        st.integers(1, 30),
    )
    def test_gives_the_columns_and_rows_asked_for(
        self, columns: list[int], start: int, length: int, pool_size: int, arraysize: int
    ) -> None:
        table = generated(10**9, pool_size=pool_size)
        rows = range(start, start + length)
        expected = list(table.cells(columns, rows))
        pool = narrow_rows(pool_size)
        assert expected == [
            tuple(pool[row % pool_size][index] for index in columns) for row in rows
        ]
        source = table.scan(columns, rows)
        counts = []
        while (block := source.fetch(arraysize)).count == arraysize:
            counts.append(block.count)
        assert sum(counts) + block.count == length

    def test_is_read_by_the_driver_as_its_cells_say(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        table = generated(10**9, pool_size=37)
        for columns, rows in (
            ([0, 1, 2, 3], range(200)),
            ([2], range(30, 100)),
            ([3, 1], range(36, 38)),
            ([1], range(5, 5)),
        ):
            chosen = [table.columns[index] for index in columns]
            database.query("CELLS", chosen, list(table.cells(columns, rows)))
            statement = f"SELECT /* {next(FRESH)} */ CELLS"
            database.answers[statement] = database.answers["CELLS"]
            expected = connection.cursor().execute(statement).fetchall()
            assert len(expected) == len(rows)
            for arraysize in (1, 7, 1000):
                cursor = connection.cursor()
                cursor.arraysize = arraysize
                cursor.execute(serve(database, table, columns, rows))
                assert cursor.fetchall() == expected

    def test_hands_out_cells_where_a_column_must_be_rewritten(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        table = GeneratedTable(
            columns=(column("C", OracleType.CLOB),),
            rows_of=lambda count: [(cell(f"text {n}".encode()),) for n in range(count)],
            pool_size=3,
            row_count=5,
        )
        cursor = connection.cursor()
        cursor.execute(serve(database, table, [0], range(5)), fetch_lobs=False)
        assert [text for (text,) in cursor] == ["text 0", "text 1", "text 2", "text 0", "text 1"]

    def test_of_a_million_rows_is_counted_right_by_frames(
        self, connection: oracledb.Connection, database: ScriptedDatabase
    ) -> None:
        table = generated(1_000_000)
        statement = serve(database, table, [0], range(table.row_count))
        rows = total = 0
        for frame in connection.fetch_df_batches(statement, size=50_000):
            column_of_ids = pa.table(frame).column(0)
            rows += len(column_of_ids)
            total += sum(column_of_ids.slice(0, 1000).to_pylist())
        assert rows == 1_000_000
        assert total == 20 * sum(range(1000))

    def test_must_have_a_pool(self) -> None:
        with pytest.raises(ValueError, match="pool"):
            generated(1, pool_size=0)


CLIENT = """
import sys, time, oracledb
rows, began = 0, time.process_time()
with oracledb.connect(user="scott", password="tiger", dsn=sys.argv[1]) as connection:
    for frame in connection.fetch_df_batches(sys.argv[2], size=20_000):
        rows += frame.num_rows()
print(rows, time.process_time() - began)
"""


@pytest.fixture(params=["19c", "23ai"])
def fast_server(request: pytest.FixtureRequest) -> Iterator[tuple[Server, ScriptedDatabase]]:
    database = ScriptedDatabase()
    with running(database, ServerOptions(profile=PROFILES[request.param])) as started:
        yield started, database


class TestReplaying:
    @pytest.mark.untraced
    def test_takes_less_than_a_quarter_of_the_time_of_a_client_that_decodes(
        self, fast_server: tuple[Server, ScriptedDatabase], capsys: pytest.CaptureFixture[str]
    ) -> None:
        server, database = fast_server
        table = generated(400_000, pool_size=20_000)
        statement = serve(database, table, [0, 1, 2, 3], range(table.row_count))
        with oracledb.connect(user=USER, password=PASSWORD, dsn=server.dsn) as warm:
            warm.cursor().execute(statement)
        began = time.process_time()
        client = subprocess.run(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", CLIENT, server.dsn, statement],
            capture_output=True,
            text=True,
            check=True,
        )
        served = time.process_time() - began
        rows, decoded = client.stdout.split()
        assert int(rows) == table.row_count
        with capsys.disabled():
            print(  # noqa: T201 - the measured speeds are the point
                f"\nreplay {table.row_count / served:,.0f} rows per second of the server's core, "
                f"decoding {table.row_count / float(decoded):,.0f} of the client's"
            )
        assert 4 * served < float(decoded)
