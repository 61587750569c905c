"""The files that lie beside a table's data."""

from __future__ import annotations

import json

import pytest

from column_shapes import declared, shape_of
from oracle_etl.flow.encode.schema_files import bigquery_schema, schema_name
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.transport import Carriage, Format, Mask, MaskKind, TableChoice

SHAPE = shape_of(
    declared("ID", "NUMBER(10)", nullable=False), declared("이름", "VARCHAR2(30 CHAR)")
)


class TestTheBigquerySchema:
    def test_has_type_and_mode_of_each_column(self) -> None:
        plan = plan_columns(SHAPE, TableChoice(table="T"), Carriage())
        assert json.loads(bigquery_schema(plan)) == [
            {"name": "ID", "type": "INT64", "mode": "REQUIRED", "description": "NUMBER(10)"},
            {
                "name": "이름",
                "type": "STRING",
                "mode": "NULLABLE",
                "description": "VARCHAR2(30 CHAR)",
            },
        ]

    def test_lets_a_column_masked_with_null_be_null(self) -> None:
        choice = TableChoice(table="T", masks=(Mask(column="ID", kind=MaskKind.NULL),))
        schema = json.loads(bigquery_schema(plan_columns(SHAPE, choice, Carriage())))
        assert schema[0]["mode"] == "NULLABLE"


class TestTheNameOfASchema:
    @pytest.mark.parametrize(
        ("name", "format_"),
        [
            ("T/v001/EMP.jsonl.gz", Format.JSONL_GZ),
            ("T/v001/EMP/part-00002-of-00012.parquet", Format.PARQUET),
        ],
    )
    def test_is_that_of_its_table_whether_or_not_it_is_left_in_parts(
        self, name: str, format_: Format
    ) -> None:
        assert schema_name(name, format_) == "T/v001/EMP.schema.json"
