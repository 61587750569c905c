"""Rows whose LOBs are large together, taken over locators, piece by piece.

As a data frame the driver holds such a row three times: as packets, where a CLOB has two bytes a
character, as the row itself, and as the row before. Over locators it is held once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import nanoarrow  # type: ignore[import-untyped]  # it ships without type information
import numpy as np
import oracledb
from arro3.core import Array, DataType, Field, RecordBatch, Schema

from oracle_etl.arrow_types import arrow_type
from oracle_etl.gateways.oracle.statements import Statement
from oracle_etl.model.columns import CarriedColumn, WireForm
from oracle_etl.model.errors import UnreadableValue
from oracle_etl.model.reading import Reading

_PIECE = 2**22
"""Bytes of a BLOB, or UTF-16 units of a CLOB, in one round trip."""
_DECIMAL_BYTES = 16
_REPLACED = "\ufffd"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  Oracle's moments have no zone here
_LARGE = {False: nanoarrow.large_binary(), True: nanoarrow.large_string()}
Call = Callable[[], AbstractContextManager[None]]
"""Around each call to Oracle."""


def pieced_rows(
    connection: oracledb.Connection, reading: Reading, statement: Statement, *, call: Call
) -> Iterator[RecordBatch]:
    """Yield each row that a statement delivers as a batch of its own."""
    columns = reading.plan.selected
    with connection.cursor() as cursor:
        cursor.arraysize = cursor.prefetchrows = 1
        with _decoding(columns, call):
            cursor.execute(statement.text, statement.binds, fetch_lobs=True, fetch_decimals=True)
        while (row := _next(cursor, columns, call)) is not None:
            # Only who takes a row holds it while the next one comes.
            yield _record(columns, row, call)
            del row


def _next(
    cursor: oracledb.Cursor, columns: Sequence[CarriedColumn], call: Call
) -> tuple[Any, ...] | None:
    with _decoding(columns, call):
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


@contextmanager
def _decoding(columns: Sequence[CarriedColumn], call: Call) -> Iterator[None]:
    """Name the columns that may be meant where the driver cannot decode a text of a row."""
    try:
        with call():
            yield
    except UnicodeDecodeError as error:
        texts = (each.name for each in columns if each.form is WireForm.TEXT and not each.is_lob)
        raise UnreadableValue(
            f"one of the columns {', '.join(texts)} holds bytes that are no text: {error}",
            hint="name the encoding in source_encoding, or exclude the column",
        ) from error


def _record(columns: Sequence[CarriedColumn], row: tuple[Any, ...], call: Call) -> RecordBatch:
    arrays = [_array(column, value, call) for column, value in zip(columns, row, strict=True)]
    fields = [Field(column.name, array.type) for column, array in zip(columns, arrays, strict=True)]
    return RecordBatch.from_arrays(arrays, schema=Schema(fields))


def _array(column: CarriedColumn, value: Any, call: Call) -> Array:  # noqa: ANN401  of any type
    """Return an array of one value, as the driver's data frame would hold it."""
    type_ = arrow_type(column.arrow_type)
    if value is None:
        return Array([None], type=DataType.utf8()).cast(type_)
    if isinstance(value, oracledb.LOB):
        return _large(_content(value, column, call), type_)
    if isinstance(value, datetime):
        micros = (value - _EPOCH) // timedelta(microseconds=1)
        return Array([micros], type=DataType.int64()).cast(type_)
    if column.arrow_type.startswith("decimal128"):
        return _decimal(Decimal(value), column)
    kinds = {"int64": int, "double": float, "float": float}
    return Array([kinds.get(column.arrow_type, lambda each: each)(value)], type=type_)


def _decimal(value: Decimal, column: CarriedColumn) -> Array:
    # In whole numbers, since Decimal's own arithmetic rounds to 28 digits.
    sign, digits, exponent = value.as_tuple()
    shift = int(exponent) + column.scale
    unscaled = int("".join(map(str, digits)))
    whole, rest = divmod(unscaled * 10 ** max(0, shift), 10 ** max(0, -shift))
    if rest or whole >= 10**column.digits:
        raise UnreadableValue(
            f"column {column.name} holds {value}, which is no {column.oracle_type}",
            hint="exclude the column, or correct the value in Oracle",
        )
    octets = (-whole if sign else whole).to_bytes(_DECIMAL_BYTES, "little", signed=True)
    schema = nanoarrow.decimal128(column.digits, column.scale)
    return Array.from_arrow(nanoarrow.c_array_from_buffers(schema, 1, [None, octets]))


def _large(content: bytearray, type_: DataType) -> Array:
    schema = _LARGE[DataType.is_large_string(type_)]
    offsets = np.array([0, len(content)], np.int64)
    return Array.from_arrow(nanoarrow.c_array_from_buffers(schema, 1, [None, offsets, content]))


def _content(lob: oracledb.LOB, column: CarriedColumn, call: Call) -> bytearray:
    content = bytearray()
    with call():
        size = lob.size()
    at = 0
    while at < size:
        piece = _piece(lob, at, min(_PIECE, size - at), column, call)
        if not piece:
            raise UnreadableValue(
                f"column {column.name} ends after {at} of the {size} that Oracle tells of its size",
                hint="start the job again; where it stays so, exclude the column",
            )
        content += piece.encode() if isinstance(piece, str) else piece
        at += _size(piece)
    return content


def _size(piece: str | bytes) -> int:
    """Return how much of a LOB a piece is: a client may give less than it was asked for."""
    if isinstance(piece, bytes) or piece.isascii():
        return len(piece)
    return len(piece.encode("utf-16-le")) // 2


def _piece(
    lob: oracledb.LOB, at: int, amount: int, column: CarriedColumn, call: Call
) -> str | bytes:
    """Return what stands at a place of a LOB, whole characters of it."""
    try:
        with call():
            piece: str | bytes = lob.read(at + 1, amount)
    except UnicodeDecodeError as error:
        if amount == 1 or amount < _PIECE:
            raise UnreadableValue(
                f"column {column.name} holds half of a character, or bytes that are no text:"
                f" {error}",
                hint="correct the value in Oracle, or exclude the column",
            ) from error
    else:
        if amount < _PIECE or isinstance(piece, bytes) or not piece.endswith(_REPLACED):
            return piece
    # The piece ended between the two units of a character, or in U+FFFD, which Instant Client may
    # have put for the first of them; where it is the text's own, it comes with the next piece.
    return _piece(lob, at, amount - 1, column, call)
