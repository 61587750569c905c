"""Whether the columns of a reading still are what its plan was made for.

Only an SCN keeps DDL from coming between the planning and the reading. What does not fit is cut,
and nothing is said: by the driver, which is asked for a type and makes 1.5 as a whole number 1, and
by TO_CHAR, which writes as many digits of a second as it was told, and a zone where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oracle_etl.gateways.oracle.statements import Statement, select_rows
from oracle_etl.model.columns import CarriedColumn, ColumnPlan, DeclaredColumn, WireForm
from oracle_etl.model.errors import TableChanged
from oracle_etl.model.names import quote_identifier
from oracle_etl.model.reading import Reading

_FLOATS = {"float": {"BINARY_FLOAT"}, "double": {"BINARY_FLOAT", "BINARY_DOUBLE"}}


_ALWAYS_LOOKED_AT = frozenset(
    {WireForm.INTEGER, WireForm.DECIMAL, WireForm.FLOAT, WireForm.MOMENT, WireForm.INSTANT}
)


def looked_at(reading: Reading) -> ColumnPlan:
    """Return the columns that may be cut, as they are in the table."""
    return ColumnPlan(
        columns=tuple(
            replace(each, expression=quote_identifier(each.name))
            for each in reading.plan.columns
            if each.mask is None and (each.form in _ALWAYS_LOOKED_AT or _is_written_moment(each))
        )
    )


def types_of(reading: Reading, looked_at: ColumnPlan) -> Statement:
    """Return the statement whose description tells the types of columns."""
    return select_rows(replace(reading, plan=looked_at))


def check_types(
    reading: Reading, looked_at: ColumnPlan, described: Sequence[DeclaredColumn]
) -> None:
    """Raise TableChanged where a column does not fit its plan any more, as Oracle describes it."""
    for column, found in zip(looked_at.columns, described, strict=True):
        if not _fits(column, found):
            raise TableChanged(
                f"{reading.table}: column {column.name} was {column.oracle_type} when it was"
                f" planned, and is {_shown(found)} now",
                hint="the table was altered after the job had begun: start the job again",
            )


def _is_written_moment(column: CarriedColumn) -> bool:
    return column.form is WireForm.TEXT and column.oracle_type.startswith(("DATE", "TIMESTAMP"))


def _fits(column: CarriedColumn, found: DeclaredColumn) -> bool:
    match column.form:
        case WireForm.INTEGER | WireForm.DECIMAL:
            return _number_fits(column, found)
        case WireForm.FLOAT:
            return found.data_type in _FLOATS[column.arrow_type]
        case _:
            return _moment_fits(column, found)


def _moment_fits(column: CarriedColumn, found: DeclaredColumn) -> bool:
    """Tell whether every digit of a second is asked for, and a zone where there is one."""
    is_moment = found.data_type.startswith(("DATE", "TIMESTAMP"))
    has_same_zone = _zone(found.data_type) == _zone(column.oracle_type)
    return is_moment and has_same_zone and (found.scale or 0) <= column.scale


def _zone(oracle_type: str) -> str:
    return oracle_type.partition(" WITH ")[2]


def _number_fits(column: CarriedColumn, found: DeclaredColumn) -> bool:
    if found.data_type != "NUMBER" or found.precision is None or found.scale is None:
        return False
    before_point = column.digits - column.scale
    return found.scale <= column.scale and found.precision - found.scale <= before_point


def _shown(found: DeclaredColumn) -> str:
    if found.precision is None or found.scale is None:
        return found.data_type
    return f"{found.data_type}({found.precision},{found.scale})"
