"""Tables of any size from a pool of rows that are encoded once and replayed.

Row n of the table is row n % pool of the pool. For each choice of columns the pool is packed into
one run of finished row messages, with bit vectors against the row before; a fetch is then a slice
of that run, whatever the table's size.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, compress, islice
from operator import itemgetter, ne

from oracle_standin.port import Cell, Column, OracleType, RowBlock, RowSource
from oracle_standin.wire.rows import ROW_START, bit_vector

PoolRow = Sequence[Cell]
MOST_PACKED_CHOICES = 16
SENT_AS_STORED = frozenset(
    {
        OracleType.VARCHAR2,
        OracleType.NUMBER,
        OracleType.DATE,
        OracleType.RAW,
        OracleType.CHAR,
        OracleType.BINARY_FLOAT,
        OracleType.BINARY_DOUBLE,
        OracleType.TIMESTAMP,
        OracleType.TIMESTAMP_TZ,
        OracleType.TIMESTAMP_LTZ,
        OracleType.INTERVAL_YM,
        OracleType.INTERVAL_DS,
        OracleType.BOOLEAN,
    }
)
"""Types whose cells travel as they are, so that rows of them can be packed ahead."""


@dataclass(frozen=True, slots=True)
class PackedRows:
    """A pool's rows as messages: each whole, and all of them as one run."""

    whole: tuple[bytes, ...]
    run: bytes
    starts: tuple[int, ...]
    """Where each row begins in the run, and where the run ends."""

    @classmethod
    def of(cls, rows: Sequence[PoolRow]) -> PackedRows:
        """Pack rows, each against the one before it and the first against the last."""
        whole = tuple(ROW_START + b"".join(row) for row in rows)
        against = [_against(row, before) for row, before in zip(rows, _shifted(rows), strict=True)]
        starts = accumulate(map(len, against), initial=0)
        return cls(whole, b"".join(against), tuple(starts))

    def slice(self, first: int, count: int) -> bytes:
        """Return the messages of consecutive rows, starting anew behind the last."""
        size = len(self.whole)
        parts = []
        at = first % size
        while count:
            taken = min(count, size - at)
            parts.append(self.run[self.starts[at] : self.starts[at + taken]])
            count -= taken
            at = 0
        return b"".join(parts)


@dataclass(slots=True)
class PackedScan:
    """A scan that hands out slices of packed rows."""

    packed: PackedRows
    rows: range
    _next: int = 0

    def fetch(self, count: int) -> RowBlock:
        """Return up to `count` rows, the scan's first one whole."""
        taken = min(count, len(self.rows) - self._next)
        if not taken:
            return RowBlock(0)
        first = self.rows.start + self._next
        head = b""
        if not self._next:
            head = self.packed.whole[first % len(self.packed.whole)]
        rest = self.packed.slice(first + bool(head), taken - bool(head))
        self._next += taken
        return RowBlock(taken, packed=head + rest)


@dataclass(slots=True)
class CellScan:
    """A scan that hands out cells, for columns that must be rewritten to travel."""

    cells: Iterator[tuple[Cell, ...]]

    def fetch(self, count: int) -> RowBlock:
        """Return up to `count` rows."""
        rows = list(islice(self.cells, count))
        return RowBlock(len(rows), cells=rows)


@dataclass(slots=True, kw_only=True)
class GeneratedTable:
    """A table of generated rows; it implements the port's StoredTable."""

    columns: tuple[Column, ...]
    rows_of: Callable[[int], Sequence[PoolRow]]
    """Makes the pool: so many rows of cells, one cell per column."""
    pool_size: int
    row_count: int
    rows_per_block: int = 100
    _pool: Sequence[PoolRow] = ()
    _packed: dict[tuple[int, ...], PackedRows] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.pool_size < 1 or self.row_count < 0:
            raise ValueError(
                "a generated table has a pool of at least one row and no negative size"
            )

    def scan(self, columns: Sequence[int], rows: range) -> RowSource:
        """Hand out some columns of a range of rows."""
        kinds = {self.columns[index].type.type for index in columns}
        if columns and kinds <= SENT_AS_STORED:
            return PackedScan(self._packed_for(tuple(columns)), rows)
        return CellScan(self.cells(columns, rows))

    def cells(self, columns: Sequence[int], rows: range) -> Iterator[tuple[Cell, ...]]:
        """Iterate over some columns of a range of rows."""
        pool = _chosen(self._rows(), columns)
        size = len(pool)
        return (pool[number % size] for number in rows)

    def _rows(self) -> Sequence[PoolRow]:
        with self._lock:
            if not self._pool:
                self._pool = self.rows_of(self.pool_size)
            return self._pool

    def _packed_for(self, columns: tuple[int, ...]) -> PackedRows:
        packed = self._packed.get(columns)
        if packed is None:
            packed = PackedRows.of(_chosen(self._rows(), columns))
            with self._lock:
                while len(self._packed) >= MOST_PACKED_CHOICES:
                    self._packed.pop(next(iter(self._packed)))
                self._packed[columns] = packed
        return packed


def _chosen(pool: Sequence[PoolRow], columns: Sequence[int]) -> list[tuple[Cell, ...]]:
    if len(columns) == 1:
        (column,) = columns
        return [(row[column],) for row in pool]
    if not columns:
        return [()] * len(pool)
    return list(map(itemgetter(*columns), pool))


def _shifted(rows: Sequence[PoolRow]) -> Iterator[PoolRow]:
    """Give, for each row, the one before it."""
    yield rows[-1]
    yield from rows[:-1]


def _against(row: PoolRow, before: PoolRow) -> bytes:
    sent = bytes(map(ne, row, before))
    if 0 not in sent:
        return ROW_START + b"".join(row)
    return bit_vector(sent, (len(row) + 7) // 8) + ROW_START + b"".join(compress(row, sent))
