"""A block: rows as they are now, and behind each changed row the rows it was before.

A reader never waits for a writer. It takes the rows as they are now and undoes every change that
its snapshot may not see: those committed later, those of other open transactions, and those that
its own transaction made after the statement began.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle_standin.engine.errors import ora
from oracle_standin.port import Cell

if TYPE_CHECKING:
    from oracle_standin.engine.storage.transactions import Transaction

Row = tuple[Cell, ...]
BLOCK_BYTES = 8000
MOST_ROWS = 730


class Change:
    """One change of one row: what it was before, and who changed it when."""

    __slots__ = ("before", "order", "scn", "transaction")

    def __init__(self, before: Row | None, transaction: Transaction, order: int) -> None:
        self.before = before
        self.transaction: Transaction | None = transaction
        self.order = order
        self.scn = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a statement sees: commits up to an SCN, and its own earlier changes."""

    scn: int
    transaction: Transaction | None = None
    order: int = 0

    def sees(self, change: Change) -> bool:
        """Tell whether a change is part of this snapshot."""
        if change.transaction is None:
            return change.scn <= self.scn
        return change.transaction is self.transaction and change.order < self.order


class Block:
    """Rows in slots."""

    __slots__ = (
        "bytes_used",
        "changed",
        "forgotten",
        "holes",
        "loaded",
        "number",
        "pending",
        "rows",
        "undo",
    )

    def __init__(self, number: int, *, loaded: int) -> None:
        self.number = number
        self.rows: list[Row | None] = []
        self.undo: dict[int, list[Change]] = {}
        self.pending = 0
        self.loaded = loaded
        """The SCN at which its rows without changes came to be."""
        self.changed = loaded
        self.forgotten = 0
        """Changes up to this SCN can no longer be undone."""
        self.holes = False
        self.bytes_used = 0

    def has_room(self, size: int) -> bool:
        """Tell whether a row of so many bytes fits."""
        if not self.rows:
            return True
        return self.bytes_used + size <= BLOCK_BYTES and len(self.rows) < MOST_ROWS

    def visible(self, snapshot: Snapshot) -> list[Row]:
        """Return the rows of a snapshot, in the order of their slots."""
        if not self.pending and self.changed <= snapshot.scn:
            if self.holes:
                return [row for row in self.rows if row is not None]
            return self.rows[:]  # type: ignore[return-value]
        return [row for _, row, _ in self._undone(snapshot)]

    def located(self, snapshot: Snapshot) -> list[tuple[int, Row, int]]:
        """Return slot, row and SCN of the rows of a snapshot."""
        if not self.pending and self.changed <= snapshot.scn:
            scn = self.changed
            return [(slot, row, scn) for slot, row in enumerate(self.rows) if row is not None]
        return list(self._undone(snapshot))

    def _undone(self, snapshot: Snapshot) -> Iterator[tuple[int, Row, int]]:
        if self.forgotten > snapshot.scn:
            raise ora(1555)
        since = max((self._since(slot, snapshot) for slot in self.undo), default=self.loaded)
        for slot in range(len(self.rows)):
            row = self.at(slot, snapshot)
            if row is not None:
                yield slot, row, max(since, self.loaded)

    def _since(self, slot: int, snapshot: Snapshot) -> int:
        return max(
            (c.scn for c in self.undo[slot] if c.transaction is None and c.scn <= snapshot.scn),
            default=0,
        )

    def at(self, slot: int, snapshot: Snapshot) -> Row | None:
        """Return one row of a snapshot."""
        row = self.rows[slot]
        for change in reversed(self.undo.get(slot, ())):
            if snapshot.sees(change):
                return row
            row = change.before
        return row if self.loaded <= snapshot.scn else None

    def owner(self, slot: int) -> Transaction | None:
        """Return the open transaction that changed a row last."""
        changes = self.undo.get(slot)
        return changes[-1].transaction if changes else None

    def put(self, slot: int, row: Row | None, change: Change) -> None:
        """Change a row, keeping what it was."""
        self.undo.setdefault(slot, []).append(change)
        self.pending += 1
        if slot == len(self.rows):
            self.rows.append(row)
        else:
            self.rows[slot] = row
        if row is None:
            self.holes = True

    def take_back(self, slot: int, change: Change) -> None:
        """Undo the last change of a row."""
        changes = self.undo[slot]
        changes.remove(change)
        self.rows[slot] = change.before
        self.holes = self.holes or change.before is None
        self.pending -= 1

    def settle(self, change: Change, scn: int) -> None:
        """Mark a change as committed."""
        change.scn = scn
        change.transaction = None
        self.changed = max(self.changed, scn)
        self.pending -= 1

    def forget(self, scn: int) -> None:
        """Drop what undoes committed changes up to an SCN."""
        for slot in list(self.undo):
            gone = [c for c in self.undo[slot] if c.transaction is None and c.scn <= scn]
            if gone:
                self.forgotten = max(self.forgotten, *(change.scn for change in gone))
                self.undo[slot] = [change for change in self.undo[slot] if change not in gone]
            if not self.undo[slot]:
                del self.undo[slot]
