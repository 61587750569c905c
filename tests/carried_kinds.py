"""Kinds of columns for round trips: how a value is stored, and what readers must find.

Values are inserted by SQL and binds alone, so the same kinds serve a stand-in and a real Oracle.
"""

from __future__ import annotations

import json
import math
import struct
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import oracledb
from hypothesis import strategies as st


def _same(value: Any) -> Any:  # noqa: ANN401  values are of any type
    return value


@dataclass(frozen=True, kw_only=True)
class CarriedKind:
    """One kind of column."""

    declaration: str
    values: st.SearchStrategy[Any]
    insert: str = ":{n}"
    """The expression that stores a bind."""
    bind: Callable[[Any], Any] = _same
    bind_type: Any = None
    in_json: Callable[[Any], Any] = _same
    in_parquet: Callable[[Any], Any] = _same
    read_json: Callable[[Any], Any] = _same
    """What is done to a found value before it is compared."""
    read_parquet: Callable[[Any], Any] = _same

    def __repr__(self) -> str:
        return self.declaration


def _scaled(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    most = 10**precision - 1
    return st.integers(-most, most).map(lambda digits: Decimal(f"{digits}E-{scale}"))


def _written(value: Decimal, scale: int) -> str:
    return f"{value:.{scale}f}"


def _float(value: float) -> Any:  # noqa: ANN401  a number, or the words for none
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return Decimal(repr(value))


def _without_minus_zero(value: float) -> float:
    # Oracle stores -0 as 0.
    return value or 0.0


def _same_float(value: float) -> bytes:
    return b"NaN" if math.isnan(value) else struct.pack(">d", value)


def _float_json(found: Any) -> Any:  # noqa: ANN401  as above
    return found if isinstance(found, str) else Decimal(repr(float(found)))


def _iso(value: datetime, digits: int) -> str:
    fraction = f".{value.microsecond:06d}"[: digits + 1] if digits else ""
    return f"{value:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + fraction


def _instant(found: str) -> datetime:
    return datetime.fromisoformat(found)


def _zoned(value: tuple[datetime, int]) -> str:
    moment, minutes = value
    sign = "-" if minutes < 0 else "+"
    return f"{_iso(moment, 6)}{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _days_text(value: timedelta) -> str:
    whole = abs(value)
    seconds, micros = whole.seconds, whole.microseconds
    sign = "-" if value < timedelta() else "+"
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{sign}{whole.days} {clock}.{micros:06d}"


def _read_days(found: str) -> timedelta:
    sign = -1 if found.startswith("-") else 1
    date, _, clock = found.lstrip("-").removeprefix("P").partition("T")
    parts = {"days": date.removesuffix("D") or "0"}
    for unit, name in (("H", "hours"), ("M", "minutes"), ("S", "seconds")):
        number, mark, rest = clock.partition(unit)
        if mark:
            parts[name], clock = number, rest
    micros = Decimal(parts.pop("seconds", "0")) * 1_000_000
    whole = timedelta(**{name: int(number) for name, number in parts.items()})
    return sign * (whole + timedelta(microseconds=int(micros)))


def _read_months(found: str) -> tuple[int, int]:
    years, mark, rest = found.removeprefix("P").partition("Y")
    months = rest if mark else years
    return int(years) if mark else 0, int(months.removesuffix("M") or 0)


TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20
)
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001  Oracle's DATE
# Oracle counts in Julian days before this; Python never does.
GREGORIAN = st.datetimes(datetime(1582, 10, 16), datetime(9999, 12, 30))  # noqa: DTZ001  as above
BYTES = st.binary(min_size=1, max_size=300)
_TIMESTAMP = "TO_TIMESTAMP(:{n},'YYYY-MM-DD\"T\"HH24:MI:SS.FF9')"
_ZONED = "TO_TIMESTAMP_TZ(:{n},'YYYY-MM-DD\"T\"HH24:MI:SS.FF9TZH:TZM')"

KINDS = (
    CarriedKind(declaration="NUMBER(9)", values=st.integers(-999_999_999, 999_999_999)),
    CarriedKind(
        declaration="NUMBER(18)", values=st.integers(-(10**18) + 1, 10**18 - 1), in_json=str
    ),
    CarriedKind(
        declaration="NUMBER(38)",
        values=st.integers(-(10**38) + 1, 10**38 - 1),
        in_json=str,
        in_parquet=Decimal,
    ),
    CarriedKind(
        declaration="NUMBER(12,2)",
        values=_scaled(12, 2),
        in_json=_same,
    ),
    CarriedKind(
        declaration="NUMBER(38,10)",
        values=_scaled(38, 10),
        in_json=lambda value: _written(value, 10),
    ),
    CarriedKind(
        declaration="NUMBER(5,-2)", values=st.integers(-99_999, 99_999).map(lambda n: n * 100)
    ),
    CarriedKind(
        declaration="NUMBER",
        values=st.builds(
            lambda digits, power: Decimal(f"{digits}E{power}"),
            st.integers(-(10**38), 10**38),
            st.integers(-120, 80),
        ),
        read_json=Decimal,
        read_parquet=Decimal,
    ),
    CarriedKind(
        declaration="BINARY_DOUBLE",
        values=st.floats().map(_without_minus_zero),
        bind_type=oracledb.DB_TYPE_BINARY_DOUBLE,
        in_json=_float,
        read_json=_float_json,
        in_parquet=_same_float,
        read_parquet=_same_float,
    ),
    CarriedKind(
        declaration="BINARY_FLOAT",
        values=st.floats(width=32).map(_without_minus_zero),
        bind_type=oracledb.DB_TYPE_BINARY_FLOAT,
        in_json=_float,
        read_json=_float_json,
        in_parquet=_same_float,
        read_parquet=_same_float,
    ),
    CarriedKind(declaration="VARCHAR2(80)", values=TEXT),
    CarriedKind(declaration="NVARCHAR2(80)", values=TEXT, bind_type=oracledb.DB_TYPE_NVARCHAR),
    CarriedKind(
        declaration="CHAR(90)",
        values=TEXT,
        in_json=lambda text: text + " " * (90 - len(text.encode())),
        in_parquet=lambda text: text + " " * (90 - len(text.encode())),
    ),
    CarriedKind(declaration="CLOB", values=TEXT.map(lambda text: text * 300)),
    CarriedKind(
        declaration="RAW(300)", values=BYTES, in_json=lambda value: b64encode(value).decode()
    ),
    CarriedKind(
        declaration="BLOB",
        values=BYTES.map(lambda value: value * 200),
        bind_type=oracledb.DB_TYPE_BLOB,
        in_json=lambda value: b64encode(value).decode(),
    ),
    CarriedKind(
        declaration="DATE",
        values=GREGORIAN.map(lambda value: value.replace(microsecond=0)),
        in_json=lambda value: _iso(value, 0),
    ),
    CarriedKind(
        declaration="TIMESTAMP(6)",
        values=GREGORIAN,
        insert=_TIMESTAMP,
        bind=lambda value: _iso(value, 6),
        read_json=_instant,
    ),
    CarriedKind(
        declaration="TIMESTAMP(9)",
        values=st.builds(lambda value, nanos: _iso(value, 6) + nanos, GREGORIAN, st.just("789")),
        insert=_TIMESTAMP,
    ),
    CarriedKind(
        declaration="TIMESTAMP(6) WITH TIME ZONE",
        values=st.tuples(GREGORIAN, st.integers(-12 * 60, 14 * 60)),
        insert=_ZONED,
        bind=_zoned,
        in_json=_zoned,
        in_parquet=_zoned,
    ),
    CarriedKind(
        declaration="TIMESTAMP(6) WITH LOCAL TIME ZONE",
        values=GREGORIAN.map(lambda value: value.replace(tzinfo=UTC)),
        insert=_ZONED,
        bind=lambda value: _iso(value, 6) + "+00:00",
        read_json=_instant,
    ),
    CarriedKind(
        declaration="INTERVAL DAY(5) TO SECOND(6)",
        values=st.timedeltas(timedelta(days=-9999), timedelta(days=9999)),
        insert="TO_DSINTERVAL(:{n})",
        bind=_days_text,
        read_json=_read_days,
        read_parquet=_read_days,
    ),
    CarriedKind(
        declaration="INTERVAL YEAR(4) TO MONTH",
        values=st.tuples(st.integers(0, 9999), st.integers(0, 11)),
        insert="TO_YMINTERVAL(:{n})",
        bind=lambda value: f"+{value[0]}-{value[1]}",
        read_json=_read_months,
        read_parquet=_read_months,
    ),
    CarriedKind(
        declaration="JSON",
        values=st.dictionaries(
            TEXT, st.one_of(st.integers(-999, 999), TEXT, st.none()), max_size=3
        ),
        bind=json.dumps,
        read_parquet=json.loads,
    ),
)
