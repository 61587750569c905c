"""Large binary values on their way into JSON: base64 piece by piece, never as a whole."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence

from arro3.core import Array, RecordBatch

from oracle_etl.flow.encode.arrow_text import TextBuffers
from oracle_etl.model.columns import CarriedColumn, WireForm

LARGE = 2**20
"""Bytes from which a value is worth the way of its own."""
_PIECE = 3 * 2**16
"""Divisible by 3, so that the pieces' base64 is the whole's."""


def large_columns(record: RecordBatch, columns: Sequence[CarriedColumn]) -> list[int]:
    """Return where the one row of a batch holds large binary values; such rows come alone."""
    if record.num_rows != 1 or record.nbytes < LARGE or record.num_columns != len(columns):
        return []
    return [
        at
        for at, column in enumerate(columns)
        if column.form is WireForm.BYTES and record.column(at).nbytes >= LARGE
    ]


def quoted_base64(array: Array) -> Iterator[bytes]:
    """Yield the JSON string of an array's only value."""
    text = TextBuffers.of(array)
    value = text.data.data[int(text.offsets[0]) : int(text.offsets[1])]
    yield b'"'
    for start in range(0, len(value), _PIECE):
        yield b64encode(value[start : start + _PIECE])
    yield b'"'
