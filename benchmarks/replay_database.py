"""A database that replays the rows of the cases, fast enough to be left out of the account.

It answers the statements that are measured and no others, with the columns, expressions and
ROWID ranges really asked for; SQL in general is the business of the stand-in's engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from benchmarks.cases import CASES, Case
from benchmarks.replay_cells import FREE_SCALE, PASSWORD, TEXT_SIZE, USER, cells_of, selectable
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
from oracle_standin.values.cells import cell
from oracle_standin.values.number import encode_number
from oracle_standin.values.rowids import RowId, parse_rowid

_ROWS_PER_BLOCK = 100
_OBJECT, _FILE = 70_000, 1
_ROWID_BIND = "rowid"

_SELECT = re.compile(
    r"SELECT (?P<columns>.+?)\s+FROM (?:\"?SCOTT\"?\.)?\"?(?P<table>\w+?)(?:_\d+)?\"?"
    r"(?: AS OF SCN :\w+)?(?: WHERE (?P<where>.*?))?"
    r"(?:\s+FETCH FIRST (?P<most>\d+) ROWS ONLY)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_QUALIFIER = re.compile(r"\"?\w+\"?\.(?=\"?\w)")
_ONLY_LARGE = re.compile(r"DBMS_LOB\.GETLENGTH\([^)]*\),0\)>")
"""Rows with large values are read by statements of their own; no case has any."""
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
        offered = [each for column in case.columns for each in selectable(column)]
        columns = tuple(kind for _, kind, _ in offered)

        def rows(count: int) -> list[tuple[Cell, ...]]:
            return [cells_of(case, number) for number in range(count)]

        table = GeneratedTable(
            columns=columns,
            rows_of=rows,
            pool_size=min(case.pool, case.rows),
            row_count=case.rows,
            rows_per_block=_ROWS_PER_BLOCK,
        )
        places = {text: place for place, (text, _, _) in enumerate(offered)}
        plain = tuple(place for place, (text, _, _) in enumerate(offered) if text.startswith('"'))
        return cls(table=table, places=places, plain=plain)

    def chosen(self, items: str) -> list[int]:
        """Return the places of a select list's items."""
        if items.strip() == "*":
            return list(self.plain)
        return [self._place(each.strip()) for each in _items(items)]

    def _place(self, item: str) -> int:
        if item in self.places:
            return self.places[item]
        # Others write names without quotes, and with the table's before them.
        name = _QUALIFIER.sub("", item).strip('"').upper()
        return self.places[f'"{name}"']


class ReplayDatabase:
    """The cases as tables of one user."""

    def __init__(self, share: float = 1.0) -> None:
        self.tables = {
            name.upper(): Replayed.of(case.shrunk(share)) for name, case in CASES.items()
        }

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


def reads_rows(statement: str) -> bool:
    """Tell whether the replay answers a statement: it reads or counts rows of one of the cases."""
    match = _SELECT.match(statement.strip())
    return match is not None and match["table"].lower() in CASES


def rowid_of(number: int) -> str:
    """Return the ROWID of a row by its number."""
    block, slot = divmod(number, _ROWS_PER_BLOCK)
    return str(RowId(_OBJECT, _FILE, block, slot))


def _rows(table: GeneratedTable, where: str, binds: Sequence[str]) -> range:
    if _ONLY_LARGE.search(where):
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
    kind = ColumnType(type=OracleType.NUMBER, scale=FREE_SCALE)
    return Outcome(
        columns=(Column(name="COUNT(*)", type=kind),),
        rows=OneBlock([(cell(encode_number(number)),)]),
    )


def _one_text(text: str) -> Outcome:
    kind = ColumnType(type=OracleType.VARCHAR2, size=TEXT_SIZE, characters=TEXT_SIZE)
    return Outcome(
        columns=(Column(name="ANSWER", type=kind),), rows=OneBlock([(cell(text.encode()),)])
    )


def _items(text: str) -> Iterator[str]:
    """Split a select list at the commas that stand outside of parentheses and quotes."""
    depth, is_quoted, begun = 0, False, 0
    for at, sign in enumerate(text):
        if sign == "'":
            is_quoted = not is_quoted
        elif not is_quoted and sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "," and not depth and not is_quoted:
            yield text[begun:at]
            begun = at + 1
    yield text[begun:]
