"""A sample schema: orders of a small trading house, one row of every type, SAP's widest table.

Everything is the same on every run: values come from a seeded generator.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import Decimal

from oracle_standin.engine import codec, instants
from oracle_standin.engine.database import OracleDatabase
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.sample_statements import EVERY_TYPE_ROWS, STATEMENTS
from oracle_standin.engine.sample_wide import WIDE_ROWS, wide_rows, wide_statement
from oracle_standin.engine.session import Session
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.engine.storage.tables import Table
from oracle_standin.port import Cell, Column
from oracle_standin.replay import GeneratedTable

USER = "SCOTT"
PASSWORD = "tiger"
EVENT_ROWS = 1_000_000
EVENT_POOL = 5_000
SEED = 20260101
DAY_ONE = instants.instant(2024, 1, 1)

FAMILY_NAMES = ("김", "이", "박", "최", "정", "Smith", "Müller", "García", "Nguyễn", "佐藤")
GIVEN_NAMES = ("민준", "서연", "도윤", "지우", "하준", "Anna", "José", "Zoë", "Linh", "太郎")
CITIES = ("서울", "부산", "인천", "Zürich", "São Paulo", "東京", "Kraków", "New York", None)
GOODS = ("나사", "볼트", "Schraube", "tuerca", "ボルト", "bearing", "valve", "밸브")
STATES = ("NEW", "PAID", "SENT", "CLOSED")


def sample_database(*, release: int = 23, event_rows: int = EVENT_ROWS) -> OracleDatabase:
    """Return a database with the sample schema, owned by SCOTT."""
    database = OracleDatabase(release=release)
    database.create_user(USER, PASSWORD)
    fill(database, event_rows=event_rows)
    return database


def fill(database: OracleDatabase, *, event_rows: int = EVENT_ROWS) -> None:
    """Put the sample schema into a database."""
    session = database.open_session(user=USER, session_id=1, attributes={})
    for statement, release in STATEMENTS:
        if database.release >= release:
            session.execute(statement, ())
    choose = random.Random(SEED)
    _load(database, "DEPARTMENTS", _departments())
    _load(database, "EMPLOYEES", _employees(choose))
    _load(database, "CUSTOMERS", _customers(choose))
    _load(database, "PRODUCTS", _products(choose))
    _load(database, "ORDERS", _orders(choose))
    _load(database, "ORDER_ITEMS", _items(choose))
    _load(database, "STOCK", _stock(choose))
    session.execute(wide_statement(), ())
    table = _table(database, "VBRP")
    database.load(table, wide_rows([one.type for one in table.columns], WIDE_ROWS))
    _every_type(session)
    _events(database, session, event_rows)
    for table in database.catalog.tables():
        database.analyse(table)
    session.close()


def _table(database: OracleDatabase, name: str) -> Table:
    found = database.catalog.find(USER, name)
    if not isinstance(found, Table):
        raise TypeError(f"{name} is no table")
    return found


def _load(database: OracleDatabase, name: str, rows: Sequence[Sequence[Value]]) -> None:
    table = _table(database, name)
    database.load(table, _encoded(table, rows))


def _encoded(table: Table, rows: Sequence[Sequence[Value]]) -> list[Row]:
    encoders = [codec.encoder(column.type) for column in table.columns]
    return [
        tuple(encode(value) for encode, value in zip(encoders, row, strict=True)) for row in rows
    ]


def _number(value: float | str) -> Decimal:
    return Decimal(str(value))


def _departments() -> list[tuple[Value, ...]]:
    names = ("본사", "영업부", "Research", "Einkauf", "물류", "Finanzas")
    return [(_number(10 * i), name, CITIES[i]) for i, name in enumerate(names, 1)]


def _employees(choose: random.Random) -> list[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = []
    for number in range(1, 201):
        boss = None if number <= 3 else _number(choose.randrange(1, min(number, 20)))  # noqa: PLR2004 -- three at the top
        rows.append(
            (
                _number(number),
                choose.choice(FAMILY_NAMES),
                choose.choice(GIVEN_NAMES),
                f"user{number}@example.com",
                DAY_ONE - choose.randrange(5000) * instants.DAY,
                _number(choose.randrange(200000, 900000)) / 100,
                None if choose.random() < 0.7 else _number(choose.randrange(40)) / 100,  # noqa: PLR2004 -- most have none
                boss,
                _number(10 * choose.randrange(1, 7)),
            )
        )
    return rows


def _customers(choose: random.Random) -> list[tuple[Value, ...]]:
    return [
        (
            _number(number),
            f"{choose.choice(FAMILY_NAMES)} {choose.choice(GIVEN_NAMES)}",
            choose.choice(CITIES),
            choose.choice(("KR", "DE", "JP", "US", "BR")).ljust(3),
            _number(choose.randrange(0, 10**9)) / 100,
            DAY_ONE + choose.randrange(10**15),
        )
        for number in range(1, 2001)
    ]


def _products(choose: random.Random) -> list[tuple[Value, ...]]:
    return [
        (
            f"P-{number:05d}",
            f"{choose.choice(GOODS)} M{choose.randrange(2, 40)}",
            _number(choose.randrange(1, 10**6)) / 1000,
            choose.random() * 50,
            None if number % 3 else "가나다 " * choose.randrange(1, 40),
        )
        for number in range(1, 501)
    ]


def _orders(choose: random.Random) -> list[tuple[Value, ...]]:
    return [
        (
            _number(number),
            _number(choose.randrange(1, 2001)),
            DAY_ONE + choose.randrange(600 * 86400) * instants.SECOND,
            choose.choice(STATES),
            instants.Zoned(
                DAY_ONE + choose.randrange(600 * 86400) * instants.SECOND,
                choose.choice((540, 0, -300, 60)),
            ),
            None if choose.random() < 0.8 else f"메모 {number}",  # noqa: PLR2004 -- most have none
        )
        for number in range(1, 20001)
    ]


def _items(choose: random.Random) -> list[tuple[Value, ...]]:
    return [
        (
            _number(order),
            _number(line),
            f"P-{choose.randrange(1, 501):05d}",
            _number(choose.randrange(1, 100)),
            _number(choose.randrange(1, 10**6)) / 1000,
        )
        for order in range(1, 20001)
        for line in range(1, choose.randrange(2, 4))
    ]


def _stock(choose: random.Random) -> list[tuple[Value, ...]]:
    return [
        (
            f"P-{product:05d}",
            city,
            _number(choose.randrange(0, 5000)),
            DAY_ONE + choose.randrange(700) * instants.DAY,
        )
        for product in range(1, 501)
        for city in ("서울", "부산")
    ]


def _every_type(session: Session) -> None:
    for statement, release in EVERY_TYPE_ROWS:
        if session.database.release >= release:
            session.execute(statement, ())
    session.commit()


def _events(database: OracleDatabase, session: Session, rows: int) -> None:
    """Make the table of a million rows: a pool of rows, repeated."""
    columns = session.describe(
        "SELECT CAST(1 AS NUMBER(12)) EVENT_ID, CAST(1 AS NUMBER(8)) CUSTOMER_ID, "
        "CAST('x' AS VARCHAR2(20)) KIND, SYSDATE HAPPENED, CAST(SYSTIMESTAMP AS TIMESTAMP(6)) "
        "SEEN, CAST(1 AS NUMBER(10,2)) AMOUNT, CAST(1 AS NUMBER) SCORE, "
        "CAST('x' AS VARCHAR2(40)) CITY, CAST('x' AS VARCHAR2(200)) NOTE, "
        "CAST('x' AS CHAR(2)) FLAG FROM DUAL"
    )
    if columns is None:
        raise TypeError("a SELECT describes columns")
    table = GeneratedTable(
        columns=columns,
        rows_of=lambda count: _event_pool(columns, count),
        pool_size=EVENT_POOL,
        row_count=rows,
    )
    database.hold(USER, "EVENTS", table)


def _event_pool(columns: Sequence[Column], count: int) -> list[tuple[Cell, ...]]:
    choose = random.Random(SEED)
    encoders: list[Callable[[Value], Cell]] = [codec.encoder(column.type) for column in columns]
    rows: list[tuple[Cell, ...]] = []
    for number in range(1, count + 1):
        at = DAY_ONE + number * 617 * instants.SECOND
        values: tuple[Value, ...] = (
            _number(number),
            _number(choose.randrange(1, 2001)),
            choose.choice(("click", "view", "buy", "return", "문의")),
            at,
            at + choose.randrange(10**6) * 1000,
            _number(choose.randrange(10**7)) / 100,
            _number(choose.random()),
            choose.choice(CITIES),
            None if number % 4 else f"비고 {number} " + "x" * choose.randrange(40),
            choose.choice(("Y ", "N ")),
        )
        rows.append(tuple(encode(v) for encode, v in zip(encoders, values, strict=True)))
    return rows
