"""What a column accepts: lengths, precisions and padding, with Oracle's errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal

from oracle_standin.engine import codec, instants, kinds
from oracle_standin.engine.conversions import nearest_single
from oracle_standin.engine.errors import ora
from oracle_standin.engine.instants import Zoned
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.settings import Settings
from oracle_standin.port import Cell, ColumnType, OracleType

Limit = Callable[[Value, Settings], Value]

WIDE = Context(prec=400, rounding=ROUND_HALF_UP)
NUMBER_DIGITS = Context(prec=40, rounding=ROUND_HALF_UP)
FRACTION_DIGITS = 9
BITS_PER_DIGIT = 0.30103
NATIONAL_BYTES = 2


def storer(kind: ColumnType, column: str) -> Callable[[Value, Settings], Cell]:
    """Return how a converted value becomes a cell of a column, named as OWNER.TABLE.COLUMN."""
    encode = codec.encoder(kind)
    limit = limited(kind, column)
    if limit is None:
        return lambda value, _settings: encode(value)
    checked = limit

    def store(value: Value, settings: Settings) -> Cell:
        return encode(None if value is None else checked(value, settings))

    return store


def limited(kind: ColumnType, column: str) -> Limit | None:
    """Return how a type bounds a value; None where it takes every value."""
    maker = LIMITS.get(kind.type)
    return None if maker is None else maker(kind, column)


def _text(kind: ColumnType, column: str) -> Limit:
    pad = kind.type is OracleType.CHAR

    def limit(text: str, settings: Settings) -> str:
        size = _length(text, kind, settings)
        most = kind.characters if kind.by_character else kind.size
        if size > most:
            raise ora(12899, column, size, most)
        return text + " " * (most - size) if pad else text

    return limit


def _length(text: str, kind: ColumnType, settings: Settings) -> int:
    if kind.by_character or text.isascii():
        return len(text)
    return len(settings.stored_bytes(text))


def _number(kind: ColumnType, _column: str) -> Limit | None:
    if kind.scale == kinds.FREE_SCALE:
        return _binary_precision(kind) if kind.precision else None
    step = Decimal(1).scaleb(-kind.scale)
    most = Decimal(10) ** (kind.precision - kind.scale)

    def limit(value: Decimal, _settings: Settings) -> Decimal:
        rounded = value.quantize(step, context=WIDE)
        if rounded.copy_abs() >= most:
            raise ora(1438)
        return rounded

    return limit


def _binary_precision(kind: ColumnType) -> Limit:
    """FLOAT(p) keeps as many decimal digits as p binary ones hold."""
    digits = int(kind.precision * BITS_PER_DIGIT) + 1
    context = Context(prec=min(digits, 40), rounding=ROUND_HALF_UP)
    return lambda value, _settings: context.plus(value)


def _single(_kind: ColumnType, _column: str) -> Limit:
    return lambda value, _settings: nearest_single(value)


def _raw(kind: ColumnType, column: str) -> Limit:
    def limit(value: bytes, _settings: Settings) -> bytes | None:
        if len(value) > kind.size:
            raise ora(12899, column, len(value), kind.size)
        return value or None

    return limit


def rounded_fraction(value: int, digits: int) -> int:
    """Round nanoseconds to so many digits of a second, halves away from zero."""
    step = 10 ** (FRACTION_DIGITS - digits)
    sign = -1 if value < 0 else 1
    return value if step == 1 else sign * ((abs(value) + step // 2) // step * step)


def _timestamp(kind: ColumnType, _column: str) -> Limit:
    return lambda value, _settings: instants.checked(rounded_fraction(value, kind.scale))


def _zoned(kind: ColumnType, _column: str) -> Limit:
    def limit(value: Zoned, _settings: Settings) -> Zoned:
        return Zoned(instants.checked(rounded_fraction(value.utc, kind.scale)), value.zone)

    return limit


def _day_second(kind: ColumnType, _column: str) -> Limit:
    most = 10**kind.precision * instants.DAY

    def limit(value: int, _settings: Settings) -> int:
        rounded = rounded_fraction(value, kind.scale)
        if abs(rounded) >= most:
            raise ora(1873)
        return rounded

    return limit


def _year_month(kind: ColumnType, _column: str) -> Limit:
    most = 10**kind.precision * instants.MONTHS_OF_YEAR

    def limit(value: int, _settings: Settings) -> int:
        if abs(value) >= most:
            raise ora(1873)
        return value

    return limit


def _json(_kind: ColumnType, _column: str) -> Limit:
    def limit(text: str, _settings: Settings) -> str:
        try:
            json.loads(text)
        except ValueError:
            raise ora(40441) from None
        return text

    return limit


LIMITS: dict[OracleType, Callable[[ColumnType, str], Limit | None]] = {
    OracleType.VARCHAR2: _text,
    OracleType.CHAR: _text,
    OracleType.NUMBER: _number,
    OracleType.BINARY_FLOAT: _single,
    OracleType.RAW: _raw,
    OracleType.TIMESTAMP: _timestamp,
    OracleType.TIMESTAMP_LTZ: _timestamp,
    OracleType.TIMESTAMP_TZ: _zoned,
    OracleType.INTERVAL_DS: _day_second,
    OracleType.INTERVAL_YM: _year_month,
    OracleType.JSON: _json,
}
