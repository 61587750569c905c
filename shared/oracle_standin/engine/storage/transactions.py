"""Transactions: what they changed, how it is taken back, and who waits for whom."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle_standin.engine.errors import ora

if TYPE_CHECKING:
    from oracle_standin.engine.storage.blocks import Block, Change
    from oracle_standin.engine.storage.segments import Segment

NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Noted:
    """Where a change was made."""

    segment: Segment
    block: Block
    slot: int
    change: Change


class RowHeld(Exception):
    """Another open transaction holds a row that a statement wants to change."""

    def __init__(self, holder: Transaction) -> None:
        super().__init__("row held by another transaction")
        self.holder = holder


class Transaction:
    """The changes of a session since its last commit or rollback."""

    def __init__(self) -> None:
        self.number = next(NUMBERS)
        self.changes: list[Noted] = []
        self.savepoints: dict[str, int] = {}
        self.over = threading.Event()
        self.waits_for: Transaction | None = None
        self._orders = itertools.count()
        self.order = 0

    def next_order(self) -> int:
        """Return the number of the next change."""
        self.order = next(self._orders) + 1
        return self.order - 1

    def note(self, segment: Segment, block: Block, slot: int, change: Change) -> None:
        """Remember a change."""
        self.changes.append(Noted(segment, block, slot, change))

    def mark(self) -> int:
        """Return a point to which the transaction can be taken back."""
        return len(self.changes)

    def back_to(self, mark: int) -> None:
        """Undo the changes made since a mark."""
        while len(self.changes) > mark:
            noted = self.changes.pop()
            with noted.segment.lock:
                noted.block.take_back(noted.slot, noted.change)
        self.savepoints = {name: at for name, at in self.savepoints.items() if at <= mark}

    def commit(self, scn: int) -> None:
        """Make the changes part of the state from an SCN on."""
        for noted in self.changes:
            with noted.segment.lock:
                noted.block.settle(noted.change, scn)
        self.over.set()

    def rollback(self) -> None:
        """Undo everything."""
        self.back_to(0)
        self.over.set()

    def wait_for(self, holder: Transaction, *, seconds: float) -> None:
        """Wait until another transaction is over; ORA-00060 where it waits for this one."""
        ahead: Transaction | None = holder
        while ahead is not None:
            if ahead is self:
                raise ora(60)
            ahead = ahead.waits_for
        self.waits_for = holder
        try:
            if not holder.over.wait(seconds):
                raise ora(30006)
        finally:
            self.waits_for = None
