"""Parquet files, read by pyarrow and DuckDB."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from column_shapes import declared, shape_declared, shape_of
from delivered_batches import broken_text, delivered, written_by
from oracle_etl.flow.encode import PartRole, open_encoder, parquet, row_groups
from oracle_etl.flow.encode.parquet import ROW_GROUP_BYTES
from oracle_etl.flow.encode.parquet_footer import FILE_GROUPS, GROUP_ORDINAL, footer_of
from oracle_etl.flow.encode.thrift_compact import Reader
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import UnreadableValue
from oracle_etl.model.transport import Carriage, Format, TableChoice

CARRIAGE = Carriage(format=Format.PARQUET)
ALL_TYPES = {
    "I": "NUMBER(10)",
    "H": "NUMBER(38)",
    "A": "NUMBER(13,2)",
    "N": "NUMBER",
    "BF": "BINARY_FLOAT",
    "BD": "BINARY_DOUBLE",
    "S": "VARCHAR2(30)",
    "D": "DATE",
    "T": "TIMESTAMP(6)",
    "Z": "TIMESTAMP(6) WITH TIME ZONE",
    "L": "TIMESTAMP(6) WITH LOCAL TIME ZONE",
    "DS": "INTERVAL DAY(2) TO SECOND(6)",
    "YM": "INTERVAL YEAR(2) TO MONTH",
    "R": "RAW(16)",
    "J": "JSON",
    "B": "BOOLEAN",
}
ROW = (
    1,
    Decimal(10) ** 37,
    Decimal("12.50"),
    "-.5",
    0.5,
    float("inf"),
    "한글",
    datetime(2024, 2, 29, 1, 2, 3),  # noqa: DTZ001  an Oracle DATE has no zone
    datetime(1, 1, 1, 0, 0, 0, 5),  # noqa: DTZ001  nor has a TIMESTAMP
    "2024-01-01T00:00:00.000000+02:00",
    datetime(2024, 1, 1, 0, 0, 0, 5),  # noqa: DTZ001  delivered in UTC, without saying so
    "-01 00:00:05.120000",
    "+05-03",
    b"\x00\xff",
    '{"a": 1}',
    True,
)
READ = {
    "I": 1,
    "H": Decimal(10) ** 37,
    "A": Decimal("12.50"),
    "N": "-0.5",
    "BF": 0.5,
    "BD": float("inf"),
    "S": "한글",
    "D": datetime(2024, 2, 29, 1, 2, 3),  # noqa: DTZ001  as above
    "T": datetime(1, 1, 1, 0, 0, 0, 5),  # noqa: DTZ001  as above
    "Z": "2024-01-01T00:00:00.000000+02:00",
    "L": datetime(2024, 1, 1, 0, 0, 0, 5, tzinfo=UTC),
    "DS": "-P1DT5.12S",
    "YM": "P5Y3M",
    "R": b"\x00\xff",
    "J": '{"a": 1}',
    "B": True,
}
NULLS = dict.fromkeys(READ)


def planned(**declarations: str) -> ColumnPlan:
    return plan_columns(shape_declared(**declarations), TableChoice(table="T"), CARRIAGE)


def file_of(plan: ColumnPlan, *batches: pa.RecordBatch) -> bytes:
    encoder = open_encoder(plan, CARRIAGE, role=PartRole.WHOLE)
    return written_by(encoder, *batches) + encoder.finish()


class TestATable:
    def test_keeps_every_value(self) -> None:
        plan = planned(**ALL_TYPES)
        data = file_of(plan, delivered(plan, [ROW, (None,) * len(ROW)]))
        assert pq.read_table(io.BytesIO(data)).to_pylist() == [READ, NULLS]

    def test_has_the_types_of_its_plan(self) -> None:
        plan = planned(I="NUMBER(10)", A="NUMBER(13,2)", D="DATE", R="RAW(3)", N="NUMBER")
        schema = pq.read_schema(io.BytesIO(file_of(plan, delivered(plan, []))))
        assert [str(each.type) for each in schema] == [
            "int64",
            "decimal128(13, 2)",
            "timestamp[us]",
            "binary",
            "string",
        ]

    def test_marks_columns_that_are_never_null(self) -> None:
        shape = shape_of(declared("A", "NUMBER(5)", nullable=False), declared("B", "NUMBER(5)"))
        plan = plan_columns(shape, TableChoice(table="T"), CARRIAGE)
        schema = pq.read_schema(io.BytesIO(file_of(plan, delivered(plan, [(1, None)]))))
        assert [each.nullable for each in schema] == [False, True]

    @pytest.mark.parametrize(("declaration", "value"), [("NUMBER(5)", 1), ("CLOB", "x")])
    def test_that_holds_a_null_where_oracle_says_none_names_the_column(
        self, declaration: str, value: object
    ) -> None:
        shape = shape_of(declared("A", declaration, nullable=False), declared("B", "NUMBER(5)"))
        plan = plan_columns(shape, TableChoice(table="T"), CARRIAGE)
        with pytest.raises(UnreadableValue, match="column A holds a null"):
            file_of(plan, delivered(plan, [(value, 1), (None, 2)]))

    def test_has_no_more_row_groups_than_readers_take(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(row_groups, "MOST_GROUPS", 2)
        monkeypatch.setattr(parquet, "ROW_GROUP_BYTES", 1)
        plan = planned(A="NUMBER(5)")
        rows = [delivered(plan, [(number,)]) for number in range(3)]
        assert pq.read_table(io.BytesIO(file_of(plan, *rows[:2]))).num_rows == 2
        with pytest.raises(UnreadableValue, match="no more than 2 row groups"):
            file_of(plan, *rows)

    def test_without_rows_is_a_valid_file_with_its_columns(self) -> None:
        encoder = open_encoder(planned(**ALL_TYPES), CARRIAGE, role=PartRole.WHOLE)
        table = pq.read_table(io.BytesIO(encoder.finish()))
        assert (table.num_rows, table.column_names) == (0, list(ALL_TYPES))


class TestALargeTable:
    @staticmethod
    def rows(count: int) -> list[tuple[Any, ...]]:
        return [(number, f"{number:06d}" * 100) for number in range(count)]

    def written(self) -> tuple[bytes, int]:
        plan = planned(ID="NUMBER(9)", T="VARCHAR2(4000)")
        encoder = open_encoder(plan, CARRIAGE, role=PartRole.WHOLE)
        pieces = [
            written_by(encoder, delivered(plan, self.rows(70_000)[first : first + 1000]))
            for first in range(0, 70_000, 1000)
        ]
        assert encoder.rows == len(self.rows(70_000))
        return b"".join(pieces) + encoder.finish(), sum(1 for each in pieces if each)

    def test_is_handed_out_row_group_by_row_group(self) -> None:
        data, handed_out = self.written()
        metadata = pq.read_metadata(io.BytesIO(data))
        assert handed_out == 70_000 * 612 // ROW_GROUP_BYTES
        assert metadata.num_row_groups == handed_out + 1

    def test_numbers_its_row_groups_in_their_order(self) -> None:
        data, _ = self.written()
        groups = Reader(footer_of(data)).struct()[FILE_GROUPS][1][1]
        assert len(groups) > 1
        assert [group[GROUP_ORDINAL][1] for group in groups] == list(range(len(groups)))

    def test_is_read_whole_by_pyarrow_and_by_duckdb(self, tmp_path: Path) -> None:
        data, _ = self.written()
        expected = self.rows(70_000)
        table = pq.read_table(io.BytesIO(data), pre_buffer=False)
        columns = table.to_pydict()
        assert list(zip(columns["ID"], columns["T"], strict=True)) == expected
        (tmp_path / "t.parquet").write_bytes(data)
        with duckdb.connect() as database:
            found = database.execute(
                "SELECT * FROM read_parquet(?) WHERE ID >= 35000", [str(tmp_path / "t.parquet")]
            ).fetchall()
        assert found == expected[35_000:]


class TestBytesThatAreNoText:
    def test_stop_the_table_with_the_columns_name(self) -> None:
        plan = planned(A="NUMBER(3)", B="CHAR(9)")
        batch = pa.record_batch([pa.array([1]), broken_text([b"\xff"])], names=["x", "y"])
        with pytest.raises(UnreadableValue, match="column B holds bytes that are no text"):
            file_of(plan, batch)
