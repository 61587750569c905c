"""The files that lie beside a table's data."""

from __future__ import annotations

import json

from column_shapes import declared, shape_of
from oracle_etl.flow.encode.schema_files import bigquery_schema, bq_load_command
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


def command(format_: Format) -> str | None:
    return bq_load_command(
        table="sales.EMP",
        locations=["gs://b/one", "gs://b/it's"],
        schema_file="EMP.schema.json",
        format_=format_,
    )


class TestTheLoadCommand:
    def test_of_lines_names_the_schema(self) -> None:
        assert command(Format.JSONL_GZ) == (
            "bq load --source_format=NEWLINE_DELIMITED_JSON sales.EMP "
            "'gs://b/one,gs://b/it'\"'\"'s' EMP.schema.json"
        )

    def test_of_parquet_needs_none(self) -> None:
        assert command(Format.PARQUET) == (
            "bq load --source_format=PARQUET sales.EMP 'gs://b/one,gs://b/it'\"'\"'s'"
        )

    def test_of_zstandard_lines_does_not_exist(self) -> None:
        assert command(Format.JSONL_ZST) is None
