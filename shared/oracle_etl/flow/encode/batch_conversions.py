"""What makes of the columns of a batch the ones that a format writes.

A call to numpy or Arrow costs microseconds however few the rows, and a wide table has hundreds of
columns. So columns that change alike are laid end to end and go through one call together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from arro3.core import Array, ChunkedArray, RecordBatch

from oracle_etl.flow.encode.convert_columns import (
    Conversion,
    json_conversion,
    parquet_conversion,
)
from oracle_etl.flow.encode.iso_moments import iso_moments
from oracle_etl.flow.encode.short_decimals import needs_a_look, with_plain_digits
from oracle_etl.model.columns import CarriedColumn, WireForm

_AT_ONCE = 2**15
"""Values in one call: more of them save next to nothing, and every step holds them all."""

Together = Callable[[Sequence[Array]], Sequence[Array]]
"""From the arrays of columns that change alike; each of them was selected as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """Columns that change alike, by their places."""

    places: tuple[int, ...]
    change: Together


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversions:
    """The conversions of one plan's columns."""

    columns: tuple[CarriedColumn, ...]
    alone: tuple[Conversion | None, ...]
    """For each column its own conversion, None where it has none."""
    together: tuple[Joint, ...] = ()
    varying: tuple[int, ...] = ()
    """Columns whose type after conversion depends on their values."""

    def sparing(self, places: Collection[int]) -> Conversions:
        """Return the same without what is done to some columns alone."""
        alone = [None if at in places else each for at, each in enumerate(self.alone)]
        return replace(self, alone=tuple(alone))

    def arrays(self, record: RecordBatch) -> list[Array]:
        """Return an array for each column of the plan."""
        arrays = list(self._each(record))
        for joint in self.together:
            changed = joint.change([arrays[at] for at in joint.places])
            for at, array in zip(joint.places, changed, strict=True):
                arrays[at] = array
        return arrays

    def _each(self, record: RecordBatch) -> Iterator[Array]:
        given = iter(record.columns)
        for column, conversion in zip(self.columns, self.alone, strict=True):
            taken = [next(given)] if column.continuation is None else [next(given), next(given)]
            yield taken[0] if conversion is None else conversion(taken)


def json_conversions(columns: Sequence[CarriedColumn], *, mask_key: bytes | None) -> Conversions:
    """Return what a JSON writer needs."""
    short = tuple(at for at, each in enumerate(columns) if needs_a_look(each))
    return Conversions(
        columns=tuple(columns),
        alone=tuple(json_conversion(each, mask_key=mask_key) for each in columns),
        together=(*_moments(columns), *_short_decimals(columns, short)),
        varying=short,
    )


def parquet_conversions(columns: Sequence[CarriedColumn], *, mask_key: bytes | None) -> Conversions:
    """Return what a Parquet writer needs."""
    return Conversions(
        columns=tuple(columns),
        alone=tuple(parquet_conversion(each, mask_key=mask_key) for each in columns),
    )


def _moments(columns: Sequence[CarriedColumn]) -> Iterator[Joint]:
    forms = {WireForm.MOMENT: b"", WireForm.INSTANT: b"Z"}
    alike: dict[tuple[int, bytes], list[int]] = {}
    for at, column in enumerate(columns):
        if column.form in forms:
            alike.setdefault((column.scale, forms[column.form]), []).append(at)
    for (digits, suffix), places in alike.items():
        yield Joint(places=tuple(places), change=_written_moments(digits, suffix))


def _written_moments(digits: int, suffix: bytes) -> Together:
    def written(array: Array) -> Array:
        return iso_moments(array, fraction_digits=digits, suffix=suffix)

    return lambda arrays: list(_end_to_end(arrays, written))


def _short_decimals(columns: Sequence[CarriedColumn], places: tuple[int, ...]) -> Iterator[Joint]:
    if places:
        looked_at = [columns[at] for at in places]
        yield Joint(places=places, change=lambda arrays: with_plain_digits(arrays, looked_at))


def _end_to_end(arrays: Sequence[Array], change: Callable[[Array], Array]) -> Iterator[Array]:
    rows = len(arrays[0])
    most = max(1, _AT_ONCE // max(1, rows))
    for first in range(0, len(arrays), most):
        some = arrays[first : first + most]
        changed = change(ChunkedArray(some).combine_chunks())
        yield from (changed.slice(at * rows, rows) for at in range(len(some)))
