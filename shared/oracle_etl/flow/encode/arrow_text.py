"""Arrow's text arrays, taken apart into their buffers and built again.

Each column of a batch holds its values in one run of bytes, with offsets. Working on the run
costs a few numpy calls a column; working on Python strings costs one call a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import nanoarrow  # type: ignore[import-untyped]  # it ships without type information
import numpy as np
from arro3.core import Array

from oracle_etl.model.errors import UnreadableValue

_DOT, _MINUS, _TILDE, _ZERO = b".-~0"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBuffers:
    """A text or binary array: where each value starts and ends, its bytes, which are null."""

    offsets: np.ndarray[Any, np.dtype[np.int64]]
    """One more than there are values."""
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
        validity = None
        if source.null_count:
            bits = np.asarray(view.buffer(0)).view(np.uint8)
            unpacked = np.unpackbits(bits, bitorder="little", count=first + length)
            validity = unpacked[first:].astype(np.bool_)
        return cls(
            offsets=offsets if length else np.zeros(1, np.int64),
            data=np.asarray(view.buffer(2)).view(np.uint8),
            is_valid=validity,
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
        """Build a text array."""
        validity = None
        if self.is_valid is not None:
            validity = np.packbits(self.is_valid, bitorder="little")
        return Array.from_arrow(
            nanoarrow.c_array_from_buffers(
                nanoarrow.large_string(),
                len(self.offsets) - 1,
                [validity, self.offsets.astype(np.int64, copy=False), self.data],
            )
        )


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
    filled = np.diff(text.offsets) > 0
    first = text.data.take(starts, mode="clip")
    negative = (first == _MINUS) & filled
    sign = negative.astype(np.int64)
    leading = text.data.take(starts + sign, mode="clip") if negative.any() else first
    if ((leading == _TILDE) & filled).any():
        raise UnreadableValue(
            f"column {column} holds an infinite NUMBER",
            hint="set it to NULL in Oracle, or exclude the column",
        )
    bare = (leading == _DOT) & filled
    if not bare.any():
        return array
    added = np.concatenate(([0], np.cumsum(bare)))
    places = (starts + sign)[bare]
    widened = TextBuffers(
        offsets=text.offsets + added,
        data=np.insert(text.data, places, _ZERO),
        is_valid=text.is_valid,
    )
    return widened.to_text()


def check_text(array: Any, *, column: str) -> None:  # noqa: ANN401
    """Refuse bytes that are no UTF-8; no reader could tell what they were."""
    text = TextBuffers.of(array)
    if text.data.tobytes().isascii():
        return
    for row, value in enumerate(text.values):
        try:
            (value or b"").decode()
        except UnicodeDecodeError as error:
            raise UnreadableValue(
                f"column {column} holds bytes that are no text in row {row} of a batch: "
                f"{error.reason} at byte {error.start}",
                hint="name the encoding in source_encoding, or exclude the column",
            ) from None


def all_finite(array: Any) -> bool:  # noqa: ANN401
    """Tell whether a float array is free of NaN and infinities."""
    values = np.asarray(nanoarrow.c_array(array).view().buffer(1))
    return bool(np.isfinite(values).all())
