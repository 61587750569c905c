"""Decide how every column of a table travels, before a row is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from oracle_etl.flow.carry_column import carried, declaration, nothing
from oracle_etl.flow.column_types import EXACT_JSON_DIGITS, TEXT, TypeRule, rule_for
from oracle_etl.flow.declared_types import base_type, is_in_the_databases_set, limited_set
from oracle_etl.flow.mask_columns import masked
from oracle_etl.model.columns import (
    CarriedColumn,
    ColumnPlan,
    DeclaredColumn,
    TableShape,
    WireForm,
)
from oracle_etl.model.errors import UnreadableValue, UnsupportedColumn
from oracle_etl.model.names import TableName, quote_identifier
from oracle_etl.model.transport import Carriage, Format, NumbersAs, OnUnsupported, TableChoice

_NUMBERS = frozenset({WireForm.INTEGER, WireForm.DECIMAL, WireForm.NUMBER_TEXT})
_MOMENTS = frozenset({WireForm.MOMENT, WireForm.INSTANT})
_LOB_TEXT_TYPES = frozenset({"CLOB", "LONG", "XMLTYPE"})
_NOT_IN_BIGQUERY = re.compile(r"""[!"$()*,./;?@\[\\\]^`{}~]""")
_AS_TEXT = "text, because the table holds a year before 1 or a 29 February of the Julian calendar"
_LONGEST_RAW = 2000
"""Bytes of a RAW in SQL, the only form in which foreign text leaves unconverted."""
_OF_ONE_BYTE = re.compile(r"(?!UTF)[A-Z]+[78](?!\d)")
"""Oracle's names say of how many bits a character is: US7ASCII, WE8MSWIN1252, KO16MSWIN949."""


def plan_columns(shape: TableShape, choice: TableChoice, carriage: Carriage) -> ColumnPlan:
    """Return how each chosen column is selected, fetched and written.

    UnsupportedColumn where a column cannot be carried exactly and no lossy form was chosen.
    """
    _check_names(shape, [*choice.columns, *choice.exclude, *(each.column for each in choice.masks)])
    unsupported = choice.on_unsupported or carriage.on_unsupported
    encoding = choice.source_encoding or carriage.source_encoding or shape.source_encoding
    masks = {_spelled(shape, each.column): each for each in choice.masks}
    columns: list[CarriedColumn] = []
    skipped: list[str] = []
    for declared in _chosen(shape, choice):
        if declared.name in masks:
            columns.append(masked(shape, declared, masks[declared.name], encoding=encoding))
            continue
        column = _planned(shape, declared, unsupported, encoding)
        if column is None:
            skipped.append(declared.name)
        else:
            columns.append(_as_written(column, carriage))
    if not columns:
        raise UnsupportedColumn(
            f"{shape.table} has no column left to write",
            hint="choose at least one column that can be carried",
        )
    return ColumnPlan(
        columns=tuple(columns),
        skipped=tuple(skipped),
        warnings=(*_warnings(columns, skipped), *_unseen(shape, choice)),
    )


def with_moments_as_text(plan: ColumnPlan, shape: TableShape, carriage: Carriage) -> ColumnPlan:
    """Return the plan for a table that holds days the driver cannot: every moment as text.

    In JSON the values look the same, so parts read either way go together; but BigQuery's and
    DuckDB's moments take no such text. A Parquet column has one type, which is not text:
    UnreadableValue.
    """
    if carriage.format is Format.PARQUET:
        named = [each.name for each in plan.columns if each.form in _MOMENTS]
        raise UnreadableValue(
            f"{shape.table} holds in one of {', '.join(named)} a year before 1, or a 29 February "
            "of the Julian calendar, and a Parquet timestamp does not",
            hint="write jsonl.gz, exclude the column, or mask it with `year`",
        )
    declared = {each.name: each for each in shape.columns}
    return replace(
        plan,
        columns=tuple(
            _moment_as_text(declared[column.name]) if column.form in _MOMENTS else column
            for column in plan.columns
        ),
    )


def _check_names(shape: TableShape, named: Iterable[str]) -> None:
    known = {each.name for each in shape.columns}
    missing = sorted({each for each in named if _spelled(shape, each) not in known})
    if missing:
        raise UnsupportedColumn(
            f"{shape.table} has no column {', '.join(missing)}",
            hint="take the names from `oracle-etl tables show`; mixed case is spelled as it is",
        )


def _spelled(shape: TableShape, name: str) -> str:
    # As Oracle would: a name that is not there as written is meant in upper case.
    return name if any(each.name == name for each in shape.columns) else name.upper()


def _chosen(shape: TableShape, choice: TableChoice) -> Sequence[DeclaredColumn]:
    by_name = {each.name: each for each in shape.columns}
    visible = [each.name for each in shape.columns if not each.invisible]
    wanted = [_spelled(shape, each) for each in choice.columns] or visible
    excluded = {_spelled(shape, each) for each in choice.exclude}
    return [by_name[name] for name in dict.fromkeys(wanted) if name not in excluded]


def _planned(
    shape: TableShape, declared: DeclaredColumn, unsupported: OnUnsupported, encoding: str | None
) -> CarriedColumn | None:
    rule = rule_for(declared)
    refused = rule.refused
    name = base_type(declared.data_type)
    if encoding is not None and name in _LOB_TEXT_TYPES:
        refused = f"Oracle gives {name} only converted, so {encoding} cannot be decoded"
    if refused:
        return _unsupported(shape.table, declared, rule, refused, unsupported)
    if encoding is not None and is_in_the_databases_set(declared):
        return _encoded_text(declared, rule, encoding, shape.character_set)
    return replace(carried(declared, rule), character_set=limited_set(shape, declared))


def _encoded_text(
    declared: DeclaredColumn, rule: TypeRule, encoding: str, character_set: str
) -> CarriedColumn:
    column = quote_identifier(declared.name)
    plain = replace(
        carried(declared, rule),
        form=WireForm.ENCODED_TEXT,
        arrow_type="large_binary",
        expression=f"UTL_RAW.CAST_TO_RAW({column})",
        encoding=encoding,
        note=f"decoded strictly as {encoding}",
    )
    if declared.length <= _LONGEST_RAW or not _OF_ONE_BYTE.match(character_set):
        # Where characters may have several bytes SUBSTRB puts blanks for what it takes for parts
        # of one. A value of more than 2000 bytes stops the table there, with Oracle's words.
        return plain
    return replace(
        plain,
        expression=f"UTL_RAW.CAST_TO_RAW(SUBSTRB({column},1,{_LONGEST_RAW}))",
        continuation=f"UTL_RAW.CAST_TO_RAW(SUBSTRB({column},{_LONGEST_RAW + 1}))",
    )


def _unsupported(
    table: TableName,
    declared: DeclaredColumn,
    rule: TypeRule,
    refused: str,
    unsupported: OnUnsupported,
) -> CarriedColumn | None:
    if unsupported is OnUnsupported.SKIP:
        return None
    if unsupported is OnUnsupported.NULL:
        return nothing(declared, note=f"null instead of its values: {refused}")
    text = rule.as_text if rule.refused else rule.expression
    if unsupported is OnUnsupported.FAIL or text is None:
        chosen = "" if unsupported is OnUnsupported.FAIL else ", and it has no text form"
        raise UnsupportedColumn(
            f"{table}: column {declared.name} is {declaration(declared)}; {refused}{chosen}",
            hint="exclude the column, or set on_unsupported to text, null or skip",
            details={"table": str(table), "column": declared.name},
        )
    lossy = replace(rule, expression=text, form=WireForm.TEXT, arrow="large_string")
    return replace(carried(declared, lossy), note=f"as Oracle's own text: {refused}")


def _as_written(column: CarriedColumn, carriage: Carriage) -> CarriedColumn:
    if column.form is WireForm.JSON and carriage.format is Format.PARQUET:
        # What is text in Parquet BigQuery loads into no JSON column.
        return replace(column, bigquery_type="STRING")
    if column.form not in _NUMBERS:
        return column
    if carriage.numbers is not NumbersAs.AUTO:
        as_number = carriage.numbers is NumbersAs.DIGITS
        json_type = "number" if as_number else "string"
        column = replace(column, as_number=as_number, json_type=json_type)
    is_short = column.form is WireForm.DECIMAL and column.digits <= EXACT_JSON_DIGITS
    if is_short and column.as_number and carriage.format is not Format.PARQUET:
        # Read as a double and written shortest, so many digits come out as they were, much faster.
        return replace(column, arrow_type="double")
    return column


def _moment_as_text(declared: DeclaredColumn) -> CarriedColumn:
    rule = rule_for(declared)
    text = replace(
        rule,
        expression=rule.as_text or rule.expression,
        form=WireForm.TEXT,
        arrow="string",
        held=TEXT,
    )
    return replace(carried(declared, text), note=_AS_TEXT)


def _warnings(columns: Sequence[CarriedColumn], skipped: Sequence[str]) -> tuple[str, ...]:
    lossy = [
        f"column {each.name} ({each.oracle_type}): {each.note}"
        for each in columns
        if each.note and each.mask is None and each.form is not WireForm.ENCODED_TEXT
    ]
    left_out = (f"column {name} is left out: it cannot be carried" for name in skipped)
    return (*lossy, *left_out, *_unfit_for_bigquery([each.name for each in columns]))


def _unseen(shape: TableShape, choice: TableChoice) -> Iterator[str]:
    named = {_spelled(shape, each) for each in (*choice.columns, *choice.exclude)}
    for each in shape.columns:
        if each.invisible and each.name not in named:
            yield (
                f"column {each.name} is invisible in Oracle and left out: carry it by naming it in"
                " `columns`, or name it in `exclude`"
            )


def _unfit_for_bigquery(names: Sequence[str]) -> Iterator[str]:
    spelled = Counter(each.casefold() for each in names)
    unfit = [
        each for each in names if _NOT_IN_BIGQUERY.search(each) or spelled[each.casefold()] > 1
    ]
    if unfit:
        yield (
            f"BigQuery does not take the column names {', '.join(unfit)}, or not together: "
            "name them otherwise in a `query` if the table is to go there"
        )
