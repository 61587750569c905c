"""Key indexes: from the cells of a key to the rows that have, or had, them.

An entry is only a hint. Whether a row has the key now is read from the row itself, so that
neither a rollback nor a delete has to mend an index.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oracle_standin.engine.storage.blocks import Row
from oracle_standin.engine.storage.transactions import RowHeld, Transaction
from oracle_standin.port import Cell
from oracle_standin.values.cells import NULL

if TYPE_CHECKING:
    from oracle_standin.engine.storage.tables import Table

Key = tuple[Cell, ...]


class KeyIndex:
    """Addresses by the cells of some columns."""

    def __init__(self, positions: tuple[int, ...]) -> None:
        self.positions = positions
        self._entries: dict[Key, list[int]] = {}
        self._unread: Table | None = None

    @property
    def entries(self) -> dict[Key, list[int]]:
        """Addresses by key, the table read first where that is still to be done."""
        table, self._unread = self._unread, None
        if table is not None:
            for segment in table.segments():
                for at, row in segment.current_rows():
                    self._enter(row, at)
        return self._entries

    def key_of(self, row: Row) -> Key | None:
        """Return a row's key; None where all of it is NULL, which no key constrains."""
        key = tuple(row[position] for position in self.positions)
        return None if all(cell == NULL for cell in key) else key

    def add(self, row: Row, at: int) -> None:
        """Note that the row at an address has its key."""
        self.read()
        self._enter(row, at)

    def _enter(self, row: Row, at: int) -> None:
        key = self.key_of(row)
        if key is not None:
            entries = self._entries.setdefault(key, [])
            if at not in entries:
                entries.append(at)

    def rows_with(self, key: Key, table: Table, asking: Transaction | None) -> Iterator[int]:
        """Yield the addresses that have a key now.

        Raises RowHeld where that depends on another open transaction.
        """
        entries = self.entries.get(key, [])
        for at in tuple(entries):
            segment = table.segment_of(at)
            row = segment.current(at) if segment else None
            holder = segment.owner(at) if segment else None
            if holder is not None and holder is not asking:
                raise RowHeld(holder)
            if row is not None and self.key_of(row) == key:
                yield at
            elif holder is None:
                entries.remove(at)

    def fill(self, table: Table) -> None:
        """Enter every row that a table has now, once an entry is asked for.

        Whoever changes a row of the table calls `read` before.
        """
        self._entries.clear()
        self._unread = table

    def read(self) -> None:
        """Make sure that the rows there are have been entered."""
        _ = self.entries
