"""Whether a statement still delivers what its plan was made for.

Only an SCN keeps DDL from coming between the planning and the reading, and the driver cuts what
does not fit the type that it is asked for: 1.5 as a whole number is 1, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence

from oracle_etl.model.columns import CarriedColumn, DeclaredColumn, WireForm
from oracle_etl.model.errors import TableChanged
from oracle_etl.model.reading import Reading

_FLOATS = {"float": {"BINARY_FLOAT"}, "double": {"BINARY_FLOAT", "BINARY_DOUBLE"}}


def check_types(reading: Reading, described: Sequence[DeclaredColumn]) -> None:
    """Raise TableChanged where a column does not fit its plan any more, as Oracle describes it."""
    for column, found in zip(reading.plan.selected, described, strict=True):
        if not _fits(column, found):
            raise TableChanged(
                f"{reading.table}: column {column.name} was {column.oracle_type} when it was"
                f" planned, and is {_shown(found)} now",
                hint="the table was altered after the job had begun: start the job again",
            )


def _fits(column: CarriedColumn, found: DeclaredColumn) -> bool:
    """Tell whether every value fits; what Oracle makes a text or a mask of always does."""
    if column.mask is not None:
        return True
    match column.form:
        case WireForm.INTEGER | WireForm.DECIMAL:
            return _number_fits(column, found)
        case WireForm.FLOAT:
            return found.data_type in _FLOATS[column.arrow_type]
        case WireForm.MOMENT:
            return found.data_type in {"DATE", "TIMESTAMP"} and (found.scale or 0) <= column.scale
        case _:
            return True


def _number_fits(column: CarriedColumn, found: DeclaredColumn) -> bool:
    if found.data_type != "NUMBER" or found.precision is None or found.scale is None:
        return False
    before_point = column.digits - column.scale
    return found.scale <= column.scale and found.precision - found.scale <= before_point


def _shown(found: DeclaredColumn) -> str:
    if found.precision is None or found.scale is None:
        return found.data_type
    return f"{found.data_type}({found.precision},{found.scale})"
