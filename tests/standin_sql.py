"""Asking the stand-in's engine in a test: SQL in, Python values out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oracle_standin.engine import instants
from oracle_standin.engine.database import OracleDatabase
from oracle_standin.engine.session import Session
from oracle_standin.port import Bind, Column, OracleError, OracleType
from oracle_standin.values import floats, intervals, moments, number
from oracle_standin.values.cells import content
from oracle_standin.values.text import AL32UTF8, CharacterSet

USER = "HR"
STAFF = (
    "CREATE TABLE dept (deptno NUMBER(2) PRIMARY KEY, dname VARCHAR2(14))",
    (
        "CREATE TABLE emp (empno NUMBER(4) PRIMARY KEY, ename VARCHAR2(10), job VARCHAR2(9), "
        "mgr NUMBER(4), hiredate DATE, sal NUMBER(7,2), comm NUMBER(7,2), "
        "deptno NUMBER(2) REFERENCES dept)"
    ),
    "INSERT INTO dept VALUES (10, 'ACCOUNTING')",
    "INSERT INTO dept VALUES (20, 'RESEARCH')",
    "INSERT INTO dept VALUES (30, 'SALES')",
    "INSERT INTO emp VALUES (1, 'KING', 'PRESIDENT', NULL, DATE '1981-11-17', 5000, NULL, 10)",
    "INSERT INTO emp VALUES (2, 'BLAKE', 'MANAGER', 1, DATE '1981-05-01', 2850, NULL, 30)",
    "INSERT INTO emp VALUES (3, 'ALLEN', 'SALESMAN', 2, DATE '1981-02-20', 1600, 300, 30)",
    "INSERT INTO emp VALUES (4, 'WARD', 'SALESMAN', 2, DATE '1981-02-22', 1250, 500, 30)",
    "INSERT INTO emp VALUES (5, 'SCOTT', 'ANALYST', 1, DATE '1987-04-19', 3000, 0, 20)",
)
"""The tables of a manual's examples."""


class HandClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.at = instants.instant(2026, 3, 1, 12 * instants.HOUR)

    def now(self) -> int:
        """Return the instant of UTC."""
        return self.at

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.at += int(seconds * instants.SECOND)


@dataclass(frozen=True, slots=True)
class Asking:
    """A session, asked in SQL."""

    session: Session

    def run(self, statement: str, *binds: object) -> int:
        """Run a statement and return the rows that it touched."""
        return self.session.execute(statement, [bound(binds)]).row_count

    def run_many(self, statement: str, rows: Sequence[Sequence[object]]) -> int:
        """Run a statement once for each row of binds."""
        return self.session.execute(statement, [bound(row) for row in rows]).row_count

    def rows(self, statement: str, *binds: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return list(fetched(self.opened(statement, *binds), 7))

    def opened(
        self, statement: str, *binds: object
    ) -> tuple[tuple[Column, ...], Callable[[int], Sequence[Sequence[bytes]]]]:
        """Open a query: its columns, and how to fetch."""
        outcome = self.session.execute(statement, [bound(binds)])
        columns, source = outcome.columns, outcome.rows
        assert columns is not None
        assert source is not None
        return columns, lambda count: source.fetch(count).cells

    def value(self, expression: str, *binds: object) -> object:
        """Return the value of an expression."""
        ((value,),) = self.rows(f"SELECT {expression} FROM DUAL", *binds)
        return value

    def error(self, statement: str, *binds: object) -> str:
        """Return the error that a statement ends with."""
        try:
            outcome = self.session.execute(statement, [bound(binds)])
            if outcome.rows is not None:
                while outcome.rows.fetch(100).count == 100:
                    pass
        except OracleError as error:
            return str(error)
        return "no error"

    def commit(self) -> None:
        """Commit."""
        self.session.commit()

    def rollback(self) -> None:
        """Roll back."""
        self.session.rollback()


def fetched(
    opened: tuple[tuple[Column, ...], Callable[[int], Sequence[Sequence[bytes]]]], count: int
) -> Sequence[tuple[Any, ...]]:
    """Fetch an open query to its end."""
    columns, fetch = opened
    rows: list[tuple[Any, ...]] = []
    while True:
        cells = fetch(count)
        rows += [
            tuple(read(column, cell) for column, cell in zip(columns, row, strict=True))
            for row in cells
        ]
        if len(cells) < count:
            return rows


def database(
    *,
    release: int = 23,
    charset: CharacterSet = AL32UTF8,
    clock: HandClock | None = None,
    lock_wait_seconds: float = 10,
) -> OracleDatabase:
    """Return an empty database with the user HR."""
    made = OracleDatabase(
        release=release, charset=charset, clock=clock, lock_wait_seconds=lock_wait_seconds
    )
    made.create_user(USER, "hr")
    return made


def staffed(release: int = 23, charset: CharacterSet = AL32UTF8) -> OracleDatabase:
    """Return a database with the tables of a manual's examples, and one more user, READER."""
    made = database(release=release, charset=charset)
    made.create_user("READER", "r")
    here = asking(made)
    for statement in STAFF:
        here.run(statement)
    here.commit()
    return made


def asked(here: Asking, statement: str) -> str:
    """Run a statement and write what it answers: rows parted by semicolons, or that it is done."""
    if statement.startswith(("SELECT", "WITH")):
        return "; ".join(", ".join(map(written, row)) for row in here.rows(statement)) or "no rows"
    here.run(statement)
    return "done"


def written(value: object) -> str:
    """Write a value as case files do."""
    if value is None:
        return "NULL"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return f"'{value}'" if isinstance(value, str) else str(value)


def asking(of: OracleDatabase, user: str = USER) -> Asking:
    """Open a session."""
    return Asking(of.open_session(user=user, session_id=7, attributes={"program": "tests"}))


def bound(values: Sequence[object]) -> list[Bind]:
    """Return binds as a client sends them."""
    return [_bind(value) for value in values]


def _bind(value: object) -> Bind:
    if value is None or isinstance(value, str):
        encoded = value.encode() if value else None
        return Bind(type=OracleType.VARCHAR2, content=encoded)
    if isinstance(value, int | Decimal):
        return Bind(type=OracleType.NUMBER, content=number.encode_number(value))
    if isinstance(value, float):
        return Bind(type=OracleType.BINARY_DOUBLE, content=floats.encode_binary_double(value))
    if isinstance(value, bytes):
        return Bind(type=OracleType.RAW, content=value)
    assert isinstance(value, dt.datetime)
    moment = moments.Moment(
        value.year, value.month, value.day, value.hour, value.minute, value.second,
        value.microsecond * 1000,
    )  # fmt: skip
    return Bind(type=OracleType.TIMESTAMP, content=moments.encode_timestamp(moment))


def read(column: Column, cell: bytes) -> object:
    """Return a cell as a value that a test can name."""
    plain = content(cell)
    if plain is None:
        return None
    reader = READERS.get(column.type.type)
    if reader is not None:
        return reader(plain)
    if column.type.national and column.type.type in {OracleType.VARCHAR2, OracleType.CHAR}:
        return plain.decode("utf-16-be")
    return plain.decode("utf-8", "surrogateescape")


def _moment(plain: bytes) -> str:
    return _written(moments.decode_timestamp(plain))


def _zoned(plain: bytes) -> str:
    moment = moments.decode_timestamp_tz(plain)
    return f"{_written(moment)} {moment.region or _offset(moment.offset_minutes or 0)}"


def _offset(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _written(at: moments.Moment) -> str:
    text = (
        f"{at.year:04d}-{at.month:02d}-{at.day:02d} {at.hour:02d}:{at.minute:02d}:{at.second:02d}"
    )
    return f"{text}.{at.nanosecond:09d}" if at.nanosecond else text


def _day_second(plain: bytes) -> str:
    days, hours, minutes, seconds, nanoseconds = intervals.decode_interval_ds(plain)
    sign = "-" if min(days, hours, minutes, seconds, nanoseconds) < 0 else "+"
    text = f"{sign}{abs(days)} {abs(hours):02d}:{abs(minutes):02d}:{abs(seconds):02d}"
    return f"{text}.{abs(nanoseconds):09d}" if nanoseconds else text


def _year_month(plain: bytes) -> str:
    years, months = intervals.decode_interval_ym(plain)
    return f"{'-' if min(years, months) < 0 else '+'}{abs(years)}-{abs(months)}"


READERS: dict[OracleType, Callable[[bytes], object]] = {
    OracleType.NUMBER: number.decode_number,
    OracleType.BINARY_FLOAT: floats.decode_binary_float,
    OracleType.BINARY_DOUBLE: floats.decode_binary_double,
    OracleType.DATE: _moment,
    OracleType.TIMESTAMP: _moment,
    OracleType.TIMESTAMP_LTZ: _moment,
    OracleType.TIMESTAMP_TZ: _zoned,
    OracleType.INTERVAL_DS: _day_second,
    OracleType.INTERVAL_YM: _year_month,
    OracleType.RAW: bytes.hex,
    OracleType.BLOB: bytes.hex,
    OracleType.LONG_RAW: bytes.hex,
    OracleType.BOOLEAN: lambda plain: plain[-1] == 1,
}
