"""The one table of Oracle's types: how each is selected, and how every format holds it.

docs/column-types.md is this table, printed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from oracle_etl.flow.declared_types import (
    DECIMAL128_DIGITS,
    INT64_DIGITS,
    base_type,
    digits_and_scale,
    fraction_digits,
)
from oracle_etl.model.columns import DeclaredColumn, WireForm

EXACT_JSON_DIGITS = 15
"""Digits of a JSON number that every reader keeps: what an IEEE double holds."""
_MICROSECOND_DIGITS = 6

_NUMBER_AS_TEXT = "TO_CHAR({c},'TM9','NLS_NUMERIC_CHARACTERS=''.,''')"
_CLOCK = """SYYYY-MM-DD"T"HH24:MI:SS{ff}"""
_MOMENT_AS_TEXT = f"LTRIM(TO_CHAR({{c}},'{_CLOCK}'))"
_ZONED_AS_TEXT = (
    f"LTRIM(TO_CHAR({{c}},'{_CLOCK}TZH:TZM'))"
    "||CASE WHEN INSTR(TO_CHAR({c},'TZR'),':')=0 THEN '['||TO_CHAR({c},'TZR')||']' END"
)
# The Z stands in the model: joined on, it would make a text of a null.
_LOCAL_AS_TEXT = f"""LTRIM(TO_CHAR(SYS_EXTRACT_UTC({{c}}),'{_CLOCK}"Z"'))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How each format holds a value."""

    json: str
    """number, string, boolean or any."""
    bigquery: str
    parquet: str
    duckdb: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRule:
    """How columns of one Oracle type travel; `{c}` is the column, `{p}` and `{s}` its digits."""

    oracle: str
    """As the documentation names it."""
    types: tuple[str, ...]
    """The dictionary's DATA_TYPE, without numbers in parentheses."""
    applies: Callable[[DeclaredColumn], bool] = lambda _column: True
    expression: str = "{c}"
    form: WireForm
    arrow: str
    held: Held
    as_text: str | None = None
    """For masks and hashes: the value as one text; a refused type's lossy form."""
    refused: str = ""
    """Why it cannot be carried exactly; empty where it can."""
    is_lob: bool = False
    note: str = ""


def _whole(least: int, most: int) -> Callable[[DeclaredColumn], bool]:
    def applies(column: DeclaredColumn) -> bool:
        declared = digits_and_scale(column)
        return declared is not None and declared[1] == 0 and least <= declared[0] <= most

    return applies


def _fraction(least: int, most: int) -> Callable[[DeclaredColumn], bool]:
    def applies(column: DeclaredColumn) -> bool:
        declared = digits_and_scale(column)
        return declared is not None and declared[1] > 0 and least <= declared[0] <= most

    return applies


def _in_microseconds(column: DeclaredColumn) -> bool:
    return fraction_digits(column) <= _MICROSECOND_DIGITS


TEXT = Held(json="string", bigquery="STRING", parquet="STRING", duckdb="VARCHAR")
_BYTES = Held(json="string", bigquery="BYTES", parquet="BYTE_ARRAY", duckdb="BLOB")
_MOMENT = Held(json="string", bigquery="DATETIME", parquet="TIMESTAMP(MICROS)", duckdb="TIMESTAMP")
_INT64 = Held(json="number", bigquery="INT64", parquet="INT64", duckdb="BIGINT")
_DECIMAL = Held(
    json="number",
    bigquery="NUMERIC or BIGNUMERIC",
    parquet="DECIMAL({p},{s})",
    duckdb="DECIMAL({p},{s})",
)

RULES: tuple[TypeRule, ...] = (
    TypeRule(
        oracle="NUMBER(p), to 15 digits",
        types=("NUMBER",),
        applies=_whole(1, EXACT_JSON_DIGITS),
        form=WireForm.INTEGER,
        arrow="int64",
        held=_INT64,
        as_text=_NUMBER_AS_TEXT,
        note="A negative scale adds to the digits: NUMBER(5,-2) has 7.",
    ),
    TypeRule(
        oracle="NUMBER(p), 16 to 18 digits",
        types=("NUMBER",),
        applies=_whole(EXACT_JSON_DIGITS + 1, INT64_DIGITS),
        form=WireForm.INTEGER,
        arrow="int64",
        held=replace(_INT64, json="string"),
        as_text=_NUMBER_AS_TEXT,
    ),
    TypeRule(
        oracle="NUMBER(p), NUMBER(*,0), 19 to 38 digits",
        types=("NUMBER",),
        applies=_whole(INT64_DIGITS + 1, DECIMAL128_DIGITS),
        form=WireForm.DECIMAL,
        arrow="decimal128({p},{s})",
        held=replace(_DECIMAL, json="string"),
        as_text=_NUMBER_AS_TEXT,
    ),
    TypeRule(
        oracle="NUMBER(p,s), to 15 digits",
        types=("NUMBER",),
        applies=_fraction(1, EXACT_JSON_DIGITS),
        form=WireForm.DECIMAL,
        arrow="decimal128({p},{s})",
        held=_DECIMAL,
        as_text=_NUMBER_AS_TEXT,
        note="Plain digits; to JSON it travels as a double, which holds 15 digits exactly.",
    ),
    TypeRule(
        oracle="NUMBER(p,s), 16 to 38 digits",
        types=("NUMBER",),
        applies=_fraction(EXACT_JSON_DIGITS + 1, DECIMAL128_DIGITS),
        form=WireForm.DECIMAL,
        arrow="decimal128({p},{s})",
        held=replace(_DECIMAL, json="string"),
        as_text=_NUMBER_AS_TEXT,
    ),
    TypeRule(
        oracle="NUMBER, NUMBER(*,s), NUMBER beyond 38 digits, FLOAT, FLOAT(p)",
        types=("NUMBER", "FLOAT"),
        expression=_NUMBER_AS_TEXT,
        form=WireForm.NUMBER_TEXT,
        arrow="string",
        held=TEXT,
        as_text=_NUMBER_AS_TEXT,
        note="Plain digits, 0.5 for Oracle's .5; over 64 characters as 1.5E+100.",
    ),
    TypeRule(
        oracle="BINARY_FLOAT",
        types=("BINARY_FLOAT",),
        form=WireForm.FLOAT,
        arrow="float",
        held=Held(json="number", bigquery="FLOAT64", parquet="FLOAT", duckdb="FLOAT"),
        note='The exact double of the value; "NaN", "Infinity", "-Infinity" as text in JSON.',
    ),
    TypeRule(
        oracle="BINARY_DOUBLE",
        types=("BINARY_DOUBLE",),
        form=WireForm.FLOAT,
        arrow="double",
        held=Held(json="number", bigquery="FLOAT64", parquet="DOUBLE", duckdb="DOUBLE"),
        note='"NaN", "Infinity", "-Infinity" as text in JSON.',
    ),
    TypeRule(
        oracle="BOOLEAN",
        types=("BOOLEAN",),
        form=WireForm.BOOLEAN,
        arrow="bool",
        held=Held(json="boolean", bigquery="BOOL", parquet="BOOLEAN", duckdb="BOOLEAN"),
    ),
    TypeRule(
        oracle="CHAR, VARCHAR2, NCHAR, NVARCHAR2",
        types=("CHAR", "VARCHAR2", "VARCHAR", "NCHAR", "NVARCHAR2"),
        form=WireForm.TEXT,
        arrow="string",
        held=TEXT,
        as_text="{c}",
        note="CHAR keeps its blanks; '' is null in Oracle.",
    ),
    TypeRule(
        oracle="CLOB, NCLOB, LONG",
        types=("CLOB", "NCLOB", "LONG"),
        form=WireForm.TEXT,
        arrow="large_string",
        held=TEXT,
        is_lob=True,
    ),
    TypeRule(
        oracle="DATE, TIMESTAMP(0-6)",
        types=("DATE", "TIMESTAMP"),
        applies=_in_microseconds,
        form=WireForm.MOMENT,
        arrow="timestamp[us]",
        held=_MOMENT,
        as_text=_MOMENT_AS_TEXT,
        note="ISO 8601 with all declared digits; a year before 1 as Oracle writes it, "
        "-0044-03-15T00:00:00, and 1500-02-29, a day of the Julian calendar alone: then the types "
        "of the table's moments are STRING and VARCHAR.",
    ),
    TypeRule(
        oracle="TIMESTAMP(7-9)",
        types=("TIMESTAMP",),
        expression=_MOMENT_AS_TEXT,
        form=WireForm.TEXT,
        arrow="string",
        held=TEXT,
        as_text=_MOMENT_AS_TEXT,
        note="ISO 8601 with all declared digits.",
    ),
    TypeRule(
        oracle="TIMESTAMP WITH TIME ZONE",
        types=("TIMESTAMP WITH TIME ZONE",),
        expression=_ZONED_AS_TEXT,
        form=WireForm.TEXT,
        arrow="string",
        held=TEXT,
        as_text=_ZONED_AS_TEXT,
        note="With its offset, and its region where it has one: ...+02:00[Europe/Berlin].",
    ),
    TypeRule(
        oracle="TIMESTAMP(0-6) WITH LOCAL TIME ZONE",
        types=("TIMESTAMP WITH LOCAL TIME ZONE",),
        applies=_in_microseconds,
        expression="SYS_EXTRACT_UTC({c})",
        form=WireForm.INSTANT,
        arrow="timestamp[us]",
        held=Held(
            json="string",
            bigquery="TIMESTAMP",
            parquet="TIMESTAMP(MICROS, UTC)",
            duckdb="TIMESTAMP WITH TIME ZONE",
        ),
        as_text=_LOCAL_AS_TEXT,
        note="In UTC, with all declared digits and Z.",
    ),
    TypeRule(
        oracle="TIMESTAMP(7-9) WITH LOCAL TIME ZONE",
        types=("TIMESTAMP WITH LOCAL TIME ZONE",),
        expression=_LOCAL_AS_TEXT,
        form=WireForm.TEXT,
        arrow="string",
        held=TEXT,
        as_text=_LOCAL_AS_TEXT,
        note="In UTC, with all declared digits and Z.",
    ),
    TypeRule(
        oracle="INTERVAL DAY TO SECOND",
        types=("INTERVAL DAY TO SECOND",),
        expression="TO_CHAR({c})",
        form=WireForm.DAYS,
        arrow="string",
        held=TEXT,
        note="ISO 8601: P3DT4H5M6.7S, -P1DT1S.",
    ),
    TypeRule(
        oracle="INTERVAL YEAR TO MONTH",
        types=("INTERVAL YEAR TO MONTH",),
        expression="TO_CHAR({c})",
        form=WireForm.MONTHS,
        arrow="string",
        held=TEXT,
        note="ISO 8601: P1Y2M, -P3M.",
    ),
    TypeRule(
        oracle="RAW",
        types=("RAW",),
        form=WireForm.BYTES,
        arrow="large_binary",
        held=_BYTES,
        as_text="RAWTOHEX({c})",
        note="Base64 in JSON.",
    ),
    TypeRule(
        oracle="BLOB, LONG RAW",
        types=("BLOB", "LONG RAW"),
        form=WireForm.BYTES,
        arrow="large_binary",
        held=_BYTES,
        is_lob=True,
        note="Base64 in JSON.",
    ),
    TypeRule(
        oracle="ROWID",
        types=("ROWID",),
        expression="ROWIDTOCHAR({c})",
        form=WireForm.TEXT,
        arrow="string",
        held=TEXT,
        as_text="ROWIDTOCHAR({c})",
    ),
    TypeRule(
        oracle="XMLTYPE",
        types=("XMLTYPE",),
        expression="XMLSERIALIZE(CONTENT {c} AS CLOB)",
        form=WireForm.TEXT,
        arrow="large_string",
        held=TEXT,
        is_lob=True,
    ),
    TypeRule(
        oracle="JSON",
        types=("JSON",),
        expression="JSON_SERIALIZE({c} RETURNING CLOB)",
        form=WireForm.JSON,
        arrow="large_string",
        held=Held(json="any", bigquery="JSON", parquet="STRING", duckdb="JSON"),
        is_lob=True,
        note="Embedded as it is; from Parquet, where it is text, BigQuery takes a STRING.",
    ),
    TypeRule(
        oracle="UROWID",
        types=("UROWID",),
        form=WireForm.TEXT,
        arrow="large_string",
        held=TEXT,
        as_text="CAST({c} AS VARCHAR2(4000))",
        refused="Oracle converts logical row ids to text only by an implicit cast",
    ),
    TypeRule(
        oracle="VECTOR",
        types=("VECTOR",),
        form=WireForm.TEXT,
        arrow="large_string",
        held=TEXT,
        as_text="FROM_VECTOR({c} RETURNING CLOB)",
        refused="Oracle's text of a vector may round its numbers",
        is_lob=True,
    ),
    TypeRule(
        oracle="BFILE",
        types=("BFILE",),
        form=WireForm.BYTES,
        arrow="large_binary",
        held=_BYTES,
        refused="its bytes lie in a file outside the database",
    ),
    TypeRule(
        oracle="object types, collections, REF, ANYDATA and all others",
        types=(),
        form=WireForm.TEXT,
        arrow="large_string",
        held=TEXT,
        as_text="XMLSERIALIZE(CONTENT XMLTYPE({c}) AS CLOB)",
        refused="it has no form of its own in the formats",
        is_lob=True,
    ),
)


def rule_for(column: DeclaredColumn) -> TypeRule:
    """Return the first rule whose type and condition fit; the last one fits everything."""
    name = base_type(column.data_type)
    for rule in RULES:
        if name in rule.types and rule.applies(column):
            return rule
    return RULES[-1]
