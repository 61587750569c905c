"""Arrow batches to one Parquet file, handed out row group by row group.

arro3 writes whole files only. So each row group is written as a small file of its own, its data
is handed on at once, and its entry in that file's footer is kept with its offsets moved; one
footer for all of them ends the real file. Memory holds one row group, bounded by bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from arro3.core import Array, DataType, Field, RecordBatch, Schema, Table
from arro3.io import write_parquet

from oracle_etl.arrow_types import arrow_type
from oracle_etl.flow.encode.arrow_text import check_text
from oracle_etl.flow.encode.batch_conversions import parquet_conversions
from oracle_etl.flow.encode.encoder import Take
from oracle_etl.flow.encode.large_values import LargeRow, large_values, without
from oracle_etl.flow.encode.parquet_footer import footer_of
from oracle_etl.flow.encode.row_groups import Footer
from oracle_etl.model.columns import CarriedColumn, ColumnPlan, WireForm
from oracle_etl.model.errors import UnreadableValue

DEFAULT_LEVEL = 1
ROW_GROUP_BYTES = 16 * 2**20
"""Arrow bytes of a row group: what this encoder keeps in memory, about twice over."""
_TEXT_FORMS = frozenset({WireForm.TEXT, WireForm.JSON})


class ParquetFile:
    """An encoder whose object is one Parquet file."""

    plain_crc32 = 0

    def __init__(
        self, columns: Sequence[CarriedColumn], *, level: int, mask_key: bytes | None
    ) -> None:
        self._columns = columns
        self._level = level
        self._conversions = parquet_conversions(columns, mask_key=mask_key)
        self._schema: Schema | None = None
        self._waiting: list[RecordBatch] = []
        self._waiting_bytes = 0
        self._written = 0
        self._footer = Footer()
        self.rows = 0
        self.plain_bytes = 0

    def encode(self, batch: Any, take: Take) -> None:  # noqa: ANN401  any object with the Arrow interface
        """Keep a batch for its row group; hand the group out when it is large enough."""
        record = self._converted(
            batch if isinstance(batch, RecordBatch) else RecordBatch.from_arrow(batch)
        )
        self.plain_bytes += record.nbytes
        self.rows += record.num_rows
        if large := large_values(record):
            self._alone(record, large, take)
            return
        self._waiting.append(record)
        self._waiting_bytes += record.nbytes
        if self._waiting_bytes >= ROW_GROUP_BYTES:
            take(self._row_group())

    def finish(self) -> bytes:
        """Return the last row group and the footer."""
        if self._footer.is_empty and not self._waiting:
            self._waiting.append(self._empty())
        last = self._row_group() if self._waiting else b""
        return last + self._footer.written(rows=self.rows)

    def _converted(self, record: RecordBatch) -> RecordBatch:
        arrays = self._conversions.arrays(record)
        for column, array in zip(self._columns, arrays, strict=True):
            if column.form in _TEXT_FORMS:
                check_text(array, column=column.name)
            if not column.nullable and array.null_count:
                raise _unexpected_null(column)
        self._schema = self._schema or self._schema_of(arrays)
        return RecordBatch.from_arrays(arrays, schema=self._schema)

    def _schema_of(self, arrays: Sequence[Array]) -> Schema:
        """Return the schema of every batch: no conversion's type depends on the values."""
        return Schema(
            [
                Field(column.name, array.type, nullable=column.nullable)
                for column, array in zip(self._columns, arrays, strict=True)
            ]
        )

    def _empty(self) -> RecordBatch:
        given = [
            Array([], type=DataType.large_utf8()).cast(arrow_type(each.arrow_type))
            for each in ColumnPlan(columns=tuple(self._columns)).selected
        ]
        names = [Field(f"c{number}", array.type) for number, array in enumerate(given)]
        return self._converted(RecordBatch.from_arrays(given, schema=Schema(names)))

    def _row_group(self) -> bytes:
        rows = Table.from_batches(self._waiting, schema=self._waiting[0].schema)
        self._waiting, self._waiting_bytes = [], 0
        file = self._file(rows)
        first, end = self._footer.adopt(footer_of(file), at=self._written)
        self._written += end - first
        return file[first:end]

    def _alone(self, record: RecordBatch, large: Mapping[int, Array], take: Take) -> None:
        """Write a row with large values as a row group of its own, a column at a time."""
        if self._waiting:
            take(self._row_group())
        file = self._file(Table.from_batches([without(record, large)], schema=record.schema))
        row = LargeRow(file, record, large, level=self._level)
        start = self._written
        for piece in row.pieces(begins_file=self._footer.is_empty):
            take(piece)
            self._written += len(piece)
        self._footer.adopt(row.footer(), at=start)

    def _file(self, rows: Table) -> bytes:
        """Return a file of one row group."""
        target = BytesIO()
        write_parquet(
            rows,
            target,
            compression=f"zstd({self._level})",
            # Zstandard finds the repeats that dictionaries would, in a third of the time.
            dictionary_enabled=False,
            max_row_group_size=max(1, rows.num_rows),
            skip_arrow_metadata=True,
            created_by="oracle-etl",
        )
        return target.getvalue()


def _unexpected_null(column: CarriedColumn) -> UnreadableValue:
    # A constraint may be enabled without a look at the rows that are there.
    return UnreadableValue(
        f"column {column.name} holds a null, and Oracle says that it holds none",
        hint="validate its NOT NULL in Oracle, write jsonl.gz, or exclude the column",
    )
