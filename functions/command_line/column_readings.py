"""How the demo reads each type of column twice: from Oracle by the driver, and from JSON Lines.

Both ways end in the same plain Python value, so that rows can be compared. Nothing here is shared
with the code that wrote the files: a fault there must not hide itself here.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

Convert = Callable[[Any], Hashable]

_INSTANT = "TO_CHAR(SYS_EXTRACT_UTC({c}),'YYYY-MM-DD\"T\"HH24:MI:SS.FF9')"
_WALL_CLOCK = "LTRIM(TO_CHAR({c},'SYYYY-MM-DD\"T\"HH24:MI:SS.FF9'))"
_WHOLE_SECONDS = "LTRIM(TO_CHAR({c},'SYYYY-MM-DD\"T\"HH24:MI:SS'))"
_FINER = "TIMESTAMP of more than microseconds"
_DAYS = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?\Z")
_MONTHS = re.compile(r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?\Z")
_BEYOND_MICROSECONDS = re.compile(r"TIMESTAMP\([789]\)")
_ZONED = re.compile(r"(.+T[\d:]+)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)(?:\[(.+)\])?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnReading:
    """One column: what to select, and how the value of either side becomes the plain one."""

    name: str
    select: str
    from_driver: Convert
    from_json: Convert


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How columns of one type are read."""

    select: str = "{c}"
    from_driver: Convert
    from_json: Convert


def _same(value: Any) -> Hashable:  # noqa: ANN401 - whatever the driver or JSON gives
    return value  # type: ignore[no-any-return]


def _number(value: int | str | Decimal) -> Hashable:
    return _apart(Decimal(value) if isinstance(value, str) else value)


def _float(value: float | str | Decimal) -> Hashable:
    number = float(value)
    return "NaN" if math.isnan(number) else _apart(number)


def _apart(number: float | Decimal) -> Hashable:
    # Python has one hash for -1 and -2, and rows are told apart by their hashes.
    return "-1" if number == -1 else number


def _seconds(text: str) -> Hashable:
    """Return a wall-clock time of any number of digits; trailing zeros say nothing."""
    seconds, _, fraction = text.partition(".")
    return seconds, fraction.rstrip("0")


def _utc(text: str) -> Hashable:
    """Return the instant of a time with an offset, as UTC's wall clock has it."""
    match = _ZONED.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no time with an offset")
    local, fraction, offset, _ = match.groups()
    instant = datetime.fromisoformat(f"{local}{offset}")
    plain = instant.replace(tzinfo=None) - (instant.utcoffset() or timedelta())
    return plain.isoformat(), (fraction or "").rstrip("0")


def _utc_with_zone(text: str) -> Hashable:
    match = _ZONED.match(text)
    return _utc(text), None if match is None else match[4] or match[3]


def _selected_with_zone(text: str) -> Hashable:
    instant, _, zone = text.partition(" ")
    return _seconds(instant), zone


def _timedelta(text: str) -> Hashable:
    match = _DAYS.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no interval of days")
    days, hours, minutes, seconds = (int(each or 0) for each in match.groups()[1:5])
    microseconds = int((match[6] or "").ljust(6, "0")[:6])
    size = timedelta(
        days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds
    )
    return _span(-size if match[1] else size)


def _span(size: timedelta) -> Hashable:
    # As text, for the same reason as numbers: its hash is made from its number of days.
    return str(size)


def _months(text: str) -> Hashable:
    match = _MONTHS.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no interval of months")
    months = 12 * int(match[2] or 0) + int(match[3] or 0)
    return _apart(-months if match[1] else months)


def _document(value: object) -> Hashable:
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case bool() | None | str():
            return value
        case int() | float() | Decimal():
            return format(Decimal(str(value)).normalize(), "f")
        case _:
            return str(value)


Ways = dict[str, Way]

_ANY_MOMENT = Way(select=_WALL_CLOCK, from_driver=_seconds, from_json=_seconds)
_ANY_DAY = Way(select=_WHOLE_SECONDS, from_driver=_seconds, from_json=_seconds)

WAYS: Ways = {
    "NUMBER": Way(from_driver=_number, from_json=_number),
    "FLOAT": Way(from_driver=_number, from_json=_number),
    "BINARY_FLOAT": Way(from_driver=_float, from_json=_float),
    "BINARY_DOUBLE": Way(from_driver=_float, from_json=_float),
    "DATE": Way(from_driver=_same, from_json=datetime.fromisoformat),
    "TIMESTAMP": Way(from_driver=_same, from_json=datetime.fromisoformat),
    _FINER: _ANY_MOMENT,
    "TIMESTAMP WITH TIME ZONE": Way(
        select=f"CASE WHEN {{c}} IS NOT NULL THEN {_INSTANT}||' '||TO_CHAR({{c}},'TZR') END",
        from_driver=_selected_with_zone,
        from_json=_utc_with_zone,
    ),
    "TIMESTAMP WITH LOCAL TIME ZONE": Way(select=_INSTANT, from_driver=_seconds, from_json=_utc),
    "INTERVAL DAY TO SECOND": Way(from_driver=_span, from_json=_timedelta),
    "INTERVAL YEAR TO MONTH": Way(
        from_driver=lambda value: _apart(12 * value.years + value.months), from_json=_months
    ),
    "RAW": Way(from_driver=_same, from_json=base64.b64decode),
    "LONG RAW": Way(from_driver=_same, from_json=base64.b64decode),
    "BLOB": Way(from_driver=_same, from_json=base64.b64decode),
    "JSON": Way(from_driver=_document, from_json=_document),
    # The XML is the demo's own, from a stand-in on this machine.
    "XMLTYPE": Way(from_driver=ET.canonicalize, from_json=ET.canonicalize),
}
WAYS_FOR_ANY_YEAR: Ways = {**WAYS, "DATE": _ANY_DAY, "TIMESTAMP": _ANY_MOMENT}
"""Slower; Python's own dates begin with the year 1."""

_TEXT = Way(from_driver=_same, from_json=_same)
_OF_TEXT = {"CHAR", "VARCHAR2", "NCHAR", "NVARCHAR2", "CLOB", "NCLOB", "LONG", "ROWID", "BOOLEAN"}


def reading_of(name: str, data_type: str, ways: Ways = WAYS) -> ColumnReading:
    """Return how a column is read; `data_type` is as ALL_TAB_COLUMNS writes it."""
    kind = _FINER if _BEYOND_MICROSECONDS.fullmatch(data_type) else _base(data_type)
    way = _TEXT if kind in _OF_TEXT else ways.get(kind)
    if way is None:
        raise ValueError(f"the demo cannot compare columns of type {data_type}")
    quoted = '"' + name.replace('"', '""') + '"'
    return ColumnReading(
        name=name,
        select=way.select.replace("{c}", quoted),
        from_driver=_or_null(way.from_driver),
        from_json=_or_null(way.from_json),
    )


def _base(data_type: str) -> str:
    return re.sub(r"\(.*?\)", "", data_type).strip()


def _or_null(convert: Convert) -> Convert:
    if convert is _same:
        return convert
    return lambda value: None if value is None else convert(value)
