"""Turn a column that Oracle delivered into the column that a format writes."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Sequence

from arro3.core import Array, DataType

from oracle_etl.flow.encode.arrow_text import TextBuffers, canonical_numbers, map_text
from oracle_etl.flow.encode.misnamed_text import checked
from oracle_etl.model.columns import CarriedColumn, WireForm
from oracle_etl.model.errors import UnreadableValue

Conversion = Callable[[Sequence[Array]], Array]
"""From the arrays that one column was selected as (two where it has a continuation)."""

_DAYS = re.compile(rb"([+-])(\d+) (\d+):(\d+):(\d+)(?:\.(\d*))?\Z")
_MONTHS = re.compile(rb"([+-])(\d+)-(\d+)\Z")


def json_conversion(column: CarriedColumn, *, mask_key: bytes | None) -> Conversion | None:
    """Return what makes of a column the array that a JSON writer takes; None: nothing."""
    form = column.form
    if form in {WireForm.INTEGER, WireForm.DECIMAL} and not column.as_number:
        return lambda arrays: arrays[0].cast(DataType.utf8())
    if form is WireForm.FLOAT and column.arrow_type != "double":
        return lambda arrays: arrays[0].cast(DataType.float64())
    if form is WireForm.BYTES:
        return lambda arrays: map_text(arrays[0], b64encode)
    return _shared_conversion(column, mask_key)


def parquet_conversion(column: CarriedColumn, *, mask_key: bytes | None) -> Conversion | None:
    """Return what makes of a column the array that a Parquet writer takes; None: nothing."""
    if column.form is WireForm.INSTANT:
        return lambda arrays: arrays[0].cast(DataType.timestamp("us", tz="UTC"))
    return _shared_conversion(column, mask_key)


def _shared_conversion(column: CarriedColumn, mask_key: bytes | None) -> Conversion | None:
    plain = _clear_conversion(column)
    if not column.hash_in_worker:
        return plain
    if not mask_key:
        raise UnreadableValue(
            f"column {column.name} is to be hashed, and there is no key",
            hint="set ETL_MASK_KEY, the key of hash masks",
        )

    def hashed(arrays: Sequence[Array]) -> Array:
        clear = arrays[0] if plain is None else plain(arrays)
        return map_text(clear, lambda text: hash_text(text, key=mask_key))

    return hashed


def hash_text(text: bytes, *, key: bytes) -> bytes:
    """Return the HMAC-SHA256 of a text in UTF-8, in hexadecimal, as DBMS_CRYPTO gives it."""
    return hmac.new(key, text, hashlib.sha256).hexdigest().encode()


def _clear_conversion(column: CarriedColumn) -> Conversion | None:
    match column.form:
        case WireForm.NUMBER_TEXT:
            return lambda arrays: canonical_numbers(arrays[0], column=column.name)
        case WireForm.DAYS:
            return lambda arrays: map_text(arrays[0], lambda text: _iso_days(text, column.name))
        case WireForm.MONTHS:
            return lambda arrays: map_text(arrays[0], lambda text: _iso_months(text, column.name))
        case WireForm.TEXT if column.character_set is not None:
            return lambda arrays: checked(arrays[0], column=column)
        case WireForm.ENCODED_TEXT:
            return lambda arrays: _decoded(arrays, column)
        case _:
            return None


def _decoded(arrays: Sequence[Array], column: CarriedColumn) -> Array:
    pieces: list[list[bytes | None]] = [TextBuffers.of(each).values for each in arrays]
    texts = [
        None if row[0] is None else _decode(b"".join(each or b"" for each in row), column)
        for row in zip(*pieces, strict=True)
    ]
    return TextBuffers.holding(texts).to_text()


def _decode(raw: bytes, column: CarriedColumn) -> bytes:
    try:
        return raw.decode(column.encoding or "utf-8").encode()
    except UnicodeError as error:
        raise UnreadableValue(
            f"column {column.name} holds bytes that are no {column.encoding}: {error}",
            hint="check source_encoding, or exclude the column",
        ) from None


def _iso_days(text: bytes, column: str) -> bytes:
    match = _DAYS.match(text)
    if match is None:
        raise _strange(text, column)
    sign, days, hours, minutes, seconds, fraction = match.groups()
    exact = b"%d" % int(seconds)
    if fraction and (digits := fraction.rstrip(b"0")):
        exact += b"." + digits
    clock = b"".join(
        number + unit
        for number, unit in (
            (b"%d" % int(hours), b"H"),
            (b"%d" % int(minutes), b"M"),
            (exact, b"S"),
        )
        if number != b"0"
    )
    date = b"%dD" % int(days) if int(days) else b""
    return _iso(sign, date, clock)


def _iso_months(text: bytes, column: str) -> bytes:
    match = _MONTHS.match(text)
    if match is None:
        raise _strange(text, column)
    sign, years, months = match.groups()
    if not int(years) and not int(months):
        return b"P0M"
    parts = ((int(years), b"Y"), (int(months), b"M"))
    return _iso(sign, b"".join(b"%d" % number + unit for number, unit in parts if number), b"")


def _iso(sign: bytes, date: bytes, clock: bytes) -> bytes:
    if not date and not clock:
        return b"PT0S"
    minus = b"-" if sign == b"-" else b""
    return minus + b"P" + date + (b"T" + clock if clock else b"")


def _strange(text: bytes, column: str) -> UnreadableValue:
    return UnreadableValue(
        f"column {column} holds an interval that reads {text[:40]!r}",
        hint="report this with the column's type; exclude the column until then",
    )
