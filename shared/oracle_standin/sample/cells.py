"""Columns of cells: each of a few values encoded once, and then chosen again and again."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from oracle_standin.engine import codec
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.port import Cell, ColumnType


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMaker:
    """Makes cells of types, by a generator of its own."""

    choose: random.Random

    def each(self, kind: ColumnType, values: Iterable[Value]) -> list[Cell]:
        """Return a cell for each value."""
        encode = codec.encoder(kind)
        return [encode(value) for value in values]

    def any_of(self, kind: ColumnType, values: Iterable[Value], *, count: int) -> list[Cell]:
        """Return so many cells, each of one of the values."""
        return self.choose.choices(self.each(kind, values), k=count)

    def padded(self, cells: Sequence[Cell], other: Cell, *, share: float) -> list[Cell]:
        """Return the cells with a share of them replaced by one other."""
        return [other if self.choose.random() < share else cell for cell in cells]


def rows_of(columns: Iterable[Sequence[Cell]]) -> Iterator[Row]:
    """Yield the rows that columns make."""
    return zip(*columns, strict=True)
