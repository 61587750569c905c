"""What lies beside a table's data for those who load it into BigQuery."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from oracle_etl.model.columns import CarriedColumn, ColumnPlan
from oracle_etl.model.transport import Format

_SOURCE_FORMATS = {Format.JSONL_GZ: "NEWLINE_DELIMITED_JSON", Format.PARQUET: "PARQUET"}
"""BigQuery reads no Zstandard around JSON."""


def bigquery_schema(plan: ColumnPlan) -> bytes:
    """Return the schema file of a table, as `bq load` takes it."""
    fields = [_field(column) for column in plan.columns]
    return json.dumps(fields, indent=2, ensure_ascii=False).encode() + b"\n"


def bq_load_command(
    *, table: str, locations: Sequence[str], schema_file: str, format_: Format
) -> str | None:
    """Return the command that loads a table's objects, None where BigQuery cannot read them."""
    source_format = _SOURCE_FORMATS.get(format_)
    if source_format is None:
        return None
    words = ["bq", "load", f"--source_format={source_format}", table, ",".join(locations)]
    if format_ is Format.JSONL_GZ:
        words.append(schema_file)
    return shlex.join(words)


def _field(column: CarriedColumn) -> dict[str, str]:
    field = {
        "name": column.name,
        "type": column.bigquery_type,
        "mode": "NULLABLE" if column.nullable else "REQUIRED",
    }
    described = "; ".join(part for part in (column.oracle_type, column.note) if part)
    return {**field, "description": described}
