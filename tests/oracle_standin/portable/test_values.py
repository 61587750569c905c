"""Values of every type: what the driver inserts is what two clients read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import oracledb
import pyarrow as pa
import pytest
import seerdb
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_under_test import DIALECTS, NewTable, OracleAccount
from oracle_value_kinds import JSON, LONG_TEXT, TEXT

EXAMPLES = 6


@dataclass(frozen=True)
class Declared:
    """A column as a person declares it, and values that fit."""

    sql: str
    values: st.SearchStrategy[Any]
    bind: Any = None
    in_frames: bool = True
    since: int = 0

    def __str__(self) -> str:
        return self.sql


DECLARED = [
    Declared("NUMBER(9)", st.integers(-999_999_999, 999_999_999)),
    Declared(
        "NUMBER(38,10)",
        st.integers(-(10**38) + 1, 10**38 - 1).map(lambda digits: Decimal(f"{digits}E-10")),
    ),
    Declared(
        "NUMBER",
        st.builds(
            lambda digits, power: Decimal(f"{digits}E{power}"),
            st.integers(-(10**36), 10**36),
            st.integers(-120, 80),
        ),
        in_frames=False,
    ),
    Declared("FLOAT(126)", st.integers(-(10**30), 10**30), in_frames=False),
    Declared("BINARY_FLOAT", st.floats(width=32, allow_nan=False), oracledb.DB_TYPE_BINARY_FLOAT),
    Declared("BINARY_DOUBLE", st.floats(allow_nan=False), oracledb.DB_TYPE_BINARY_DOUBLE),
    Declared("VARCHAR2(100 CHAR)", TEXT),
    Declared("NVARCHAR2(100)", TEXT, oracledb.DB_TYPE_NVARCHAR),
    Declared("CHAR(40 CHAR)", TEXT.map(lambda text: text.ljust(40))),
    Declared("RAW(2000)", st.binary(min_size=1, max_size=300)),
    Declared("DATE", st.datetimes().map(lambda moment: moment.replace(microsecond=0))),
    Declared("TIMESTAMP(6)", st.datetimes(), oracledb.DB_TYPE_TIMESTAMP),
    Declared(
        "TIMESTAMP(6) WITH TIME ZONE",
        st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)),  # noqa: DTZ001 - clocks
        oracledb.DB_TYPE_TIMESTAMP_TZ,
    ),
    Declared(
        "INTERVAL DAY(9) TO SECOND(6)",
        st.timedeltas(timedelta(days=-9999), timedelta(days=9999)),
        in_frames=False,
    ),
    Declared("CLOB", LONG_TEXT, oracledb.DB_TYPE_CLOB),
    Declared("NCLOB", LONG_TEXT, oracledb.DB_TYPE_NCLOB),
    Declared("BLOB", st.binary(min_size=1, max_size=300), oracledb.DB_TYPE_BLOB),
    Declared("LONG", LONG_TEXT, oracledb.DB_TYPE_LONG),
    Declared("JSON", JSON, oracledb.DB_TYPE_JSON, in_frames=False, since=23),
    Declared("BOOLEAN", st.booleans(), oracledb.DB_TYPE_BOOLEAN, since=23),
]


def with_repeats(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    few = st.lists(st.none() | values, min_size=1, max_size=3)
    return few.flatmap(lambda pool: st.lists(st.sampled_from(pool), min_size=1, max_size=10))


class Column:
    """A table of one column of interest, filled anew again and again."""

    def __init__(
        self, connection: oracledb.Connection, table: NewTable, declared: Declared
    ) -> None:
        self.connection = connection
        self.declared = declared
        self.name = table(f"N NUMBER(9), C {declared.sql}")
        self.query = f"SELECT C FROM {self.name} ORDER BY N"

    def holds(self, values: list[Any]) -> None:
        """Replace all rows, through the driver."""
        cursor = self.connection.cursor()
        cursor.execute(f"DELETE FROM {self.name}")
        cursor.setinputsizes(None, self.declared.bind)
        cursor.executemany(f"INSERT INTO {self.name} VALUES (:1, :2)", list(enumerate(values)))
        self.connection.commit()

    def tuples(self) -> list[Any]:
        """Read the values as tuples, over several fetches."""
        cursor = self.connection.cursor()
        cursor.arraysize, cursor.prefetchrows = 3, 2
        return [value for (value,) in cursor.execute(self.query)]

    def frame(self) -> list[Any]:
        """Read the values as a data frame."""
        read = self.connection.fetch_df_all(self.query, arraysize=4)
        return list(pa.table(read).column(0).to_pylist())


@pytest.mark.parametrize("oracle", DIALECTS, indirect=True)
class TestAColumn:
    @pytest.mark.parametrize("declared", DECLARED, ids=str)
    def test_gives_back_what_the_driver_inserted(
        self,
        oracle: OracleAccount,
        connection: oracledb.Connection,
        table: NewTable,
        declared: Declared,
    ) -> None:
        if oracle.release < declared.since:
            with pytest.raises(oracledb.DatabaseError, match="ORA-00902"):
                table(f"C {declared.sql}")
            return
        column = Column(connection, table, declared)

        @settings(max_examples=EXAMPLES, deadline=None)
        @given(with_repeats(declared.values))
        def check(values: list[Any]) -> None:
            column.holds(values)
            assert column.tuples() == values
            if declared.in_frames:
                assert column.frame() == values

        check()

    def test_is_read_alike_by_two_clients(
        self, oracle: OracleAccount, connection: oracledb.Connection, table: NewTable
    ) -> None:
        column = Column(connection, table, Declared("VARCHAR2(100 CHAR)", TEXT))
        column.holds(["글", None, "x" * 100, "x" * 100, "🙂"])
        address, _, service = oracle.dsn.partition("/")
        host, _, port = address.partition(":")
        other = seerdb.connect(
            host=host,
            port=int(port),
            service_name=service,
            user=oracle.user,
            password=oracle.password,
        )
        cursor = other.cursor()
        cursor.execute(column.query)
        read = [value for (value,) in cursor.fetchall()]
        other.close()
        assert read == column.tuples() == ["글", None, "x" * 100, "x" * 100, "🙂"]


class TestAChange:
    def test_returns_what_it_touched(
        self, connection: oracledb.Connection, table: NewTable
    ) -> None:
        column = Column(connection, table, DECLARED[0])
        column.holds([1, 2, 3, 4])
        cursor = connection.cursor()
        touched, texts = cursor.var(int), cursor.var(str)
        cursor.execute(
            f"UPDATE {column.name} SET C = C * 10 WHERE C > :low RETURNING C, 'v' || C INTO :c, :t",
            low=2,
            c=touched,
            t=texts,
        )
        assert (touched.getvalue(), texts.getvalue()) == ([30, 40], ["v30", "v40"])
        assert cursor.rowcount == 2
        connection.rollback()
        assert column.tuples() == [1, 2, 3, 4]

    def test_takes_a_value_for_each_place_of_a_bind(
        self, connection: oracledb.Connection, table: NewTable
    ) -> None:
        cursor = connection.cursor()
        assert cursor.execute("SELECT :1, :1 FROM DUAL", ["a", "b"]).fetchall() == [("a", "b")]
        by_name = cursor.execute("SELECT :n, :n FROM DUAL", {"n": "a"})
        assert by_name.fetchall() == [("a", "a")]
        name = table("A NUMBER, B NUMBER")
        cursor.executemany(f"INSERT INTO {name} VALUES (:1, :1)", [(1, 2), (3, 4)])
        assert cursor.execute(f"SELECT SUM(A), SUM(B) FROM {name}").fetchall() == [(4, 6)]

    def test_that_fails_leaves_the_others_of_its_batch(
        self, connection: oracledb.Connection, table: NewTable
    ) -> None:
        name = table("A NUMBER PRIMARY KEY")
        cursor = connection.cursor()
        cursor.executemany(f"INSERT INTO {name} VALUES (:1)", [(1,), (1,), (2,)], batcherrors=True)
        assert [(e.offset, e.code) for e in cursor.getbatcherrors()] == [(1, 1)]
        assert cursor.execute(f"SELECT A FROM {name} ORDER BY A").fetchall() == [(1,), (2,)]

    @pytest.mark.parametrize(
        ("statement", "offset"),
        [("SELECT * FROM NOWHERE_AT_ALL", 14), ("SELECT 1, NOTHING_SUCH FROM DUAL", 10)],
    )
    def test_that_cannot_be_read_says_where(
        self, connection: oracledb.Connection, statement: str, offset: int
    ) -> None:
        with pytest.raises(oracledb.DatabaseError) as failed:
            connection.cursor().execute(statement)
        assert failed.value.args[0].offset == offset
