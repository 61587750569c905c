"""Large values on their way into JSON: piece by piece from where they lie, never as a whole."""

from __future__ import annotations

from base64 import b64encode
from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence

import orjson
from arro3.core import Array, RecordBatch

from oracle_etl.flow.encode.arrow_text import TextBuffers, check_text
from oracle_etl.flow.encode.json_documents import large_on_one_line
from oracle_etl.flow.encode.misnamed_text import check_named
from oracle_etl.model.columns import CarriedColumn, WireForm

LARGE = 2**20
"""Bytes from which a value is worth the way of its own."""
_PIECE = 3 * 2**16
"""Divisible by 3, so that the pieces' base64 is the whole's."""
_FORMS = frozenset({WireForm.BYTES, WireForm.TEXT, WireForm.JSON})
_DECODER = getincrementaldecoder("utf-8")


def large_columns(record: RecordBatch, columns: Sequence[CarriedColumn]) -> list[int]:
    """Return where the one row of a batch holds large values; such rows come alone."""
    if record.num_rows != 1 or record.nbytes < LARGE or record.num_columns != len(columns):
        return []
    return [
        at
        for at, column in enumerate(columns)
        if column.form in _FORMS and column.is_lob and len(_only_value(record.column(at))) >= LARGE
    ]


def large_fragment(array: Array, column: CarriedColumn) -> Iterator[bytes]:
    """Yield an array's only value as it stands in JSON."""
    if column.form is WireForm.JSON:
        yield from large_on_one_line(_only_value(array), column=column.name)
        return
    yield b'"'
    if column.form is WireForm.BYTES:
        yield from _in_base64(_only_value(array))
    else:
        check_text(array, column=column.name)
        if column.character_set is not None:
            check_named(_only_value(array), column=column)
        yield from _escaped(_only_value(array))
    yield b'"'


def _only_value(array: Array) -> memoryview:
    """Return the bytes of an array's only value, copying none; null has none."""
    text = TextBuffers.of(array)
    return text.data.data[int(text.offsets[0]) : int(text.offsets[1])]


def _in_base64(value: memoryview) -> Iterator[bytes]:
    for start in range(0, len(value), _PIECE):
        yield b64encode(value[start : start + _PIECE])


def _escaped(value: memoryview) -> Iterator[bytes]:
    decoder = _DECODER()
    for start in range(0, len(value), _PIECE):
        piece = decoder.decode(value[start : start + _PIECE])
        yield orjson.dumps(piece)[1:-1]
