"""Statements that a client keeps open under a number."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from oracle_standin.port import Column, OracleError, RowSource
from oracle_standin.wire.binds import BindType
from oracle_standin.wire.login import MOST_OPEN_CURSORS
from oracle_standin.wire.placeholders import Placeholders, placeholders
from oracle_standin.wire.rows import RowWriter


@dataclass(slots=True)
class Cursor:
    """An open statement and where its client stands in it."""

    number: int
    statement: str
    bind_types: Sequence[BindType] = ()
    wanted: Sequence[int] | None = None
    """The types in which the client asked for the columns; it stays for later executions."""
    columns: tuple[Column, ...] | None = None
    is_described: bool = False
    rows: RowSource | None = None
    writer: RowWriter | None = None
    rows_sent: int = 0
    binds: Placeholders = field(init=False)

    def __post_init__(self) -> None:
        self.binds = placeholders(self.statement)


class Cursors:
    """A session's open cursors."""

    def __init__(self) -> None:
        self._open: dict[int, Cursor] = {}

    def open(self, statement: str) -> Cursor:
        """Open a statement under the lowest free number."""
        if len(self._open) >= MOST_OPEN_CURSORS:
            raise OracleError(1000, "maximum open cursors exceeded")
        number = next(number for number in itertools.count(1) if number not in self._open)
        cursor = self._open[number] = Cursor(number, statement)
        return cursor

    def reopen(self, number: int, statement: str) -> Cursor:
        """Use an open cursor for another statement, as clients do for DDL."""
        self.find(number)
        cursor = self._open[number] = Cursor(number, statement)
        return cursor

    def find(self, number: int) -> Cursor:
        """Return an open cursor."""
        cursor = self._open.get(number)
        if cursor is None:
            raise OracleError(1001, "invalid cursor")
        return cursor

    def close(self, number: int) -> None:
        """Close a cursor; one that is closed already stays so."""
        self._open.pop(number, None)
