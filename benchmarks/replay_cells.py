"""What the replay holds of a case: its columns, and its values as Oracle sends them."""

from __future__ import annotations

from datetime import datetime
from decimal import Context, Decimal

from benchmarks.cases import Case, Declared, Value
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.columns import DeclaredColumn, ObjectKind, TableShape
from oracle_etl.model.names import TableName
from oracle_etl.model.transport import Carriage, TableChoice
from oracle_standin.port import Cell, Column, ColumnType, OracleType
from oracle_standin.values.cells import NULL, cell
from oracle_standin.values.moments import (
    Moment,
    encode_date,
    encode_timestamp,
    encode_timestamp_tz,
)
from oracle_standin.values.number import encode_number

USER, PASSWORD = "SCOTT", "tiger"
TEXT_SIZE = 64
FREE_SCALE = -127
_ALL_DIGITS = Context(prec=64)
_OFFSET_MARK = "WITH TIME ZONE"


def selectable(column: Declared) -> list[tuple[str, Column, Declared]]:
    """Return the expressions that a column may be selected by: its name, and our plan's."""
    plain = (f'"{column.name}"', Column(name=column.name, type=_kind(column)), column)
    if not _as_text(column):
        return [plain]
    text = ColumnType(type=OracleType.VARCHAR2, size=TEXT_SIZE, characters=TEXT_SIZE)
    return [plain, (_planned(column), Column(name=column.name, type=text), column)]


def declared_column(column: Declared) -> DeclaredColumn:
    """Return a column as the dictionary would tell of it."""
    return DeclaredColumn(
        name=column.name,
        data_type=column.type,
        precision=column.precision,
        scale=column.scale,
        length=column.size,
    )


def _planned(column: Declared) -> str:
    table = TableName(owner=USER, name="T")
    shape = TableShape(table=table, kind=ObjectKind.HEAP, columns=(declared_column(column),))
    [carried] = plan_columns(shape, TableChoice(table=str(table)), Carriage()).columns
    return carried.expression


def _as_text(column: Declared) -> bool:
    """Tell whether our plan has Oracle write a column's values out."""
    is_free_number = column.type == "NUMBER" and column.precision is None
    return is_free_number or column.type in {"TIMESTAMP(9)", "TIMESTAMP(6) WITH TIME ZONE"}


def _kind(column: Declared) -> ColumnType:
    if column.type == "NUMBER":
        free = column.precision is None
        return ColumnType(
            type=OracleType.NUMBER,
            precision=column.precision or 0,
            scale=FREE_SCALE if free else column.scale or 0,
        )
    if column.type == "VARCHAR2":
        return ColumnType(type=OracleType.VARCHAR2, size=column.size, characters=column.size)
    kinds = {
        "DATE": OracleType.DATE,
        "TIMESTAMP(6)": OracleType.TIMESTAMP,
        "TIMESTAMP(9)": OracleType.TIMESTAMP,
        "TIMESTAMP(6) WITH TIME ZONE": OracleType.TIMESTAMP_TZ,
        "CLOB": OracleType.CLOB,
        "BLOB": OracleType.BLOB,
    }
    return ColumnType(type=kinds[column.type], scale=column.scale or 0)


def cells_of(case: Case, number: int) -> tuple[Cell, ...]:
    """Return a row as Oracle sends it, with what our plan has it write out."""
    cells: list[Cell] = []
    for column, value in zip(case.columns, case.row(number), strict=True):
        cells.append(_cell(column, value))
        if _as_text(column):
            cells.append(NULL if value is None else cell(_as_oracle_writes(value).encode()))
    return tuple(cells)


def _as_oracle_writes(value: Value) -> str:
    if isinstance(value, Moment):
        return _moment_text(value)
    text = f"{Decimal(str(value)).normalize(_ALL_DIGITS):f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _moment_text(moment: Moment) -> str:
    day = f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}"
    clock = f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"
    if moment.offset_minutes is None:
        return f"{day}T{clock}.{moment.nanosecond:09d}"
    hours, minutes = divmod(abs(moment.offset_minutes), 60)
    sign = "-" if moment.offset_minutes < 0 else "+"
    return f"{day}T{clock}.{moment.nanosecond // 1000:06d}{sign}{hours:02d}:{minutes:02d}"


def _cell(column: Declared, value: Value) -> Cell:
    match value:
        case None:
            return NULL
        case str():
            return cell(value.encode())
        case bytes():
            return cell(value)
        case int() | Decimal():
            return cell(encode_number(value))
        case Moment():
            return cell(_encode_moment(column, value))
        case datetime():
            return cell(_encode_moment(column, _moment_of(value)))


def _encode_moment(column: Declared, moment: Moment) -> bytes:
    if column.type == "DATE":
        return encode_date(moment)
    with_zone = column.type.endswith(_OFFSET_MARK)
    return encode_timestamp_tz(moment) if with_zone else encode_timestamp(moment)


def _moment_of(value: datetime) -> Moment:
    return Moment(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond * 1000,
    )
