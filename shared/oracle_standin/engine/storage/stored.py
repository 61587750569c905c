"""A segment whose rows somebody else keeps, such as a table of generated rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oracle_standin.engine.errors import ora
from oracle_standin.engine.storage.addresses import address, address_parts
from oracle_standin.engine.storage.blocks import Row, Snapshot
from oracle_standin.engine.storage.segments import (
    EVERYWHERE,
    EXTENT_BLOCKS,
    FILE,
    WHOLE,
    Extents,
    Range,
    Sample,
    Segment,
    bytes_outside,
)
from oracle_standin.engine.storage.transactions import Transaction
from oracle_standin.port import StoredTable

READ_ONLY = 12081
BATCH_BLOCKS = 10
_ROWS_WEIGHED = 100


class StoredSegment(Segment):
    """Rows of a StoredTable, numbered into blocks of their own; nobody can change them."""

    def __init__(self, number: int, extents: Extents, stored: StoredTable) -> None:
        super().__init__(number, extents)
        self.stored = stored
        blocks = -(-stored.row_count // stored.rows_per_block)
        count = max(-(-blocks // EXTENT_BLOCKS), 1)
        self.extent_starts = [extents.allocate() for _ in range(count)]
        self._base = address(number, FILE, self.extent_starts[0], 0)

    def row_bytes(self, lobs: Sequence[int]) -> int:
        """Return about how many bytes the rows take, from the first few."""
        looked_at = range(min(self.stored.row_count, _ROWS_WEIGHED))
        if not looked_at:
            return 0
        rows = self.stored.cells(range(len(self.stored.columns)), looked_at)
        weighed = sum(sum(map(len, row)) - bytes_outside(row, lobs) for row in rows)
        return weighed * self.stored.row_count // len(looked_at)

    def rows_within(self, within: Range) -> range:
        """Return the rows whose addresses lie in a range."""
        return range(self._row_from(within.low), self._row_from(within.high))

    def _row_from(self, at: int) -> int:
        """Return the first row at an address or behind it."""
        if at <= self._base:
            return 0
        number, file, block, slot = address_parts(at)
        if (number, file) != (self.number, FILE):
            return self.stored.row_count
        size = self.stored.rows_per_block
        row = self._block_index(block) * size + min(slot, size)
        return min(row, self.stored.row_count)

    def _block_index(self, block: int) -> int:
        """Return a block's place among the segment's blocks, which need not be consecutive."""
        first = self.extent_starts[0]
        if self.extent_starts[-1] - first == (len(self.extent_starts) - 1) * EXTENT_BLOCKS:
            return block - first
        before = sum(1 for start in self.extent_starts if start <= block)
        within = block - self.extent_starts[before - 1] if before else 0
        return (before - 1) * EXTENT_BLOCKS + min(within, EXTENT_BLOCKS)

    def _address(self, row: int) -> int:
        block, slot = divmod(row, self.stored.rows_per_block)
        extent, offset = divmod(block, EXTENT_BLOCKS)
        return address(self.number, FILE, self.extent_starts[extent] + offset, slot)

    def scan(
        self, snapshot: Snapshot, *, within: Range = EVERYWHERE, sample: Sample | None = None
    ) -> Iterator[list[Row]]:
        """Yield the rows, which are the same in every snapshot."""
        del snapshot
        everything = range(len(self.stored.columns))
        for rows in self._pieces(within, sample):
            yield list(self.stored.cells(everything, rows))

    def located(
        self, snapshot: Snapshot, *, within: Range = EVERYWHERE, sample: Sample | None = None
    ) -> Iterator[list[tuple[int, Row, int]]]:
        """Yield address, row and SCN of the rows."""
        del snapshot
        everything = range(len(self.stored.columns))
        for rows in self._pieces(within, sample):
            cells = self.stored.cells(everything, rows)
            yield [(self._address(n), row, 1) for n, row in zip(rows, cells, strict=True)]

    def _pieces(self, within: Range, sample: Sample | None) -> Iterator[range]:
        rows = self.rows_within(within)
        chooser = sample.chooser() if sample and sample.by_block else None
        blocks = 1 if chooser else BATCH_BLOCKS
        size = self.stored.rows_per_block * blocks
        for start in range(rows.start - rows.start % size, rows.stop, size):
            self._check()
            if sample and chooser and chooser.random() * WHOLE >= sample.percent:
                continue
            yield range(max(start, rows.start), min(start + size, rows.stop))

    def row_at(self, at: int, snapshot: Snapshot) -> Row | None:
        """Return the row at an address."""
        del snapshot
        return self.current(at)

    def current(self, at: int) -> Row | None:
        """Return the row at an address."""
        rows = self.rows_within(Range(low=at, high=at + 1))
        return next(iter(self.stored.cells(range(len(self.stored.columns)), rows)), None)

    def owner(self, at: int) -> None:
        """Return nobody: no transaction can hold a row."""
        del at

    def insert(self, row: Row, transaction: Transaction) -> int:
        """Refuse: ORA-12081."""
        del row, transaction
        raise ora(READ_ONLY)

    def replace(self, at: int, row: Row | None, transaction: Transaction) -> Row | None:
        """Refuse: ORA-12081."""
        del at, row, transaction
        raise ora(READ_ONLY)

    def current_rows(self) -> Iterator[tuple[int, Row]]:
        """Yield address and row of every row."""
        for located in self.located(Snapshot(scn=0)):
            for at, row, _ in located:
                yield at, row

    def row_count(self) -> int:
        """Count the rows."""
        return self.stored.row_count

    def block_count(self) -> int:
        """Count the blocks that hold rows."""
        return -(-self.stored.row_count // self.stored.rows_per_block)
