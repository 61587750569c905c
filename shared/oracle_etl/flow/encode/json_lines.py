"""Arrow batches to JSON Lines, one object a row, values exact.

arro3's writer does the bulk in one call a batch. It cannot write what stands in JSON without
quotes but is text in Arrow (long numbers, embedded JSON) nor NaN; such columns get a mark in
their key, by which their values are found in the finished bytes and put right. The mark is
DEL: no Oracle identifier may hold it, and only a key's closing quote is followed by a colon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, cast

import numpy as np
from arro3.core import Array, DataType, Field, RecordBatch, Schema
from arro3.io import write_ndjson

from oracle_etl.flow.encode.arrow_text import TextBuffers, check_text, floats
from oracle_etl.flow.encode.batch_conversions import json_conversions
from oracle_etl.flow.encode.encoder import Take
from oracle_etl.flow.encode.json_documents import on_one_line
from oracle_etl.flow.encode.large_strings import large_columns, large_fragment
from oracle_etl.flow.encode.text_pieces import Pieces
from oracle_etl.model.columns import CarriedColumn, WireForm
from oracle_etl.model.transport import NullsAs

Fragment = bytes | Iterator[bytes]
"""A value as it stands in JSON: whole, or where it is large in pieces."""

_MARK = "\x7f"
_NUMBER_MARK, _RAW_MARK = _MARK, _MARK * 2
_QUOTE, _COLON, _DELETE = b'":\x7f'
_RAW_VALUE = b'\x7f\x7f":"'
_RAW_NULL = b'\x7f\x7f":null'
_MAYBE_RAW = frozenset({WireForm.JSON, WireForm.FLOAT})


class JsonLines:
    """Writes the batches of one plan as lines."""

    def __init__(
        self, columns: Sequence[CarriedColumn], *, nulls: NullsAs, mask_key: bytes | None
    ) -> None:
        self._columns = columns
        self._nulls = nulls
        self._conversions = json_conversions(columns, mask_key=mask_key)
        self._has_bare_numbers = any(_is_bare_number(each) for each in columns)
        self._names = [
            each.name + (_NUMBER_MARK if _is_bare_number(each) else "") for each in columns
        ]
        self._maybe_raw = [at for at, each in enumerate(columns) if each.form in _MAYBE_RAW]
        self.rows = 0
        self._last_names: Sequence[str] = ()
        self._last_types: Sequence[DataType] = ()
        self._last_schema = Schema([])

    def lines(self, batch: Any) -> bytes:  # noqa: ANN401  any object with the Arrow interface
        """Return a line for each row."""
        pieces: list[bytes] = []
        self.write(batch, pieces.append)
        return b"".join(pieces)

    def write(self, batch: Any, take: Take) -> None:  # noqa: ANN401  as above
        """Hand out a line for each row, in pieces that are still in the processor's cache."""
        record = batch if isinstance(batch, RecordBatch) else RecordBatch.from_arrow(batch)
        self.rows += record.num_rows
        if not record.num_rows:
            return
        large = large_columns(record, self._columns)
        conversions = self._conversions.sparing(large) if large else self._conversions
        arrays = conversions.arrays(record)
        names = list(self._names)
        raw = self._take_out(arrays, names, large)
        if not raw and not self._has_bare_numbers:
            self._write(arrays, names, take)
            return
        pieces: list[bytes] = []
        self._write(arrays, names, pieces.append)
        written = b"".join(pieces)
        if self._has_bare_numbers:
            written = _bare_numbers(written)
        parts = _with_fragments(written, raw) if raw else iter((written,))
        for each in parts if large else (b"".join(parts),):
            take(each)

    def _take_out(
        self, arrays: list[Array], names: list[str], large: Sequence[int]
    ) -> list[list[Fragment | None]]:
        """Put placeholders where the writer cannot write what must stand there; return that."""
        raw: list[list[Fragment | None]] = []
        for at in sorted({*self._maybe_raw, *large}):
            fragments: Sequence[Fragment | None] | None = (
                [large_fragment(arrays[at], self._columns[at])]
                if at in large
                else _fragments(self._columns[at], arrays[at])
            )
            if fragments is not None:
                raw.append(list(fragments))
                arrays[at], names[at] = _placeholders(fragments), names[at] + _RAW_MARK
        return raw

    def _write(self, arrays: list[Array], names: Sequence[str], take: Take) -> None:
        record = RecordBatch.from_arrays(arrays, schema=self._schema_of(arrays, names))
        target = Pieces(take)
        # Of a file it needs a few methods only.
        write_ndjson(
            record, cast("IO[bytes]", target), explicit_nulls=self._nulls is NullsAs.EXPLICIT
        )
        if (broken := target.end()) is not None:
            for name, array in zip(names, arrays, strict=True):
                if DataType.is_large_string(array.type) or DataType.is_string(array.type):
                    check_text(array, column=name.rstrip(_MARK))
            raise broken

    def _schema_of(self, arrays: Sequence[Array], names: Sequence[str]) -> Schema:
        """Return the last batch's schema where it fits: a wide one takes long to make."""
        types = [arrays[at].type for at in self._conversions.varying]
        if names != self._last_names or types != self._last_types:
            self._last_names, self._last_types = names, types
            fields = [Field(name, each.type) for name, each in zip(names, arrays, strict=True)]
            self._last_schema = Schema(fields)
        return self._last_schema


def _is_bare_number(column: CarriedColumn) -> bool:
    return column.form is WireForm.NUMBER_TEXT and column.as_number


def _fragments(column: CarriedColumn, array: Array) -> list[bytes | None] | None:
    """Return the values that must be set in as they are, None where the writer can do it."""
    if column.form is WireForm.JSON:
        return [
            None if each is None else on_one_line(each, column=column.name)
            for each in TextBuffers.of(array).values
        ]
    if np.isfinite(floats(array)).all():
        return None
    return [None if each is None else _float(each) for each in array.to_pylist()]


def _float(value: float) -> bytes:
    if np.isfinite(value):
        return repr(value).encode()
    return b'"NaN"' if np.isnan(value) else (b'"Infinity"' if value > 0 else b'"-Infinity"')


def _placeholders(fragments: Sequence[Fragment | None]) -> Array:
    empty = [None if each is None else b"" for each in fragments]
    return TextBuffers.holding(empty).to_text()


def _bare_numbers(written: bytes) -> bytes:
    """Take the marks, and the quotes around the values of marked keys, out of the bytes."""
    data = np.frombuffer(written, np.uint8)
    marks = np.flatnonzero(data == _DELETE)
    # A raw column's second mark is left to its own pass, as is DEL inside a text.
    marks = marks[(data[marks + 1] == _QUOTE) & (data[marks + 2] == _COLON)]
    marks = marks[data[marks - 1] != _DELETE]
    quoted = marks[data[marks + 3] == _QUOTE] + 3
    quotes = np.flatnonzero(data == _QUOTE)
    closing = quotes[np.searchsorted(quotes, quoted) + 1]
    keep = np.ones(len(data), np.bool_)
    keep[marks] = False
    keep[quoted] = False
    keep[closing] = False
    return data[keep].tobytes()


def _with_fragments(
    written: bytes, columns: Sequence[Sequence[Fragment | None]]
) -> Iterator[bytes]:
    first, *others = written.replace(_RAW_NULL, b'":null').split(_RAW_VALUE)
    return _interleaved(first, others, _by_row(columns))


def _by_row(columns: Sequence[Sequence[Fragment | None]]) -> Iterator[Fragment]:
    for row in zip(*columns, strict=True):
        yield from (each for each in row if each is not None)


def _interleaved(
    first: bytes, others: Iterable[bytes], values: Iterator[Fragment]
) -> Iterator[bytes]:
    yield first
    for value, rest in zip(values, others, strict=True):
        yield b'":'
        if isinstance(value, bytes):
            yield value
        else:
            yield from value
        yield rest[1:]
