"""Values to the cells that rows keep, and back, one pair of functions per type."""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import Decimal
from typing import cast

from oracle_standin.engine import instants
from oracle_standin.engine.errors import ora
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.storage.addresses import address_text, parse_address
from oracle_standin.port import Cell, ColumnType, OracleType
from oracle_standin.values import booleans, floats, intervals, moments, number
from oracle_standin.values.cells import NULL, cell, content

Decode = Callable[[Cell], Value]
Encode = Callable[[Value], Cell]
MONTHS = 12


def text_of(stored: bytes) -> str:
    """Read text, keeping bytes that are no UTF-8 as surrogates."""
    return stored.decode("utf-8", "surrogateescape")


def text_bytes(text: str) -> bytes:
    """Write text as `text_of` read it."""
    return text.encode("utf-8", "surrogateescape")


@functools.lru_cache(maxsize=65536)
def _number(stored: bytes) -> Decimal:
    return number.decode_number(stored)


def _clock(stored: bytes) -> int:
    return instants.of_moment(moments.decode_timestamp(stored))


def _zoned(stored: bytes) -> instants.Zoned:
    moment = moments.decode_timestamp_tz(stored)
    offset = moment.offset_minutes or 0
    zone = offset if moment.region is None else moment.region
    return instants.Zoned(instants.of_moment(moment) - offset * instants.MINUTE, zone)


def _day_second(stored: bytes) -> int:
    d, h, mi, s, ns = intervals.decode_interval_ds(stored)
    return d * instants.DAY + h * instants.HOUR + mi * instants.MINUTE + s * instants.SECOND + ns


def _year_month(stored: bytes) -> int:
    years, months = intervals.decode_interval_ym(stored)
    return years * MONTHS + months


def _national(stored: bytes) -> str:
    return stored.decode("utf-16-be", "surrogatepass")


def _rowid(stored: bytes) -> int:
    return parse_address(stored.decode("ascii"))


DECODERS: dict[OracleType, Callable[[bytes], Value]] = {
    OracleType.NUMBER: _number,
    OracleType.BINARY_FLOAT: floats.decode_binary_float,
    OracleType.BINARY_DOUBLE: floats.decode_binary_double,
    OracleType.DATE: _clock,
    OracleType.TIMESTAMP: _clock,
    OracleType.TIMESTAMP_LTZ: _clock,
    OracleType.TIMESTAMP_TZ: _zoned,
    OracleType.INTERVAL_DS: _day_second,
    OracleType.INTERVAL_YM: _year_month,
    OracleType.ROWID: _rowid,
    OracleType.RAW: bytes,
    OracleType.LONG_RAW: bytes,
    OracleType.BLOB: bytes,
    OracleType.BOOLEAN: booleans.decode_boolean,
}


def from_content(kind: ColumnType) -> Callable[[bytes], Value]:
    """Return the reader of a type's bytes."""
    if kind.national and kind.type in {OracleType.VARCHAR2, OracleType.CHAR}:
        return _national
    return DECODERS.get(kind.type, text_of)


def decoder(kind: ColumnType) -> Decode:
    """Return the reader of a type's cells."""
    read = from_content(kind)

    def decode(stored: Cell) -> Value:
        plain = content(stored)
        return None if plain is None else read(plain)

    return decode


@functools.lru_cache(maxsize=65536)
def _from_number(value: Decimal) -> bytes:
    try:
        return number.encode_number(value)
    except OverflowError:
        raise ora(1426) from None


def _from_clock(at: int) -> bytes:
    return moments.encode_timestamp(instants.to_moment(at))


def _from_date(at: int) -> bytes:
    return moments.encode_date(instants.to_moment(at))


def _from_zoned(value: instants.Zoned) -> bytes:
    offset = instants.offset_minutes(value.zone, value.utc)
    shown = instants.clock(value.utc + offset * instants.MINUTE)
    region = value.zone if isinstance(value.zone, str) else None
    return moments.encode_timestamp_tz(moments.Moment(*shown, offset, region))


def _from_day_second(value: int) -> bytes:
    sign = -1 if value < 0 else 1
    days, rest = divmod(abs(value), instants.DAY)
    hours, rest = divmod(rest, instants.HOUR)
    minutes, rest = divmod(rest, instants.MINUTE)
    seconds, nanoseconds = divmod(rest, instants.SECOND)
    fields = (days, hours, minutes, seconds, nanoseconds)
    return intervals.encode_interval_ds(*(sign * field for field in fields))


def _from_year_month(value: int) -> bytes:
    sign = -1 if value < 0 else 1
    years, months = divmod(abs(value), MONTHS)
    return intervals.encode_interval_ym(sign * years, sign * months)


def _from_national(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _from_rowid(value: int) -> bytes:
    return address_text(value).encode("ascii")


def _from_boolean(value: object) -> bytes:
    return booleans.encode_boolean(value=bool(value))


ENCODERS: dict[OracleType, Callable[[Value], bytes]] = {
    OracleType.NUMBER: _from_number,
    OracleType.BINARY_FLOAT: lambda value: floats.encode_binary_float(value + 0.0),
    OracleType.BINARY_DOUBLE: lambda value: floats.encode_binary_double(value + 0.0),
    OracleType.DATE: _from_date,
    OracleType.TIMESTAMP: _from_clock,
    OracleType.TIMESTAMP_LTZ: _from_clock,
    OracleType.TIMESTAMP_TZ: _from_zoned,
    OracleType.INTERVAL_DS: _from_day_second,
    OracleType.INTERVAL_YM: _from_year_month,
    OracleType.ROWID: _from_rowid,
    OracleType.RAW: bytes,
    OracleType.LONG_RAW: bytes,
    OracleType.BLOB: bytes,
    OracleType.BOOLEAN: _from_boolean,
}
"""How values are written; Oracle knows no -0, which adding 0 takes away."""


def encoder(kind: ColumnType) -> Encode:
    """Return the writer of a type's cells."""
    if kind.national and kind.type in {OracleType.VARCHAR2, OracleType.CHAR}:
        write: Callable[[Value], bytes] = _from_national
    else:
        write = ENCODERS.get(kind.type, text_bytes)

    def encode(value: Value) -> Cell:
        return NULL if value is None else cell(write(value))

    return encode


def size_of(kind: ColumnType, value: Value) -> int:
    """Return the bytes that a value takes, as VSIZE counts them."""
    stored = content(encoder(kind)(value))
    return len(cast("bytes", stored))
