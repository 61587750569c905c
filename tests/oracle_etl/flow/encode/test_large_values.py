"""Large values in Parquet: read by pyarrow and DuckDB as if arro3 had written them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from arro3.core import RecordBatch
from hypothesis import given, settings
from hypothesis import strategies as st

from column_shapes import declared, shape_of
from delivered_batches import broken_text, delivered, written_by
from oracle_etl.flow.decode.object_lines import parquet_lines
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.encode.large_values import LARGE, LARGEST, large_values
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import UnreadableValue
from oracle_etl.model.transport import Carriage, Format, TableChoice

CARRIAGE = Carriage(format=Format.PARQUET)
PLAN: ColumnPlan = plan_columns(
    shape_of(
        declared("ID", "NUMBER(9)"),
        declared("DOCUMENT", "CLOB"),
        declared("KEPT", "BLOB", nullable=False),
        declared("RATIO", "BINARY_DOUBLE"),
        declared("MORE", "BLOB"),
    ),
    TableChoice(table="T"),
    CARRIAGE,
)
NAMES = [each.name for each in PLAN.columns]
SMALL = (1, "short", b"\x00", 0.5, None)
DOCUMENT = "글자 and letters\n" * (LARGE // 8)
OCTETS = bytes(range(256)) * (LARGE // 256 + 1)
LARGE_ROWS = (
    (2, DOCUMENT, b"", None, None),
    (3, None, OCTETS, 1.5, b"small"),
    (4, DOCUMENT, OCTETS, 2.5, OCTETS[1:]),
)
Row = tuple[Any, ...]
BATCHES = st.one_of(
    st.lists(st.just(SMALL), min_size=1, max_size=3),
    st.lists(st.sampled_from(LARGE_ROWS), min_size=1, max_size=1),
)
"""Rows with large values come alone, others together."""


def file_of(*batches: list[Row], level: int | None = None) -> bytes:
    carriage = Carriage(format=Format.PARQUET, compression_level=level)
    encoder = open_encoder(PLAN, carriage, role=PartRole.WHOLE)
    pieces = written_by(encoder, *(delivered(PLAN, each) for each in batches))
    assert encoder.rows == sum(map(len, batches))
    return pieces + encoder.finish()


def read_by_pyarrow(file: bytes) -> list[Row]:
    rows = pq.read_table(io.BytesIO(file)).to_pylist()
    return [tuple(row[name] for name in NAMES) for row in rows]


class TestARowWithLargeValues:
    @pytest.mark.parametrize("row", LARGE_ROWS)
    def test_is_read_by_pyarrow_as_it_was(self, row: Row) -> None:
        assert read_by_pyarrow(file_of([row])) == [row]

    @pytest.mark.parametrize("row", LARGE_ROWS)
    def test_is_read_by_duckdb_as_it_was(self, row: Row, tmp_path: Path) -> None:
        file = tmp_path / "t.parquet"
        file.write_bytes(file_of([row]))
        with duckdb.connect() as database:
            found = database.execute("SELECT * FROM read_parquet(?)", [str(file)]).fetchall()
        assert found == [row]

    def test_is_read_by_the_reader_of_verify_as_it_was(self) -> None:
        [line] = parquet_lines(iter([file_of([LARGE_ROWS[2]])]))
        assert b"2.5" in line

    @pytest.mark.parametrize("level", [1, 19])
    def test_takes_the_level_that_was_asked_for(self, level: int) -> None:
        assert read_by_pyarrow(file_of([LARGE_ROWS[0]], level=level)) == [LARGE_ROWS[0]]

    def test_is_compressed_and_the_footer_tells_its_sizes(self) -> None:
        file = file_of([LARGE_ROWS[0]])
        group = pq.read_metadata(io.BytesIO(file)).row_group(0)
        column = group.column(1)
        assert column.compression == "ZSTD"
        assert column.total_uncompressed_size > len(DOCUMENT.encode())
        assert column.total_compressed_size < len(DOCUMENT) // 100
        assert group.total_byte_size == sum(
            group.column(at).total_uncompressed_size for at in range(len(NAMES))
        )
        assert column.statistics is None

    @settings(max_examples=10)
    @given(st.lists(BATCHES, max_size=4))
    def test_stands_among_others_in_their_order(self, batches: list[list[Row]]) -> None:
        expected = [row for batch in batches for row in batch]
        assert read_by_pyarrow(file_of(*batches)) == expected


class TestALargeValueAmongManyColumns:
    def test_is_read_by_pyarrow_as_it_was(self) -> None:
        names = [f"C{number}" for number in range(20)]
        columns = (declared(name, "NUMBER(9)") for name in names)
        shape = shape_of(*columns, declared("DOCUMENT", "CLOB"))
        plan = plan_columns(shape, TableChoice(table="T"), CARRIAGE)
        encoder = open_encoder(plan, CARRIAGE, role=PartRole.WHOLE)
        row = (*range(20), DOCUMENT)
        file = written_by(encoder, delivered(plan, [row])) + encoder.finish()
        assert pq.read_table(io.BytesIO(file)).to_pylist() == [
            dict(zip((*names, "DOCUMENT"), row, strict=True))
        ]


class TestARowThatIsASliceOfLargerOnes:
    DOCUMENTS = pa.array([DOCUMENT, None, "small", DOCUMENT + "!"], pa.large_string())
    PLAN = plan_columns(shape_of(declared("T", "CLOB")), TableChoice(table="T"), CARRIAGE)

    @pytest.mark.parametrize("at", range(4))
    def test_has_its_own_value_and_stays_null(self, at: int) -> None:
        encoder = open_encoder(self.PLAN, CARRIAGE, role=PartRole.WHOLE)
        batch = pa.record_batch([self.DOCUMENTS.slice(at, 1)], names=["x"])
        file = written_by(encoder, batch) + encoder.finish()
        [found] = pq.read_table(io.BytesIO(file))["T"].to_pylist()
        assert found == self.DOCUMENTS[at].as_py()

    @pytest.mark.parametrize(("at", "is_large"), [(0, True), (1, False), (2, False), (3, True)])
    def test_is_large_only_by_its_own_value(self, at: int, is_large: bool) -> None:  # noqa: FBT001 - a table
        batch = RecordBatch.from_arrow(pa.record_batch([self.DOCUMENTS.slice(at, 1)], names=["x"]))
        assert bool(large_values(batch)) is is_large


class TestAValueThatNoPageHolds:
    @staticmethod
    def row_of(size: int) -> RecordBatch:
        # Zeros that nobody touches take no memory.
        buffers = [None, pa.py_buffer(np.array([0, size])), pa.py_buffer(np.zeros(size, np.uint8))]
        value = pa.Array.from_buffers(pa.large_binary(), 1, buffers)
        return RecordBatch.from_arrow(pa.record_batch([value], names=["PICTURE"]))

    def test_stops_the_table_with_the_columns_name(self) -> None:
        with pytest.raises(UnreadableValue, match="column PICTURE holds a value of 2147483648"):
            large_values(self.row_of(2**31))

    def test_is_larger_than_any_that_a_page_holds(self) -> None:
        assert list(large_values(self.row_of(LARGEST))) == [0]


class TestALargeTextThatIsNone:
    @pytest.mark.parametrize("at", [0, 2**20 - 1, 2**20, LARGE + 100])
    def test_stops_the_table_with_the_columns_name_and_the_place(self, at: int) -> None:
        plan = plan_columns(shape_of(declared("T", "CLOB")), TableChoice(table="T"), CARRIAGE)
        whole = bytearray("글".encode() * LARGE)
        cut = at // 3 * 3
        whole[cut] = 0xFF
        batch = pa.record_batch([broken_text([bytes(whole)])], names=["x"])
        with pytest.raises(UnreadableValue, match=f"column T .* from byte {cut} of the value"):
            written_by(open_encoder(plan, CARRIAGE, role=PartRole.WHOLE), batch)

    def test_because_it_ends_within_a_character_stops_it_too(self) -> None:
        plan = plan_columns(shape_of(declared("T", "CLOB")), TableChoice(table="T"), CARRIAGE)
        whole = "글".encode() * LARGE + b"\xea\xb8"
        batch = pa.record_batch([broken_text([whole])], names=["x"])
        with pytest.raises(UnreadableValue, match=f"from byte {3 * LARGE} of the value"):
            written_by(open_encoder(plan, CARRIAGE, role=PartRole.WHOLE), batch)
