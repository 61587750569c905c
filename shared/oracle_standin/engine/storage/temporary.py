"""Temporary tables: everybody knows their definition, and each session has rows of its own."""

from __future__ import annotations

import itertools
from dataclasses import replace

from oracle_standin.engine.storage.keys import KeyIndex
from oracle_standin.engine.storage.segments import Extents, Segment
from oracle_standin.engine.storage.tables import Index, Table, TableKind

NUMBERS = itertools.count(1)
OF_TRANSACTION = "SYS$TRANSACTION"


class TemporaryRows:
    """The temporary tables that one session has used, each with the session's rows."""

    def __init__(self, extents: Extents) -> None:
        self.number = next(NUMBERS)
        self._extents = extents
        self._tables: dict[int, tuple[Table, Table]] = {}
        self.generation = 0
        """Grows whenever rows are thrown away, and compiled statements with them."""

    def of(self, table: Table) -> Table:
        """Return a table with the session's own rows; one that is not temporary as it is."""
        if table.kind is not TableKind.TEMPORARY:
            return table
        shared, own = self._tables.get(table.number, (None, table))
        if shared is not table or own.columns != table.columns:
            own = _empty(table, self._extents)
            self._tables[table.number] = (table, own)
        return own

    def forget(self, table: Table) -> None:
        """Throw the session's rows of a table away."""
        if self._tables.pop(table.number, None) is not None:
            self.generation += 1

    def end_transaction(self) -> None:
        """Throw away what lasts no longer than a transaction."""
        for shared, _ in list(self._tables.values()):
            if shared.duration == OF_TRANSACTION:
                self.forget(shared)


def _empty(table: Table, extents: Extents) -> Table:
    (partition,) = table.partitions
    made = replace(
        table,
        partitions=[replace(partition, segment=Segment(table.number, extents))],
        constraints=[
            replace(one, index=KeyIndex(one.index.positions) if one.index else None)
            for one in table.constraints
        ],
    )
    made.indexes = [_emptied(one, made) for one in table.indexes]
    return made


def _emptied(index: Index, table: Table) -> Index:
    entries = KeyIndex(index.entries.positions) if index.entries else None
    return replace(index, table=table, entries=entries)
