"""Wire and engine together: what the driver inserts is what clients read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import oracledb
import pyarrow as pa
import pytest
import seerdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle_standin.engine.database import OracleDatabase
from oracle_standin.server import Server, ServerOptions, running
from oracle_standin.wire.profiles import PROFILES
from oracle_value_kinds import JSON, LONG_TEXT, TEXT

RELEASES = {"19c": 19, "23ai": 23}
FRESH = itertools.count()
quick = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


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


@pytest.fixture(scope="module", params=RELEASES)
def engine_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    database = OracleDatabase(release=RELEASES[request.param])
    database.create_user("SCOTT", "tiger")
    with running(database, ServerOptions(profile=PROFILES[request.param])) as started:
        yield started


@pytest.fixture
def engine(engine_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[oracledb.Connection]:
    monkeypatch.setattr(oracledb.defaults, "fetch_decimals", True)
    monkeypatch.setattr(oracledb.defaults, "fetch_lobs", False)
    with oracledb.connect(user="scott", password="tiger", dsn=engine_server.dsn) as connected:
        yield connected


def with_repeats(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    few = st.lists(st.none() | values, min_size=1, max_size=3)
    return few.flatmap(lambda pool: st.lists(st.sampled_from(pool), min_size=1, max_size=10))


def stored(connection: oracledb.Connection, declared: Declared, values: list[Any]) -> str:
    """Make a table, insert the values through the driver, and return a query in their order."""
    name = f"T{next(FRESH)}"
    cursor = connection.cursor()
    cursor.execute(f"CREATE TABLE {name} (N NUMBER(9), C {declared.sql})")
    cursor.setinputsizes(None, declared.bind)
    cursor.executemany(f"INSERT INTO {name} VALUES (:1, :2)", list(enumerate(values)))
    connection.commit()
    return f"SELECT C FROM {name} ORDER BY N"


class TestAColumnOfTheEngine:
    @pytest.mark.parametrize("declared", DECLARED, ids=str)
    def test_gives_back_what_the_driver_inserted(
        self, engine: oracledb.Connection, declared: Declared
    ) -> None:
        if int(engine.version.split(".")[0]) < declared.since:
            with pytest.raises(oracledb.DatabaseError, match="ORA-00902"):
                stored(engine, declared, [])
            return

        @quick
        @given(with_repeats(declared.values))
        def check(values: list[Any]) -> None:
            query = stored(engine, declared, values)
            cursor = engine.cursor()
            cursor.arraysize, cursor.prefetchrows = 3, 2
            assert [value for (value,) in cursor.execute(query)] == values
            if declared.in_frames:
                frame = engine.fetch_df_all(query, arraysize=4)
                assert pa.table(frame).column(0).to_pylist() == values

        check()

    def test_is_read_alike_by_two_clients(
        self, engine: oracledb.Connection, engine_server: Server
    ) -> None:
        values = ["글", None, "x" * 300, "x" * 300, "🙂"]
        query = stored(engine, DECLARED[6], [value and value[:100] for value in values])
        other = seerdb.connect(
            host="127.0.0.1",
            port=engine_server.port,
            service_name="FREEPDB1",
            user="scott",
            password="tiger",
        )
        cursor = other.cursor()
        cursor.execute(query)
        assert cursor.fetchall() == engine.cursor().execute(query).fetchall()
        other.close()


class TestAChangeInTheEngine:
    def test_returns_what_it_touched(self, engine: oracledb.Connection) -> None:
        query = stored(engine, DECLARED[0], [1, 2, 3, 4])
        name = query.split()[3]
        cursor = engine.cursor()
        touched, texts = cursor.var(int), cursor.var(str)
        cursor.execute(
            f"UPDATE {name} SET C = C * 10 WHERE C > :low RETURNING C, 'v' || C INTO :c, :t",
            low=2,
            c=touched,
            t=texts,
        )
        assert (touched.getvalue(), texts.getvalue()) == ([30, 40], ["v30", "v40"])
        assert cursor.rowcount == 2
        engine.rollback()
        assert engine.cursor().execute(query).fetchall() == [(1,), (2,), (3,), (4,)]

    def test_shows_errors_at_their_place(self, engine: oracledb.Connection) -> None:
        with pytest.raises(oracledb.DatabaseError, match="ORA-00942"):
            engine.cursor().execute("SELECT * FROM NOWHERE_AT_ALL")
        engine.cursor().execute("CREATE TABLE UNIQUE_ONE (A NUMBER PRIMARY KEY)")
        cursor = engine.cursor()
        cursor.executemany(
            "INSERT INTO UNIQUE_ONE VALUES (:1)", [(1,), (1,), (2,)], batcherrors=True
        )
        assert [(e.offset, e.code) for e in cursor.getbatcherrors()] == [(1, 1)]
        assert engine.cursor().execute("SELECT A FROM UNIQUE_ONE").fetchall() == [(1,), (2,)]
        engine.cursor().execute("DROP TABLE UNIQUE_ONE")
