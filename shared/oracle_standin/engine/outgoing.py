"""Rows on their way out: what the wire gets of an open query."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal

from oracle_standin.engine import codec, instants, kinds
from oracle_standin.engine.settings import Settings
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.port import Cell, Column, OracleType, RowBlock
from oracle_standin.values.cells import NULL, cell
from oracle_standin.values.oson import encode_oson

Change = Callable[[Cell], Cell]


class Cursor:
    """Hands out rows in order and once."""

    def __init__(
        self,
        batches: Iterator[list[Row]],
        columns: tuple[Column, ...],
        settings: Settings,
        *,
        check: Callable[[], None],
    ) -> None:
        self._batches = batches
        self._changes = _changes(columns, settings)
        self._check = check
        self._waiting: list[Row] = []
        self._ended = False
        self._more(1)

    def fetch(self, count: int) -> RowBlock:
        """Return up to so many rows; fewer mean that was the end."""
        self._more(count)
        rows, self._waiting = self._waiting[:count], self._waiting[count:]
        if self._changes:
            rows = [self._changed(row) for row in rows]
        return RowBlock(len(rows), rows)

    def _more(self, count: int) -> None:
        while not self._ended and len(self._waiting) < count:
            self._check()
            batch = next(self._batches, None)
            if batch is None:
                self._ended = True
            elif self._waiting:
                self._waiting += batch
            else:
                self._waiting = batch

    def _changed(self, row: Row) -> Row:
        changed = list(row)
        for position, change in self._changes:
            changed[position] = change(changed[position])
        return tuple(changed)


def _changes(columns: tuple[Column, ...], settings: Settings) -> list[tuple[int, Change]]:
    """Return what some types need before they travel."""
    found: list[tuple[int, Change]] = []
    for position, column in enumerate(columns):
        if column.type.type is OracleType.JSON:
            found.append((position, oson))
        elif column.type.type is OracleType.TIMESTAMP_LTZ and settings.time_zone != 0:
            found.append((position, _local(column, settings)))
    return found


def oson(stored: Cell) -> Cell:
    """Turn JSON text into its binary image."""
    text = codec.decoder(kinds.varchar())(stored)
    if text is None:
        return NULL
    return cell(encode_oson(json.loads(text, parse_float=Decimal, parse_int=int)))


def _local(column: Column, settings: Settings) -> Change:
    """Move WITH LOCAL TIME ZONE from UTC to the session's clock."""
    decode, encode = codec.decoder(column.type), codec.encoder(column.type)

    def change(stored: Cell) -> Cell:
        at = decode(stored)
        return NULL if at is None else encode(instants.local(at, settings.time_zone))

    return change
