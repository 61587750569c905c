"""A database that replays the rows of the cases, fast enough to be left out of the account.

It answers the statements that are measured and no others, with the columns, expressions and
ROWID ranges really asked for; SQL in general is the business of the stand-in's engine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from benchmarks.cases import CASES, Case, Declared, Value
from oracle_standin.port import (
    Bind,
    Cell,
    Column,
    ColumnType,
    OracleError,
    OracleType,
    Outcome,
    RowBlock,
)
from oracle_standin.replay import GeneratedTable
from oracle_standin.values.cells import NULL, cell
from oracle_standin.values.moments import Moment, encode_date, encode_timestamp
from oracle_standin.values.number import encode_number
from oracle_standin.values.rowids import RowId, parse_rowid

USER, PASSWORD = "SCOTT", "tiger"
_ROWS_PER_BLOCK = 100
_OBJECT, _FILE = 70_000, 1
_TEXT_SIZE = 64
_FREE_SCALE = -127
_ROWID_BIND = "rowid"

_SELECT = re.compile(
    r"SELECT (?P<columns>.+?)\s+FROM (?:\"?SCOTT\"?\.)?\"?(?P<table>\w+?)(?:_\d+)?\"?"
    r"(?: AS OF SCN :\w+)?(?: WHERE (?P<where>.*?))?"
    r"(?:\s+FETCH FIRST (?P<most>\d+) ROWS ONLY)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_ITEM = re.compile(r"TO_CHAR\(\"\w+\",'TM9','NLS_NUMERIC_CHARACTERS=''\.,'''\)|\"?\w+\"?")
_QUALIFIER = re.compile(r"\"?\w+\"?\.(?=\"?\w)")
_CURRENT_SCHEMA = "SELECT SYS_CONTEXT( 'USERENV', 'CURRENT_SCHEMA' ) FROM DUAL"
_DECIMAL = "SELECT 1.1 FROM DUAL"
"""What SQLAlchemy asks first."""
_SILENT = ("ALTER SESSION", "SET TRANSACTION", "BEGIN")


class OneBlock:
    """Rows that fit one block."""

    def __init__(self, rows: Sequence[Sequence[Cell]]) -> None:
        self._rows = rows

    def fetch(self, count: int) -> RowBlock:
        """Hand out the rows, once."""
        given, self._rows = self._rows[:count], self._rows[count:]
        return RowBlock(len(given), cells=given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A case's table, and where in it each expression stands."""

    table: GeneratedTable
    places: dict[str, int]
    plain: tuple[int, ...]

    @classmethod
    def of(cls, case: Case) -> Replayed:
        """Make the table; its rows are made when they are first asked for."""
        selectable = [each for column in case.columns for each in _selectable(column)]
        columns = tuple(kind for _, kind, _ in selectable)

        def rows(count: int) -> list[tuple[Cell, ...]]:
            return [_cells(case, number) for number in range(count)]

        table = GeneratedTable(
            columns=columns,
            rows_of=rows,
            pool_size=min(case.pool, case.rows),
            row_count=case.rows,
            rows_per_block=_ROWS_PER_BLOCK,
        )
        places = {text: place for place, (text, _, _) in enumerate(selectable)}
        plain = tuple(
            place for place, (text, _, _) in enumerate(selectable) if text.startswith('"')
        )
        return cls(table=table, places=places, plain=plain)

    def chosen(self, items: str) -> list[int]:
        """Return the places of a select list's items."""
        if items.strip() == "*":
            return list(self.plain)
        found = [each.group() for each in _ITEM.finditer(_QUALIFIER.sub("", items))]
        return [
            self.places[each if each.startswith(("TO_CHAR", '"')) else f'"{each}"'.upper()]
            for each in found
        ]


class ReplayDatabase:
    """The cases as tables of one user."""

    def __init__(self) -> None:
        self.tables = {name.upper(): Replayed.of(case) for name, case in CASES.items()}

    def password_of(self, user: str) -> str | None:
        """Return the password of the only user."""
        return PASSWORD if user == USER else None

    def open_session(
        self, *, user: str, session_id: int, attributes: dict[str, str]
    ) -> ReplaySession:
        """Open a session."""
        del user, session_id, attributes
        return ReplaySession(self.tables)


class ReplaySession:
    """Answers one client."""

    def __init__(self, tables: dict[str, Replayed]) -> None:
        self._tables = tables

    def execute(self, statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
        """Run one of the statements that are measured."""
        if statement.upper().startswith(_SILENT):
            return Outcome()
        if statement.strip().upper() == _CURRENT_SCHEMA:
            return _one_text(USER)
        if statement.strip().upper() == _DECIMAL:
            return _one_number(Decimal("1.1"))
        match = _SELECT.match(statement.strip())
        if match is None or match["table"].upper() not in self._tables:
            raise OracleError(900, f"the replay does not know this statement: {statement[:60]}")
        replayed = self._tables[match["table"].upper()]
        rows = _rows(replayed.table, match["where"] or "", _texts(bind_rows))
        rows = rows[: int(match["most"] or len(rows))]
        if match["columns"].upper() == "COUNT(*)":
            return _one_number(len(rows))
        if "ROWIDTOCHAR" in match["columns"].upper():
            raise OracleError(900, "the replay samples no blocks")
        chosen = replayed.chosen(match["columns"])
        columns = tuple(replayed.table.columns[place] for place in chosen)
        return Outcome(columns=columns, rows=replayed.table.scan(chosen, rows))

    def describe(self, statement: str) -> tuple[Column, ...] | None:
        """Return a query's columns."""
        return self.execute(statement, []).columns

    def commit(self) -> None:
        """Nothing changes here."""

    def rollback(self) -> None:
        """Nothing changes here."""

    def in_transaction(self) -> bool:
        """Nothing changes here."""
        return False

    def set_attributes(self, attributes: dict[str, str | None]) -> None:
        """Nothing depends on them."""

    def close(self) -> None:
        """Nothing is open."""


def rowid_of(number: int) -> str:
    """Return the ROWID of a row by its number."""
    block, slot = divmod(number, _ROWS_PER_BLOCK)
    return str(RowId(_OBJECT, _FILE, block, slot))


def _rows(table: GeneratedTable, where: str, binds: Sequence[str]) -> range:
    if "DBMS_LOB.GETLENGTH" in where and ">" in where.replace("<=", ""):
        return range(0)
    rowids = iter(each for each in binds if len(each) == len(rowid_of(0)))
    low = _number_of(next(rowids)) if "ROWID>=" in where else 0
    high = _number_of(next(rowids)) if "ROWID<" in where else table.row_count
    return range(low, min(high, table.row_count))


def _number_of(rowid: str) -> int:
    place = parse_rowid(rowid)
    return place.block * _ROWS_PER_BLOCK + place.slot


def _texts(bind_rows: Sequence[Sequence[Bind]]) -> list[str]:
    binds = bind_rows[0] if bind_rows else []
    return [(each.content or b"").decode() for each in binds if each.type is OracleType.VARCHAR2]


def _one_number(number: int | Decimal) -> Outcome:
    kind = ColumnType(type=OracleType.NUMBER, scale=_FREE_SCALE)
    return Outcome(
        columns=(Column(name="COUNT(*)", type=kind),),
        rows=OneBlock([(cell(encode_number(number)),)]),
    )


def _one_text(text: str) -> Outcome:
    kind = ColumnType(type=OracleType.VARCHAR2, size=_TEXT_SIZE, characters=_TEXT_SIZE)
    return Outcome(
        columns=(Column(name="ANSWER", type=kind),), rows=OneBlock([(cell(text.encode()),)])
    )


def _selectable(column: Declared) -> list[tuple[str, Column, Declared]]:
    """Return the expressions that a column may be selected by."""
    plain = (f'"{column.name}"', Column(name=column.name, type=_kind(column)), column)
    if column.type != "NUMBER" or column.precision is not None:
        return [plain]
    text = ColumnType(type=OracleType.VARCHAR2, size=_TEXT_SIZE, characters=_TEXT_SIZE)
    expression = f"TO_CHAR(\"{column.name}\",'TM9','NLS_NUMERIC_CHARACTERS=''.,''')"
    return [plain, (expression, Column(name=column.name, type=text), column)]


def _kind(column: Declared) -> ColumnType:
    if column.type == "NUMBER":
        free = column.precision is None
        return ColumnType(
            type=OracleType.NUMBER,
            precision=column.precision or 0,
            scale=_FREE_SCALE if free else column.scale or 0,
        )
    if column.type == "VARCHAR2":
        return ColumnType(type=OracleType.VARCHAR2, size=column.size, characters=column.size)
    kinds = {
        "DATE": OracleType.DATE,
        "TIMESTAMP(6)": OracleType.TIMESTAMP,
        "CLOB": OracleType.CLOB,
        "BLOB": OracleType.BLOB,
    }
    return ColumnType(type=kinds[column.type], scale=column.scale or 0)


def _cells(case: Case, number: int) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for column, value in zip(case.columns, case.row(number), strict=True):
        cells.append(_cell(column, value))
        if column.type == "NUMBER" and column.precision is None:
            cells.append(NULL if value is None else cell(_as_oracle_writes(value).encode()))
    return tuple(cells)


def _as_oracle_writes(value: Value) -> str:
    text = f"{Decimal(str(value)).normalize():f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _cell(column: Declared, value: Value) -> Cell:
    if value is None:
        return NULL
    if isinstance(value, str):
        return cell(value.encode())
    if isinstance(value, bytes):
        return cell(value)
    if isinstance(value, int | Decimal):
        return cell(encode_number(value))
    moment = Moment(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond * 1000,
    )
    return cell(encode_date(moment) if column.type == "DATE" else encode_timestamp(moment))
