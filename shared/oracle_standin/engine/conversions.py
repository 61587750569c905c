"""Implicit conversions: a value of one type as another, as Oracle converts it."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from decimal import Decimal

from oracle_standin.engine import instants, intervals_text, kinds
from oracle_standin.engine.errors import ora
from oracle_standin.engine.formats import dates_in, dates_out, numbers
from oracle_standin.engine.instants import Zoned
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.settings import Settings
from oracle_standin.engine.storage.addresses import address_text, parse_address
from oracle_standin.port import ColumnType, OracleType

Convert = Callable[[Value, Settings], Value]

NUMBERS = Decimal("1e-130")


def conversion(source: ColumnType, target: ColumnType) -> Convert | None:
    """Return how to turn a non-NULL value of one type into another; None where it is the same.

    Raises ORA-00932 where Oracle does not convert between them.
    """
    wanted, given = _family(target), _family(source)
    if wanted is given:
        return None
    maker = MAKERS.get((given, wanted))
    if maker is None:
        raise ora(932, kinds.word(target), kinds.word(source))
    return maker(source)


def _family(kind: ColumnType) -> OracleType:
    if kind.type in kinds.TEXTS:
        return OracleType.VARCHAR2
    if kind.type in kinds.RAWS:
        return OracleType.RAW
    return kind.type


def decimal_of(value: float) -> Decimal:
    """Return a float as a NUMBER; ORA-01426 for NaN and infinities."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 -- NaN alone differs
        raise ora(1426)
    return Decimal(f"{value:.15g}") if float(f"{value:.15g}") == value else Decimal(repr(value))


def nearest_single(value: float) -> float:
    """Round to a BINARY_FLOAT, infinite where it is too large; -0 is 0."""
    try:
        return float(struct.unpack(">f", struct.pack(">f", value))[0]) + 0.0
    except OverflowError:
        return math.copysign(math.inf, value)


def float_of(text: str) -> float:
    """Read a BINARY_DOUBLE; ORA-01722 where the text is none."""
    stripped = text.strip().lower()
    if stripped in {"nan", "inf", "-inf", "+inf", "infinity", "-infinity"}:
        return float(stripped)
    return float(numbers.to_number(text))


def zoned_of(value: Value, kind: ColumnType, settings: Settings) -> Zoned:
    """Return any moment as one with a time zone; clocks are in the session's zone."""
    if isinstance(value, Zoned):
        return value
    if kind.type is OracleType.TIMESTAMP_LTZ:
        return Zoned(value, settings.time_zone)
    return Zoned(instants.utc(value, settings.time_zone), settings.time_zone)


def clock_of(value: Value, kind: ColumnType, settings: Settings) -> int:
    """Return any moment as its own clock shows it."""
    if isinstance(value, Zoned):
        return instants.local(value.utc, value.zone)
    if kind.type is OracleType.TIMESTAMP_LTZ:
        return instants.local(value, settings.time_zone)
    return int(value)


def moment_text(value: Value, kind: ColumnType, model: str, settings: Settings) -> str:
    """Write a moment of any type by a date model."""
    digits = -1 if kind.type is OracleType.DATE else kind.scale
    if kind.type in kinds.CLOCKS:
        return dates_out.write(dates_out.shown(value, fraction_digits=digits), model)
    zoned = zoned_of(value, kind, settings)
    return dates_out.write(
        dates_out.shown(zoned.utc, fraction_digits=digits, zone=zoned.zone), model
    )


FORMATS = {
    OracleType.DATE: "NLS_DATE_FORMAT",
    OracleType.TIMESTAMP: "NLS_TIMESTAMP_FORMAT",
    OracleType.TIMESTAMP_LTZ: "NLS_TIMESTAMP_FORMAT",
    OracleType.TIMESTAMP_TZ: "NLS_TIMESTAMP_TZ_FORMAT",
}


def _moment_to_text(source: ColumnType) -> Convert:
    name = FORMATS[source.type]
    return lambda value, s: moment_text(value, source, s.nls[name], s)


def _float_to_text(source: ColumnType) -> Convert:
    single = source.type is OracleType.BINARY_FLOAT
    return lambda value, s: numbers.float_text(value, single=single, marks=s.marks)


def _interval_ds_to_text(source: ColumnType) -> Convert:
    return lambda value, _s: intervals_text.day_second_text(
        value, precision=source.precision, scale=source.scale
    )


def _interval_ym_to_text(source: ColumnType) -> Convert:
    return lambda value, _s: intervals_text.year_month_text(value, precision=source.precision)


def _read_by(name: str) -> Convert:
    def read(text: str, settings: Settings) -> int:
        moment = dates_in.read(text, settings.nls[name], today=settings.today)
        if name == "NLS_DATE_FORMAT":
            return moment.at // instants.SECOND * instants.SECOND
        return moment.at

    return read


def _text_to_zoned(text: str, settings: Settings) -> Zoned:
    moment = dates_in.read(text, settings.nls["NLS_TIMESTAMP_TZ_FORMAT"], today=settings.today)
    zone = settings.time_zone if moment.zone is None else moment.zone
    return Zoned(instants.utc(moment.at, zone), zone)


def _text_to_local(text: str, settings: Settings) -> int:
    at: int = _read_by("NLS_TIMESTAMP_FORMAT")(text, settings)
    return instants.utc(at, settings.time_zone)


def raw_of(text: str) -> bytes:
    """Read hexadecimal digits; ORA-01465 where they are none."""
    if not re.fullmatch(r"[0-9A-Fa-f]*", text):
        raise ora(1465)
    return bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)


def _always(convert: Convert) -> Callable[[ColumnType], Convert]:
    return lambda _source: convert


def _to_date(source: ColumnType) -> Convert:
    return lambda value, s: clock_of(value, source, s) // instants.SECOND * instants.SECOND


def _to_clock(source: ColumnType) -> Convert:
    return lambda value, s: clock_of(value, source, s)


def _to_zoned(source: ColumnType) -> Convert:
    return lambda value, s: zoned_of(value, source, s)


def _to_local(source: ColumnType) -> Convert:
    return lambda value, s: zoned_of(value, source, s).utc


def _truth(value: Value, _settings: Settings) -> bool:
    if isinstance(value, str):
        words = {"TRUE": True, "T": True, "YES": True, "Y": True, "ON": True, "1": True}
        return words.get(value.strip().upper(), False)
    return bool(value)


T, R = OracleType.VARCHAR2, OracleType.RAW
N, BF, BD = OracleType.NUMBER, OracleType.BINARY_FLOAT, OracleType.BINARY_DOUBLE
D, TS = OracleType.DATE, OracleType.TIMESTAMP
TZ, LTZ = OracleType.TIMESTAMP_TZ, OracleType.TIMESTAMP_LTZ
DS, YM = OracleType.INTERVAL_DS, OracleType.INTERVAL_YM

MAKERS: dict[tuple[OracleType, OracleType], Callable[[ColumnType], Convert]] = {
    (N, T): _always(lambda v, s: numbers.plain(v, marks=s.marks)),
    (BF, T): _float_to_text,
    (BD, T): _float_to_text,
    (D, T): _moment_to_text,
    (TS, T): _moment_to_text,
    (TZ, T): _moment_to_text,
    (LTZ, T): _moment_to_text,
    (DS, T): _interval_ds_to_text,
    (YM, T): _interval_ym_to_text,
    (R, T): _always(lambda v, _s: v.hex().upper()),
    (OracleType.ROWID, T): _always(lambda v, _s: address_text(v)),
    (OracleType.ROWID, OracleType.UROWID): _always(lambda v, _s: address_text(v)),
    (OracleType.UROWID, T): _always(lambda v, _s: v),
    (OracleType.UROWID, OracleType.ROWID): _always(lambda v, _s: parse_address(v)),
    (OracleType.JSON, T): _always(lambda v, _s: v),
    (OracleType.BOOLEAN, T): _always(lambda v, _s: "TRUE" if v else "FALSE"),
    (OracleType.BOOLEAN, N): _always(lambda v, _s: Decimal(int(v))),
    (T, N): _always(lambda v, s: numbers.to_number(v, marks=s.marks)),
    (T, BD): _always(lambda v, _s: float_of(v)),
    (T, BF): _always(lambda v, _s: nearest_single(float_of(v))),
    (N, BD): _always(lambda v, _s: float(v)),
    (N, BF): _always(lambda v, _s: nearest_single(float(v))),
    (BF, BD): _always(lambda v, _s: v),
    (BD, BF): _always(lambda v, _s: nearest_single(v)),
    (BD, N): _always(lambda v, _s: decimal_of(v)),
    (BF, N): _always(lambda v, _s: decimal_of(v)),
    (T, D): _always(_read_by("NLS_DATE_FORMAT")),
    (T, TS): _always(_read_by("NLS_TIMESTAMP_FORMAT")),
    (T, TZ): _always(_text_to_zoned),
    (T, LTZ): _always(_text_to_local),
    (TS, D): _to_date,
    (TZ, D): _to_date,
    (LTZ, D): _to_date,
    (D, TS): _always(lambda v, _s: v),
    (TZ, TS): _to_clock,
    (LTZ, TS): _to_clock,
    (D, TZ): _to_zoned,
    (TS, TZ): _to_zoned,
    (LTZ, TZ): _to_zoned,
    (D, LTZ): _to_local,
    (TS, LTZ): _to_local,
    (TZ, LTZ): _to_local,
    (T, DS): _always(lambda v, _s: intervals_text.day_second(v)),
    (T, YM): _always(lambda v, _s: intervals_text.year_month(v)),
    (T, R): _always(lambda v, _s: raw_of(v)),
    (T, OracleType.ROWID): _always(lambda v, _s: parse_address(v)),
    (T, OracleType.UROWID): _always(lambda v, _s: v),
    (T, OracleType.XMLTYPE): _always(lambda v, _s: v),
    (T, OracleType.JSON): _always(lambda v, _s: v),
    (T, OracleType.BOOLEAN): _always(_truth),
    (N, OracleType.BOOLEAN): _always(_truth),
}
