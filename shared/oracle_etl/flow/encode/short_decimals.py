"""Short decimals that came as doubles: kept from the powers of ten that arro3 would write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from arro3.core import Array, ChunkedArray, DataType

from oracle_etl.flow.encode.arrow_text import floats
from oracle_etl.model.columns import CarriedColumn, WireForm

_PLAIN_DIGITS, _PLAIN_SCALE = 10, 5
_PLAIN_BELOW, _PLAIN_FROM = 10.0**_PLAIN_DIGITS, 10.0**-_PLAIN_SCALE
"""Where arro3's writer writes a double without a power of ten."""


def needs_a_look(column: CarriedColumn) -> bool:
    """Tell whether a column came as doubles and may hold one that lies outside these bounds."""
    if column.form is not WireForm.DECIMAL or column.arrow_type != "double":
        return False
    return column.digits - column.scale > _PLAIN_DIGITS or column.scale > _PLAIN_SCALE


def with_plain_digits(arrays: Sequence[Array], columns: Sequence[CarriedColumn]) -> Sequence[Array]:
    """Return decimals in place of each array that holds a value outside the bounds."""
    # A column of few digits after the point holds nothing small, so one look serves for all.
    may_be_small = any(each.scale > _PLAIN_SCALE for each in columns)
    if _are_plain(ChunkedArray(arrays).combine_chunks(), may_be_small=may_be_small):
        return arrays
    return [
        array
        if _are_plain(array, may_be_small=may_be_small)
        else array.cast(DataType.decimal128(column.digits, column.scale))
        for array, column in zip(arrays, columns, strict=True)
    ]


def _are_plain(array: Array, *, may_be_small: bool) -> bool:
    values = floats(array)
    if values.min() <= -_PLAIN_BELOW or values.max() >= _PLAIN_BELOW:
        return False
    return not (may_be_small and _any_small(values))


def _any_small(values: np.ndarray[Any, np.dtype[np.float64]]) -> bool:
    return bool(((values != 0) & (np.abs(values) < _PLAIN_FROM)).any())
