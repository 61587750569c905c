"""What lies beside a table's data for those who load it into BigQuery."""

from __future__ import annotations

import json
import re

from oracle_etl.model.columns import CarriedColumn, ColumnPlan
from oracle_etl.model.transport import Format

SCHEMA_SUFFIX = ".schema.json"
_PART = re.compile(r"/part-\d+-of-\d+\Z")


def bigquery_schema(plan: ColumnPlan) -> bytes:
    """Return the schema file of a table, as `bq load` takes it."""
    fields = [_field(column) for column in plan.columns]
    return json.dumps(fields, indent=2, ensure_ascii=False).encode() + b"\n"


def schema_name(name: str, format_: Format) -> str:
    """Return the name of the schema that belongs to an object of a table."""
    return _PART.sub("", name.removesuffix(f".{format_}")) + SCHEMA_SUFFIX


def _field(column: CarriedColumn) -> dict[str, str]:
    field = {
        "name": column.name,
        "type": column.bigquery_type,
        "mode": "NULLABLE" if column.nullable else "REQUIRED",
    }
    described = "; ".join(part for part in (column.oracle_type, column.note) if part)
    return {**field, "description": described}
