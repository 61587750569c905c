"""The engine behind the wire: the unmodified driver, SQLAlchemy, and the sample schema."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator
from decimal import Decimal

import oracledb
import pytest
import sqlalchemy as sa

from oracle_standin.sample.schema import PASSWORD, USER, sample_database
from oracle_standin.server import Server, running

EVENTS = 30_000


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running(sample_database(event_rows=EVENTS)) as started:
        yield started


@pytest.fixture
def connection(server: Server) -> Iterator[oracledb.Connection]:
    with oracledb.connect(user=USER, password=PASSWORD, dsn=server.dsn) as opened:
        yield opened


@pytest.fixture
def decimals() -> Iterator[None]:
    before = oracledb.defaults.fetch_decimals
    oracledb.defaults.fetch_decimals = True
    yield
    oracledb.defaults.fetch_decimals = before


class TestRowsThroughTheDriver:
    @pytest.mark.usefixtures("decimals")
    def test_come_back_as_they_went_in(self, connection: oracledb.Connection) -> None:
        cursor = connection.cursor()
        cursor.execute(
            "CREATE TABLE round_trip (id NUMBER PRIMARY KEY, s VARCHAR2(20 CHAR), n NUMBER, "
            "d DATE, ts TIMESTAMP, ids INTERVAL DAY TO SECOND, r RAW(10), c CLOB, b BLOB)"
        )
        row = (
            1,
            "한글",
            Decimal("12345678901234567890.123456789"),
            dt.datetime(2024, 2, 29, 1, 2, 3),  # noqa: DTZ001 -- a DATE has no zone
            dt.datetime(2024, 2, 29, 1, 2, 3, 456789),  # noqa: DTZ001 -- nor has a TIMESTAMP
            dt.timedelta(days=3, seconds=4),
            b"\x00\xff",
            "글" * 3000,
            bytes(range(256)) * 20,
        )
        cursor.setinputsizes(None, None, None, None, oracledb.DB_TYPE_TIMESTAMP)
        cursor.execute("INSERT INTO round_trip VALUES (:1,:2,:3,:4,:5,:6,:7,:8,:9)", row)
        connection.commit()
        cursor.execute("SELECT * FROM round_trip")
        (found,) = cursor.fetchall()
        read = tuple(one.read() if isinstance(one, oracledb.LOB) else one for one in found)
        assert read == row
        cursor.execute("DROP TABLE round_trip")

    def test_are_changed_many_at_a_time_and_returned(self, connection: oracledb.Connection) -> None:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE many (id NUMBER PRIMARY KEY, s VARCHAR2(10))")
        cursor.executemany("INSERT INTO many VALUES (:1, :2)", [(n, str(n)) for n in range(500)])
        assert cursor.rowcount == 500
        made = cursor.var(str)
        cursor.execute("UPDATE many SET s = 'new' WHERE id = 7 RETURNING s INTO :1", [made])
        assert made.getvalue() == ["new"]
        connection.rollback()
        cursor.execute("SELECT COUNT(*) FROM many")
        assert cursor.fetchone() == (0,)
        cursor.execute("DROP TABLE many")

    def test_of_generated_tables_are_read_whole_and_in_parts(
        self, connection: oracledb.Connection
    ) -> None:
        cursor = connection.cursor()
        cursor.execute("SELECT COUNT(*), MIN(ROWID) FROM events")
        count, first = cursor.fetchone() or (0, "")
        assert count == EVENTS
        cursor.execute("SELECT event_id, city, amount FROM events")
        assert len(cursor.fetchall()) == EVENTS
        cursor.execute("SELECT ROWIDTOCHAR(ROWID) FROM events WHERE ROWNUM <= 1001")
        middle = cursor.fetchall()[-1][0]
        low, high = "ROWID >= CHARTOROWID(:1)", "ROWID < CHARTOROWID(:1)"
        parts = []
        for condition in (high, low):
            cursor.execute(f"SELECT event_id FROM events WHERE {condition}", [middle])
            parts.append(len(cursor.fetchall()))
        assert parts == [1000, EVENTS - 1000]
        ordered = "SELECT 1 FROM DUAL WHERE CHARTOROWID(:1) < CHARTOROWID(:2)"
        assert cursor.execute(ordered, [first, middle]).fetchall() == [(1,)]

    def test_that_fail_say_so_in_oracles_words(self, connection: oracledb.Connection) -> None:
        cursor = connection.cursor()
        with pytest.raises(oracledb.DatabaseError, match='ORA-00904: "NOPE"'):
            cursor.execute("SELECT nope FROM orders")
        with pytest.raises(oracledb.IntegrityError, match="ORA-00001"):
            cursor.execute("INSERT INTO departments VALUES (10, 'x', NULL)")


class TestTheSampleSchema:
    def test_has_keys_text_of_many_scripts_and_a_wide_table(
        self, connection: oracledb.Connection
    ) -> None:
        cursor = connection.cursor()
        cursor.execute("SELECT COUNT(*) FROM user_constraints WHERE constraint_type = 'R'")
        assert (cursor.fetchone() or (0,))[0] >= 5
        cursor.execute("SELECT * FROM vbrp WHERE ROWNUM <= 5")
        assert len(cursor.description or ()) == 274
        cursor.execute("SELECT COUNT(*) FROM customers WHERE city = '서울'")
        assert (cursor.fetchone() or (0,))[0] > 0
        cursor.execute("SELECT COUNT(*) FROM user_tables")
        assert (cursor.fetchone() or (0,))[0] >= 8


class TestSqlalchemy:
    @pytest.fixture
    def engine(self, server: Server) -> Iterator[sa.Engine]:
        url = f"oracle+oracledb://{USER}:{PASSWORD}@127.0.0.1:{server.port}/?service_name=FREEPDB1"
        made = sa.create_engine(url)
        yield made
        made.dispose()

    def test_reflects_the_sample_schema(self, engine: sa.Engine) -> None:
        described = sa.inspect(engine)
        assert {"orders", "order_items", "vbrp"} <= set(described.get_table_names())
        assert described.get_view_names() == ["order_totals"]
        keys = described.get_pk_constraint("order_items")
        assert keys["constrained_columns"] == ["order_id", "line"]
        (foreign,) = [
            one
            for one in described.get_foreign_keys("order_items")
            if one["referred_table"] == "orders"
        ]
        assert foreign["options"] == {"ondelete": "CASCADE"}
        assert described.get_table_comment("customers") == {"text": "고객"}
        assert len(described.get_columns("vbrp")) == 274

    def test_reads_reflected_tables(self, engine: sa.Engine) -> None:
        tables = sa.MetaData()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sa.exc.SAWarning)
            tables.reflect(engine)
        orders = tables.tables["orders"]
        with engine.connect() as opened:
            few = opened.execute(sa.select(orders).order_by(orders.c.order_id).limit(3)).all()
            counted = opened.scalar(sa.select(sa.func.count()).select_from(orders))
        assert [row.order_id for row in few] == [1, 2, 3]
        assert counted == 20_000
