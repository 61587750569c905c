"""A table of any number of rows, each with an id of its own, that costs the stand-in no memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from oracle_standin.port import Cell, Column, ColumnType, OracleType, RowBlock, RowSource
from oracle_standin.values.cells import cell
from oracle_standin.values.number import encode_number
from oracle_standin.wire.rows import ROW_START

_POOL = 1_000

NUMBERED_COLUMNS = (
    Column(name="ID", type=ColumnType(type=OracleType.NUMBER, precision=10), nullable=False),
    Column(name="AMOUNT", type=ColumnType(type=OracleType.NUMBER, precision=12, scale=2)),
    Column(name="NOTE", type=ColumnType(type=OracleType.VARCHAR2, size=40, characters=40)),
)


def amount_of(number: int) -> Decimal:
    """Return the amount of a row."""
    return Decimal(number % _POOL * 37).scaleb(-2)


def note_of(number: int) -> str:
    """Return the note of a row."""
    return f"note {number % _POOL:04d}"


class NumberedRows:
    """Row n has the id n; it implements the port's StoredTable."""

    columns = NUMBERED_COLUMNS
    rows_per_block = 100

    def __init__(self, row_count: int) -> None:
        self.row_count = row_count
        self._rest = [
            (cell(encode_number(amount_of(number))), cell(note_of(number).encode()))
            for number in range(_POOL)
        ]

    def cells(self, columns: Sequence[int], rows: range) -> Iterator[tuple[Cell, ...]]:
        """Iterate over some columns of a range of rows."""
        for number in rows:
            row = (cell(encode_number(number)), *self._rest[number % _POOL])
            yield tuple(row[place] for place in columns)

    def scan(self, columns: Sequence[int], rows: range) -> RowSource:
        """Hand out rows, ready to send."""
        return _Scan(self.cells(columns, rows), rows)


class _Scan:
    def __init__(self, cells: Iterator[tuple[Cell, ...]], rows: range) -> None:
        self._cells = cells
        self._left = len(rows)

    def fetch(self, count: int) -> RowBlock:
        """Return up to `count` rows as finished messages."""
        taken = min(count, self._left)
        self._left -= taken
        messages = [ROW_START + b"".join(next(self._cells)) for _ in range(taken)]
        return RowBlock(taken, packed=b"".join(messages))
