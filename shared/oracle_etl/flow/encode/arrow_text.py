"""Arrow's text arrays, taken apart into their buffers and built again.

Each column of a batch holds its values in one run of bytes, with offsets. Working on the run
costs a few numpy calls a column; working on Python strings costs one call a value.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import nanoarrow  # type: ignore[import-untyped]  # it ships without type information
import numpy as np
from arro3.core import Array

from oracle_etl.model.errors import UnreadableValue

_DOT, _MINUS, _TILDE, _ZERO = b".-~0"
_BEYOND_ASCII = 0x80
_DECODER = getincrementaldecoder("utf-8")
_PIECE_BYTES = 2**20
_STRING = nanoarrow.c_schema(nanoarrow.string())
_LARGE_STRING = nanoarrow.c_schema(nanoarrow.large_string())


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBuffers:
    """A text or binary array: where each value starts and ends, its bytes, which are null."""

    offsets: np.ndarray[Any, np.dtype[np.int32 | np.int64]]
    """One more than there are values; of 32 bits where the array is no large one."""
    data: np.ndarray[Any, np.dtype[np.uint8]]
    is_valid: np.ndarray[Any, np.dtype[np.bool_]] | None
    """None where no value is null."""

    @classmethod
    def of(cls, array: Any) -> TextBuffers:  # noqa: ANN401  any object with the Arrow interface
        """Take an array apart without copying its bytes."""
        source = nanoarrow.c_array(array)
        view = source.view()
        first, length = source.offset, len(source)
        offsets = np.asarray(view.buffer(1))[first : first + length + 1]
        return cls(
            offsets=offsets if length else np.zeros(1, offsets.dtype),
            data=np.asarray(view.buffer(2)).view(np.uint8),
            is_valid=_validity(source, view),
        )

    @classmethod
    def holding(cls, values: Sequence[bytes | None]) -> TextBuffers:
        """Put values together."""
        lengths = np.fromiter((len(each or b"") for each in values), np.int64, len(values))
        return cls(
            offsets=np.concatenate(([0], np.cumsum(lengths))),
            data=np.frombuffer(b"".join(each or b"" for each in values), np.uint8),
            is_valid=np.fromiter((each is not None for each in values), np.bool_, len(values)),
        )

    @property
    def values(self) -> list[bytes | None]:
        """The values as Python has them."""
        data = self.data.tobytes()
        bounds = self.offsets.tolist()
        valid = [True] * (len(bounds) - 1) if self.is_valid is None else self.is_valid.tolist()
        return [
            data[low:high] if here else None
            for low, high, here in zip(bounds, bounds[1:], valid, strict=False)
        ]

    def to_text(self) -> Array:
        """Build a text array, a large one where the offsets have 64 bits."""
        validity = None
        if self.is_valid is not None:
            validity = np.packbits(self.is_valid, bitorder="little")
        return Array.from_arrow(
            nanoarrow.c_array_from_buffers(
                _STRING if self.offsets.dtype == np.int32 else _LARGE_STRING,
                len(self.offsets) - 1,
                [validity, self.offsets, self.data],
            )
        )


def _validity(source: Any, view: Any) -> np.ndarray[Any, np.dtype[np.bool_]] | None:  # noqa: ANN401  nanoarrow has no types
    if not source.null_count:
        return None
    first = source.offset
    bits = np.asarray(view.buffer(0)).view(np.uint8)
    unpacked = np.unpackbits(bits, bitorder="little", count=first + len(source))
    return unpacked[first:].astype(np.bool_)


def whole_numbers(
    array: Array,
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.bool_]] | None]:
    """Return the numbers of an array of 64-bit values, and which are not null."""
    source = nanoarrow.c_array(array)
    view = source.view()
    values = np.asarray(view.buffer(1)).view(np.int64)
    return values[source.offset : source.offset + len(source)], _validity(source, view)


def floats(array: Array) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the numbers of a float array, some of them null."""
    source = nanoarrow.c_array(array)
    values = np.asarray(source.view().buffer(1))
    return values[source.offset : source.offset + len(source)]


def map_text(array: Any, change: Callable[[bytes], bytes]) -> Array:  # noqa: ANN401
    """Return a text array whose values went through a function; nulls stay."""
    values = TextBuffers.of(array).values
    changed = [None if each is None else change(each) for each in values]
    return TextBuffers.holding(changed).to_text()


def canonical_numbers(array: Array, *, column: str) -> Array:
    """Return Oracle's number texts as JSON would write them: `.5` becomes `0.5`.

    An infinite NUMBER, which Oracle writes as `~`, has no digits: UnreadableValue.
    """
    text = TextBuffers.of(array)
    if not len(text.data):
        return array
    starts = text.offsets[:-1]
    first = text.data.take(starts, mode="clip")
    negative = first == _MINUS
    if negative.any():
        starts = starts + negative
        first = text.data.take(starts, mode="clip")
    # A null has no bytes: what stands at its place begins the next value.
    special = np.flatnonzero(first <= _DOT) if (first != _TILDE).all() else np.flatnonzero(first)
    special = special[text.offsets[special] < text.offsets[special + 1]]
    if (first[special] == _TILDE).any():
        raise UnreadableValue(
            f"column {column} holds an infinite NUMBER",
            hint="set it to NULL in Oracle, or exclude the column",
        )
    if not len(special):
        return array
    added = np.zeros_like(text.offsets)
    added[special + 1] = 1
    widened = TextBuffers(
        offsets=text.offsets + np.cumsum(added, dtype=added.dtype),
        data=np.insert(text.data, starts[special], _ZERO),
        is_valid=text.is_valid,
    )
    return widened.to_text()


def check_text(array: Any, *, column: str) -> None:  # noqa: ANN401
    """Refuse bytes that are no UTF-8; no reader could tell what they were."""
    data = np.asarray(nanoarrow.c_array(array).view().buffer(2))
    if not len(data) or data.view(np.uint8).max() < _BEYOND_ASCII:
        return
    text = TextBuffers.of(array)
    for row, (low, high) in enumerate(pairwise(text.offsets.tolist())):
        if (at := first_broken_byte(text.data.data[low:high])) is not None:
            raise UnreadableValue(
                f"column {column} holds bytes that are no text in row {row} of a batch, "
                f"from byte {at} of the value",
                hint="name the encoding in source_encoding, or exclude the column",
            )


def first_broken_byte(value: bytes | memoryview) -> int | None:
    """Return where a value stops being UTF-8; a large one is looked at piece by piece."""
    decoder = _DECODER()
    for start in range(0, len(value), _PIECE_BYTES):
        piece = value[start : start + _PIECE_BYTES]
        begun = len(decoder.getstate()[0])
        try:
            decoder.decode(piece, start + len(piece) == len(value))
        except UnicodeDecodeError as error:
            return start - begun + error.start
    return None
