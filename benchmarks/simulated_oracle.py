"""An Oracle that costs next to nothing: as many tables as wanted, of one row for each reading."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from arro3.core import Array, DataType, Field, RecordBatch, Schema

from benchmarks.replay_database import rowid_of
from oracle_etl.model.columns import DeclaredColumn, ObjectKind, TableShape
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.ports import Page, PageRequest, SourceStatus, TableListing

OWNER = "SALES"
_SCN = 1_000_000
_ROWS_OF_A_PART = 100
_COLUMN = DeclaredColumn(name="ID", data_type="NUMBER", precision=10, scale=0)


class SimulatedOracle:
    """A schema of so many tables; it tells when all its readings but one have been made."""

    def __init__(self, *, tables: int, bytes_of_a_table: int, readings: int) -> None:
        self._tables = tables
        self._bytes = bytes_of_a_table
        self._left = readings - 1
        self._lock = threading.Lock()
        self.all_but_one_read = threading.Event()

    def status(self) -> SourceStatus:
        """Be there."""
        return SourceStatus(source="default", reachable=True, mode="thin")

    def catalogue(
        self, page: PageRequest, *, schema: str | None = None, search: str | None = None
    ) -> Page[TableListing]:
        """Return a page of the tables."""
        del schema, search
        first = int(page.token or 0)
        end = min(first + page.size, self._tables)
        return Page(
            items=tuple(self._listing(number) for number in range(first, end)),
            next_token=None if end == self._tables else str(end),
        )

    def _listing(self, number: int) -> TableListing:
        return TableListing(
            table=TableName(owner=OWNER, name=f"T{number:06d}"),
            kind="TABLE",
            columns=1,
            estimated_rows=1,
            estimated_bytes=self._bytes,
        )

    def schema(self) -> str:
        """Return the only schema."""
        return OWNER

    def query_shape(self, name: str, query: str) -> TableShape:
        """Refuse: nobody asks here."""
        raise NotImplementedError(name, query)

    def shape(self, table: TableName) -> TableShape:
        """Return a table of one column."""
        return TableShape(
            table=table,
            kind=ObjectKind.HEAP,
            columns=(_COLUMN,),
            estimated_rows=1,
            estimated_bytes=self._bytes,
        )

    def database(self) -> str:
        """Return always the same name."""
        return "SIMULATED"

    def current_scn(self) -> int:
        """Return always the same SCN."""
        return _SCN

    def can_flash_back(self, table: TableName, scn: int) -> bool:
        """Allow it."""
        del table, scn
        return True

    def count(self, reading: Reading) -> int:
        """Count the one row."""
        del reading
        return 1

    def boundaries(self, reading: Reading, *, parts: int) -> Sequence[str]:
        """Cut as wanted."""
        del reading
        return [rowid_of(number * _ROWS_OF_A_PART) for number in range(1, parts)]

    @contextmanager
    def read(self, reading: Reading, *, batch_bytes: int) -> Iterator[OneRow]:
        """Give one row."""
        del batch_bytes
        yield OneRow(self.count(reading))
        with self._lock:
            self._left -= 1
        if not self._left:
            self.all_but_one_read.set()

    def undo_retention_seconds(self) -> int:
        """Keep undo for long."""
        return 10**6

    def close(self) -> None:
        """Nothing is open."""


class OneRow:
    """The batches of one reading."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def count(self) -> int:
        """Count."""
        return self._rows

    def cancel(self) -> None:
        """Nothing takes time."""

    def __iter__(self) -> Iterator[RecordBatch]:
        """Yield the row."""
        column = Array.from_numpy(np.arange(self._rows, dtype=np.int64))
        schema = Schema([Field("ID", DataType.int64())])
        yield RecordBatch.from_arrays([column], schema=schema)
