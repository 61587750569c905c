"""A database with a date before year 1, which the driver cannot deliver as a moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from arro3.core import Array, DataType, RecordBatch, Schema
from arro3.core import Field as ArrowField

from fakes.memory_source import COLUMNS, MemorySource
from oracle_etl.model.columns import DeclaredColumn, TableShape, WireForm
from oracle_etl.model.errors import UnreadableMoment
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading

BORN = DeclaredColumn(name="BORN", data_type="DATE", length=7, position=3)
CAESAR = "-0044-03-15T00:00:00"
NEW_YEAR_2024 = 1_704_067_200 * 10**6
"""In microseconds since 1970."""
ANCIENT_ROW = 20
"""The first row of the second of two parts is the thirteenth."""


@dataclass
class AncientSource(MemorySource):
    """A database whose tables have a DATE, which in one row is before year 1."""

    ancient_row: int | None = ANCIENT_ROW

    def shape(self, table: TableName) -> TableShape:
        return replace(super().shape(table), columns=(*COLUMNS, BORN))

    @contextmanager
    def read(self, reading: Reading, *, batch_bytes: int) -> Iterator[Any]:
        with super().read(reading, batch_bytes=batch_bytes) as batches:
            yield _Ancient(batches, reading, self.ancient_row)


class _Ancient:
    def __init__(self, batches: Any, reading: Reading, ancient_row: int | None) -> None:  # noqa: ANN401 - the fake's batches
        self._batches = batches
        self._ancient_row = ancient_row
        self._form = next(each.form for each in reading.plan.columns if each.name == BORN.name)
        batches._reading = replace(
            reading, plan=replace(reading.plan, columns=reading.plan.columns[:2])
        )

    def count(self) -> int:
        counted: int = self._batches.count()
        return counted

    def cancel(self) -> None:
        self._batches.cancel()

    def __iter__(self) -> Iterator[RecordBatch]:
        for batch in self._batches:
            numbers = batch.column("ID").to_pylist()
            born = self._as_text(numbers) if self._form is WireForm.TEXT else self._moments(numbers)
            schema = Schema([*batch.schema, ArrowField(BORN.name, born.type, nullable=True)])
            yield RecordBatch.from_arrays([*batch.columns, born], schema=schema)

    def _as_text(self, numbers: list[int]) -> Array:
        values = [
            CAESAR if each == self._ancient_row else f"2024-01-01T00:00:{each:02d}"
            for each in numbers
        ]
        return Array(values, type=DataType.utf8())

    def _moments(self, numbers: list[int]) -> Array:
        if self._ancient_row in numbers:
            raise UnreadableMoment("year -44 is out of range")
        values = [NEW_YEAR_2024 + each * 10**6 for each in numbers]
        return Array(values, type=DataType.int64()).cast(DataType.timestamp("us"))
