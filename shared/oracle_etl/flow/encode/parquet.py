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
from oracle_etl.flow.encode.large_values import large_values, with_large_values, without
from oracle_etl.flow.encode.parquet_footer import (
    CHUNK_FILE_OFFSET,
    CHUNK_META,
    CHUNK_PAGE_INDEX,
    FILE_GROUPS,
    FILE_ROWS,
    FOOTER_LENGTH_BYTES,
    GROUP_COLUMNS,
    GROUP_FILE_OFFSET,
    GROUP_ORDINAL,
    MAGIC,
    META_OFFSETS,
    META_SIZE,
    TAIL_BYTES,
)
from oracle_etl.flow.encode.thrift_compact import I64, STRUCT, Reader, Struct, write_struct
from oracle_etl.model.columns import CarriedColumn, WireForm

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
        self._waiting: list[RecordBatch] = []
        self._waiting_bytes = 0
        self._written = 0
        self._footer: Struct = {}
        self._groups: list[Struct] = []
        self.rows = 0
        self.plain_bytes = 0

    def encode(self, batch: Any) -> bytes:  # noqa: ANN401  any object with the Arrow interface
        """Keep a batch for its row group; return the group when it is large enough."""
        record = self._converted(
            batch if isinstance(batch, RecordBatch) else RecordBatch.from_arrow(batch)
        )
        self.plain_bytes += record.nbytes
        self.rows += record.num_rows
        if large := large_values(record):
            return self._alone(record, large)
        self._waiting.append(record)
        self._waiting_bytes += record.nbytes
        return self._row_group() if self._waiting_bytes >= ROW_GROUP_BYTES else b""

    def finish(self) -> bytes:
        """Return the last row group and the footer."""
        if not self._groups and not self._waiting:
            self._waiting.append(self._empty())
        last = self._row_group() if self._waiting else b""
        footer = dict(self._footer)
        footer[FILE_ROWS] = (I64, self.rows)
        footer[FILE_GROUPS] = (footer[FILE_GROUPS][0], (STRUCT, self._groups))
        written = write_struct(footer)
        return last + written + len(written).to_bytes(FOOTER_LENGTH_BYTES, "little") + MAGIC

    def _converted(self, record: RecordBatch) -> RecordBatch:
        arrays = self._conversions.arrays(record)
        for column, array in zip(self._columns, arrays, strict=True):
            if column.form in _TEXT_FORMS:
                check_text(array, column=column.name)
        return RecordBatch.from_arrays(arrays, schema=self._schema(arrays))

    def _schema(self, arrays: Sequence[Array]) -> Schema:
        return Schema(
            [
                Field(column.name, array.type, nullable=column.nullable)
                for column, array in zip(self._columns, arrays, strict=True)
            ]
        )

    def _empty(self) -> RecordBatch:
        given = [
            Array([], type=DataType.large_utf8()).cast(arrow_type(each.arrow_type))
            for each in self._columns
            for _ in range(1 if each.continuation is None else 2)
        ]
        names = [Field(f"c{number}", array.type) for number, array in enumerate(given)]
        return self._converted(RecordBatch.from_arrays(given, schema=Schema(names)))

    def _row_group(self) -> bytes:
        rows = Table.from_batches(self._waiting, schema=self._waiting[0].schema)
        self._waiting, self._waiting_bytes = [], 0
        return self._adopt(self._file(rows))

    def _alone(self, record: RecordBatch, large: Mapping[int, Array]) -> bytes:
        """Write a row with large values as a row group of its own."""
        before = self._row_group() if self._waiting else b""
        file = self._file(Table.from_batches([without(record, large)], schema=record.schema))
        return before + self._adopt(with_large_values(file, record, large, level=self._level))

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

    def _adopt(self, file: bytes) -> bytes:
        """Keep a small file's footer and return its data."""
        length = int.from_bytes(file[-TAIL_BYTES : -len(MAGIC)], "little")
        footer = Reader(file[-TAIL_BYTES - length : -TAIL_BYTES]).struct()
        groups: list[Struct] = footer[FILE_GROUPS][1][1]
        end = _end_of_data(groups)
        first = 0 if not self._written else len(MAGIC)
        shift = self._written - first
        for group in groups:
            _move(group, shift, ordinal=len(self._groups))
            self._groups.append(group)
        self._footer = self._footer or footer
        data = file[first:end]
        self._written += len(data)
        return data


def _end_of_data(groups: Sequence[Struct]) -> int:
    # Behind the data lie page indexes, whose offsets point into it; they are left out.
    ends = [len(MAGIC)]
    for group in groups:
        for chunk in group[GROUP_COLUMNS][1][1]:
            meta = chunk[CHUNK_META][1]
            starts = [meta[number][1] for number in META_OFFSETS if number in meta]
            ends.append(min(starts) + meta[META_SIZE][1])
    return max(ends)


def _move(group: Struct, shift: int, *, ordinal: int) -> None:
    _add(group, GROUP_FILE_OFFSET, shift)
    if GROUP_ORDINAL in group:
        group[GROUP_ORDINAL] = (group[GROUP_ORDINAL][0], ordinal)
    for chunk in group[GROUP_COLUMNS][1][1]:
        _add(chunk, CHUNK_FILE_OFFSET, shift)
        for number in CHUNK_PAGE_INDEX:
            chunk.pop(number, None)
        meta = chunk[CHUNK_META][1]
        for number in META_OFFSETS:
            _add(meta, number, shift)


def _add(fields: Struct, number: int, shift: int) -> None:
    # 0 says that the place is not given.
    if number in fields and fields[number][1]:
        type_, value = fields[number]
        fields[number] = (type_, value + shift)
