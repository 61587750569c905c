"""Kinds of Oracle values for property tests: how to make one, store it, and what a client sees."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import oracledb
from hypothesis import strategies as st

from oracle_standin.port import Cell, Column, OracleType
from oracle_standin.values.booleans import encode_boolean
from oracle_standin.values.cells import cell
from oracle_standin.values.floats import encode_binary_double, encode_binary_float
from oracle_standin.values.intervals import encode_interval_ds, encode_interval_ym
from oracle_standin.values.moments import (
    Moment,
    encode_date,
    encode_timestamp,
    encode_timestamp_tz,
)
from oracle_standin.values.number import encode_number
from oracle_standin.values.oson import encode_oson
from oracle_standin.values.rowids import RowId, logical_text
from scripted_oracle import column


@dataclass(frozen=True)
class Kind:
    """One kind of column."""

    name: str
    column: Column
    values: st.SearchStrategy[Any]
    store: Callable[[Any], bytes]
    in_frames: bool = True
    """Whether the driver can put the kind into data frames."""

    def __str__(self) -> str:
        return self.name

    def cell(self, value: object) -> Cell:
        return cell(None if value is None else self.store(value))


def _moment(value: datetime, offset: int | None = None) -> Moment:
    return Moment(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond * 1000,
        offset,
    )


def _interval(value: timedelta) -> bytes:
    sign = -1 if value < timedelta(0) else 1
    rest, micros = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
    rest, seconds = divmod(rest, 60)
    rest, minutes = divmod(rest, 60)
    days, hours = divmod(rest, 24)
    return encode_interval_ds(
        *(sign * part for part in (days, hours, minutes, seconds, micros * 1000))
    )


def _utf8(value: str) -> bytes:
    return value.encode()


def _utf16(value: str) -> bytes:
    return value.encode("utf-16-be")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
LONG_TEXT = st.one_of(TEXT, TEXT.map(lambda text: (text * 300)[:300]))
MOMENTS = st.datetimes()
WHOLE_SECONDS = MOMENTS.map(lambda moment: moment.replace(microsecond=0))
ROWIDS = st.builds(
    RowId,
    st.integers(1, 2**32 - 1),
    st.integers(0, 1023),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**16 - 1),
).map(str)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), TEXT),
    lambda children: st.one_of(
        st.lists(children, max_size=3), st.dictionaries(TEXT, children, max_size=3)
    ),
    max_leaves=6,
)

KINDS = [
    Kind(
        "number-9",
        column("C", OracleType.NUMBER, precision=9),
        st.integers(-999_999_999, 999_999_999),
        encode_number,
    ),
    Kind(
        "number-38-10",
        column("C", OracleType.NUMBER, precision=38, scale=10),
        st.integers(-(10**38) + 1, 10**38 - 1).map(lambda digits: Decimal(f"{digits}E-10")),
        encode_number,
    ),
    Kind(
        "number",
        column("C", OracleType.NUMBER),
        st.builds(
            lambda digits, power: Decimal(f"{digits}E{power}"),
            st.integers(-(10**36), 10**36),
            st.integers(-129, 80),
        ),
        encode_number,
        in_frames=False,
    ),
    Kind(
        "binary_float",
        column("C", OracleType.BINARY_FLOAT),
        st.floats(width=32, allow_nan=False),
        encode_binary_float,
    ),
    Kind(
        "binary_double",
        column("C", OracleType.BINARY_DOUBLE),
        st.floats(allow_nan=False),
        encode_binary_double,
    ),
    Kind("varchar2", column("C", OracleType.VARCHAR2), TEXT, _utf8),
    Kind(
        "nvarchar2",
        column("C", OracleType.VARCHAR2, national=True),
        TEXT,
        _utf16,
    ),
    Kind(
        "char",
        column("C", OracleType.CHAR, size=80, characters=20),
        TEXT.map(lambda text: text.ljust(20)),
        _utf8,
    ),
    Kind(
        "nchar",
        column("C", OracleType.CHAR, size=80, characters=20, national=True),
        TEXT.map(lambda text: text.ljust(20)),
        _utf16,
    ),
    Kind("raw", column("C", OracleType.RAW), st.binary(min_size=1, max_size=300), bytes),
    Kind("date", column("C", OracleType.DATE), WHOLE_SECONDS, lambda v: encode_date(_moment(v))),
    Kind(
        "timestamp",
        column("C", OracleType.TIMESTAMP, scale=6),
        st.one_of(MOMENTS, WHOLE_SECONDS),
        lambda v: encode_timestamp(_moment(v)),
    ),
    Kind(
        "timestamp-tz",
        column("C", OracleType.TIMESTAMP_TZ, scale=6),
        MOMENTS.filter(lambda moment: 1 < moment.year < 9999),
        lambda v: encode_timestamp_tz(_moment(v, offset=540)),
    ),
    Kind(
        "timestamp-ltz",
        column("C", OracleType.TIMESTAMP_LTZ, scale=6),
        MOMENTS,
        lambda v: encode_timestamp(_moment(v)),
    ),
    Kind(
        "interval-ds",
        column("C", OracleType.INTERVAL_DS, precision=9, scale=6),
        st.timedeltas(timedelta(days=-9999), timedelta(days=9999)),
        _interval,
        in_frames=False,
    ),
    Kind(
        "interval-ym",
        column("C", OracleType.INTERVAL_YM, precision=9),
        st.builds(
            lambda sign, years, months: oracledb.IntervalYM(sign * years, sign * months),
            st.sampled_from((-1, 1)),
            st.integers(0, 9999),
            st.integers(0, 11),
        ),
        lambda v: encode_interval_ym(v.years, v.months),
        in_frames=False,
    ),
    Kind("long", column("C", OracleType.LONG), LONG_TEXT, _utf8),
    Kind("long-raw", column("C", OracleType.LONG_RAW), st.binary(min_size=1, max_size=300), bytes),
    Kind("clob", column("C", OracleType.CLOB), LONG_TEXT, _utf8),
    Kind("nclob", column("C", OracleType.CLOB, national=True), LONG_TEXT, _utf8),
    Kind("blob", column("C", OracleType.BLOB), st.binary(min_size=1, max_size=300), bytes),
    Kind("rowid", column("C", OracleType.ROWID), ROWIDS, _utf8, in_frames=False),
    Kind(
        "urowid",
        column("C", OracleType.UROWID),
        st.one_of(ROWIDS, st.binary(min_size=12, max_size=30).map(logical_text)),
        _utf8,
        in_frames=False,
    ),
    Kind("xmltype", column("C", OracleType.XMLTYPE), LONG_TEXT, _utf8, in_frames=False),
    Kind("json", column("C", OracleType.JSON), JSON, encode_oson, in_frames=False),
    Kind(
        "boolean",
        column("C", OracleType.BOOLEAN),
        st.booleans(),
        lambda v: encode_boolean(value=v),
    ),
]
SPECIAL_FLOATS = [math.inf, -math.inf, 0.0]


def renamed(kind: Kind, name: str) -> Kind:
    """Return a kind whose column has another name."""
    return replace(kind, column=replace(kind.column, name=name))
