"""Turn a declared column and its type's rule into the column that travels."""

from __future__ import annotations

from oracle_etl.flow.column_types import TypeRule
from oracle_etl.flow.declared_types import (
    base_type,
    bigquery_number,
    digits_and_scale,
    fraction_digits,
)
from oracle_etl.model.columns import CarriedColumn, DeclaredColumn, WireForm
from oracle_etl.model.names import quote_identifier

_NATIONAL = frozenset({"NCHAR", "NVARCHAR2"})
_SIZED = frozenset({"CHAR", "VARCHAR2", "VARCHAR", "RAW"}) | _NATIONAL
_LOB_WIDTH = 4000
_COMPUTED_TEXT_WIDTH = 36
_WIDTHS = {WireForm.NUMBER_TEXT: 20, WireForm.DAYS: 30, WireForm.MONTHS: 12, WireForm.DECIMAL: 16}
_FIXED_WIDTH = 8


def carried(declared: DeclaredColumn, rule: TypeRule) -> CarriedColumn:
    """Return a column as its rule says."""
    digits, scale = digits_and_scale(declared) or (0, fraction_digits(declared))
    exact_number = rule.form in {WireForm.INTEGER, WireForm.DECIMAL}
    filled = {"p": str(digits), "s": str(scale)}
    return CarriedColumn(
        name=declared.name,
        oracle_type=declaration(declared),
        expression=expression(rule.expression, declared),
        form=rule.form,
        arrow_type=rule.arrow.format(**filled),
        json_type=rule.held.json,
        bigquery_type=bigquery_number(digits, scale) if exact_number else rule.held.bigquery,
        parquet_type=rule.held.parquet.format(**filled),
        duckdb_type=rule.held.duckdb.format(**filled),
        nullable=declared.nullable,
        as_number=rule.held.json == "number",
        digits=digits,
        scale=scale,
        width=_width(declared, rule),
        is_lob=rule.is_lob,
    )


def expression(template: str, declared: DeclaredColumn) -> str:
    """Return a rule's expression for a column, its name quoted."""
    scale = fraction_digits(declared)
    # Oracle has no FF0: a timestamp without a fraction is written without a point.
    fraction = f".FF{scale}" if scale else ""
    return template.replace("{ff}", fraction).replace("{c}", quote_identifier(declared.name))


def _width(declared: DeclaredColumn, rule: TypeRule) -> int:
    if rule.is_lob:
        return _LOB_WIDTH
    if rule.form is WireForm.TEXT and rule.expression != "{c}":
        return _COMPUTED_TEXT_WIDTH
    if rule.form in {WireForm.TEXT, WireForm.BYTES}:
        return max(1, declared.length)
    return _WIDTHS.get(rule.form, _FIXED_WIDTH)


def nothing(declared: DeclaredColumn, *, note: str) -> CarriedColumn:
    """Return a column that is always null."""
    return CarriedColumn(
        name=declared.name,
        oracle_type=declaration(declared),
        expression="CAST(NULL AS VARCHAR2(1))",
        form=WireForm.NOTHING,
        arrow_type="string",
        json_type="string",
        bigquery_type="STRING",
        parquet_type="STRING",
        duckdb_type="VARCHAR",
        width=1,
        note=note,
    )


def declaration(column: DeclaredColumn) -> str:
    """Return a column's type in full, as CREATE TABLE would have it."""
    name = base_type(column.data_type)
    if name in _SIZED:
        by_character = column.characters and name not in _NATIONAL
        size = column.characters or column.length
        return f"{name}({size}{' CHAR' if by_character else ''})" if size else name
    if name == "NUMBER" and column.scale is not None:
        precision = "*" if column.precision is None else column.precision
        shows_scale = column.scale or column.precision is None
        return f"NUMBER({precision},{column.scale})" if shows_scale else f"NUMBER({precision})"
    if name == "FLOAT" and column.precision is not None:
        return f"FLOAT({column.precision})"
    return column.data_type
