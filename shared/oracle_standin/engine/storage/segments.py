"""A segment: the blocks of a table or partition, and its scan in the order of ROWIDs."""

from __future__ import annotations

import random
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from oracle_standin.engine.errors import ora
from oracle_standin.engine.storage.addresses import address, address_parts
from oracle_standin.engine.storage.blocks import Block, Change, Row, Snapshot
from oracle_standin.engine.storage.transactions import Transaction

FILE = 4
EXTENT_BLOCKS = 8
WHOLE = 100.0
LARGEST_LOB_IN_ROW = 3964
LOCATOR_BYTES = 40
"""What a row keeps of a LOB that lies outside it."""


class Extents:
    """Hands out block numbers of the one data file, an extent at a time."""

    def __init__(self) -> None:
        self._next = 128
        self._lock = threading.Lock()

    def allocate(self) -> int:
        """Return the first block number of a new extent."""
        with self._lock:
            first = self._next
            self._next += EXTENT_BLOCKS
            return first


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """SAMPLE or SAMPLE BLOCK: each row, or each block, with a probability."""

    percent: float
    by_block: bool
    seed: int | None

    def chooser(self) -> random.Random:
        """Return the generator of this sample's choices."""
        return random.Random(self.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Addresses from `low` up to and without `high`."""

    low: int = 0
    high: int = 1 << 128


EVERYWHERE = Range()


def bytes_outside(row: Row, lobs: Sequence[int]) -> int:
    """Return how many bytes of a row's LOBs lie outside the row."""
    sizes = (len(row[at]) for at in lobs)
    return sum(size - LOCATOR_BYTES for size in sizes if size > LARGEST_LOB_IN_ROW)


class Segment:
    """Blocks in the order of their numbers, under one object number."""

    def __init__(self, number: int, extents: Extents) -> None:
        self.number = number
        self.extents = extents
        self.blocks: list[Block] = []
        self.extent_starts: list[int] = []
        self.lock = threading.Lock()
        self.dropped = False

    def scan(
        self, snapshot: Snapshot, *, within: Range = EVERYWHERE, sample: Sample | None = None
    ) -> Iterator[list[Row]]:
        """Yield the rows of a snapshot block by block."""
        if within is not EVERYWHERE:
            for located in self.located(snapshot, within=within, sample=sample):
                yield [row for _, row, _ in located]
            return
        for block in self._chosen(sample):
            with self.lock:
                rows = block.visible(snapshot)
            self._check()
            yield rows

    def located(
        self, snapshot: Snapshot, *, within: Range = EVERYWHERE, sample: Sample | None = None
    ) -> Iterator[list[tuple[int, Row, int]]]:
        """Yield address, row and SCN of the rows of a snapshot block by block."""
        for block in self._chosen(sample, within):
            with self.lock:
                rows = block.located(snapshot)
            self._check()
            base = address(self.number, FILE, block.number, 0)
            yield [
                (base + slot, row, scn)
                for slot, row, scn in rows
                if within.low <= base + slot < within.high
            ]

    def _check(self) -> None:
        if self.dropped:
            raise ora(8103)

    def _chosen(self, sample: Sample | None, within: Range = EVERYWHERE) -> Iterator[Block]:
        self._check()
        chooser = sample.chooser() if sample and sample.by_block else None
        for block in list(self.blocks):
            start = address(self.number, FILE, block.number, 0)
            end = address(self.number, FILE, block.number + 1, 0)
            if end <= within.low or start >= within.high:
                continue
            if sample and chooser and chooser.random() * WHOLE >= sample.percent:
                continue
            yield block

    def row_at(self, at: int, snapshot: Snapshot) -> Row | None:
        """Return the row at an address in a snapshot."""
        found = self._block_of(at)
        if found is None:
            return None
        block, slot = found
        with self.lock:
            return block.at(slot, snapshot) if slot < len(block.rows) else None

    def current(self, at: int) -> Row | None:
        """Return the row at an address as it is now, committed or not."""
        found = self._block_of(at)
        return found[0].rows[found[1]] if found else None

    def owner(self, at: int) -> Transaction | None:
        """Return the open transaction that holds a row."""
        found = self._block_of(at)
        return found[0].owner(found[1]) if found else None

    def _block_of(self, at: int) -> tuple[Block, int] | None:
        segment, _, number, slot = address_parts(at)
        if segment != self.number:
            return None
        index = bisect_left(self.blocks, number, key=lambda block: block.number)
        if index == len(self.blocks) or self.blocks[index].number != number:
            return None
        return self.blocks[index], slot

    def insert(self, row: Row, transaction: Transaction) -> int:
        """Add a row and return its address."""
        with self.lock:
            block = self._room(sum(map(len, row)), loaded=0)
            slot = len(block.rows)
            change = Change(None, transaction, transaction.next_order())
            block.put(slot, row, change)
        transaction.note(self, block, slot, change)
        return address(self.number, FILE, block.number, slot)

    def replace(self, at: int, row: Row | None, transaction: Transaction) -> Row | None:
        """Change a row, or delete it with None; return what it was."""
        found = self._block_of(at)
        if found is None:
            raise ora(1410)
        block, slot = found
        with self.lock:
            before = block.rows[slot]
            change = Change(before, transaction, transaction.next_order())
            block.put(slot, row, change)
        transaction.note(self, block, slot, change)
        return before

    def load(self, rows: Iterable[Row], scn: int) -> None:
        """Add rows that were always there since an SCN, without undo."""
        with self.lock:
            for row in rows:
                block = self._room(sum(map(len, row)), loaded=scn)
                block.rows.append(row)

    def _room(self, size: int, *, loaded: int) -> Block:
        block = self.blocks[-1] if self.blocks else None
        if block is None or not block.has_room(size) or (loaded and block.loaded != loaded):
            block = self._new_block(loaded)
        block.bytes_used += size
        return block

    def _new_block(self, loaded: int) -> Block:
        used = len(self.blocks) % EXTENT_BLOCKS
        if used == 0:
            self.extent_starts.append(self.extents.allocate())
        block = Block(self.extent_starts[-1] + used, loaded=loaded)
        self.blocks.append(block)
        return block

    def rewritten(self, change: Callable[[Row], Row]) -> Segment:
        """Return the segment with every row changed by a DDL, at the same addresses."""
        made = Segment(self.number, self.extents)
        made.extent_starts = self.extent_starts
        for old in self.blocks:
            block = Block(old.number, loaded=old.loaded)
            block.changed, block.forgotten = old.changed, old.changed
            block.bytes_used, block.holes = old.bytes_used, old.holes
            block.rows = [None if row is None else change(row) for row in old.rows]
            made.blocks.append(block)
        return made

    def forget(self, scn: int) -> None:
        """Drop the undo of changes committed up to an SCN."""
        with self.lock:
            for block in self.blocks:
                block.forget(scn)

    def current_rows(self) -> Iterator[tuple[int, Row]]:
        """Yield address and row of every row as it is now, committed or not."""
        for block in list(self.blocks):
            base = address(self.number, FILE, block.number, 0)
            for slot, row in enumerate(list(block.rows)):
                if row is not None:
                    yield base + slot, row

    def block_count(self) -> int:
        """Count the blocks."""
        return len(self.blocks)

    def row_bytes(self, lobs: Sequence[int]) -> int:
        """Return the bytes of the rows, deleted ones included; of a LOB what lies in its row.

        `lobs` are the places of the columns of LOBs.
        """
        used = sum(block.bytes_used for block in self.blocks)
        if not lobs:
            return used
        return used - sum(bytes_outside(row, lobs) for _, row in self.current_rows())

    def row_count(self) -> int:
        """Count the rows as they are now."""
        return sum(1 for block in self.blocks for row in block.rows if row is not None)
