"""What a column's declaration says of its values."""

from __future__ import annotations

import re

from oracle_etl.model.columns import DeclaredColumn, TableShape

INT64_DIGITS = 18
DECIMAL128_DIGITS = 38
_NUMERIC_INTEGER_DIGITS, _NUMERIC_SCALE = 29, 9
_BIGNUMERIC_DIGITS = 38
_IN_THE_DATABASES_SET = frozenset({"CHAR", "VARCHAR2", "VARCHAR"})
_CONVERTED_FROM_IT = _IN_THE_DATABASES_SET | {"CLOB", "LONG", "XMLTYPE"}
_WITH_ALL_CHARACTERS = frozenset({"AL32UTF8", "UTF8", "UTFE", "ZHS32GB18030"})


def base_type(data_type: str) -> str:
    """Return a DATA_TYPE without its numbers: `TIMESTAMP(6) WITH TIME ZONE` -> ... without (6)."""
    return re.sub(r"\(\d+(,\d+)?\)", "", data_type.upper()).strip()


def digits_and_scale(column: DeclaredColumn) -> tuple[int, int] | None:
    """Return how many digits a NUMBER may have, and how many after the point; None: any."""
    if base_type(column.data_type) != "NUMBER" or column.scale is None:
        return None
    if column.precision is None and column.scale > 0:
        # Oracle rounds to the scale of NUMBER(*,s) and looks at no precision.
        return None
    precision = DECIMAL128_DIGITS if column.precision is None else column.precision
    if column.scale < 0:
        return precision - column.scale, 0
    return max(precision, column.scale), column.scale


def fraction_digits(column: DeclaredColumn) -> int:
    """Return the digits of a timestamp's seconds after the point, 0 for every other type."""
    return column.scale or 0 if column.data_type.upper().startswith("TIMESTAMP") else 0


def is_in_the_databases_set(column: DeclaredColumn) -> bool:
    """Tell whether a column is text in the database's character set that can be had as bytes."""
    return base_type(column.data_type) in _IN_THE_DATABASES_SET


def limited_set(shape: TableShape, column: DeclaredColumn) -> str | None:
    """Return the character set that a column's text comes from, None where it has all there are."""
    if shape.character_set in _WITH_ALL_CHARACTERS or not shape.character_set:
        return None
    is_converted = base_type(column.data_type) in _CONVERTED_FROM_IT
    return shape.character_set if is_converted else None


def bigquery_number(digits: int, scale: int) -> str:
    """Return the narrowest BigQuery type that holds every value of a NUMBER."""
    if scale == 0 and digits <= INT64_DIGITS:
        return "INT64"
    if scale <= _NUMERIC_SCALE and digits - scale <= _NUMERIC_INTEGER_DIGITS:
        return "NUMERIC"
    return "BIGNUMERIC" if digits <= _BIGNUMERIC_DIGITS else "STRING"
