"""What the wire asks of a database, and what a database answers, in values both sides know.

The packages `wire` (sockets and messages) and `engine` (SQL and data) meet here and nowhere
else; `values` turns Python values into Oracle's stored bytes and back for both.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

Cell = bytes
"""A value as it travels: one length byte and the value's bytes; b"\\x00" is NULL.

Over 252 bytes it is the chunked form: 254, then (length, bytes) pairs, then a zero length.
Storing cells in this form lets plain columns go out by joining stored bytes. Content of the
types that travel otherwise (ROWID, LOBs, LONG, JSON, XMLTYPE) is kept in the same form and is
rewritten by the wire: ROWID as its 18 characters, CLOB/NCLOB/LONG/XMLTYPE as UTF-8,
BLOB/LONG RAW as bytes, JSON as its OSON image.
"""


class OracleType(enum.IntEnum):
    """Oracle's type numbers as they appear in a describe."""

    VARCHAR2 = 1
    NUMBER = 2
    LONG = 8
    ROWID = 11
    DATE = 12
    RAW = 23
    LONG_RAW = 24
    CHAR = 96
    BINARY_FLOAT = 100
    BINARY_DOUBLE = 101
    XMLTYPE = 109
    CLOB = 112
    BLOB = 113
    BFILE = 114
    JSON = 119
    TIMESTAMP = 180
    TIMESTAMP_TZ = 181
    INTERVAL_YM = 182
    INTERVAL_DS = 183
    UROWID = 208
    TIMESTAMP_LTZ = 231
    BOOLEAN = 252


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType:
    """A declared type; `precision` 0 with `scale` -127 is NUMBER without precision."""

    type: OracleType
    precision: int = 0
    scale: int = 0
    size: int = 0
    """Bytes a value may take, as a describe reports it; 0 for a text or RAW that is always NULL."""
    characters: int = 0
    """Characters a text may hold, 0 for other types."""
    national: bool = False
    """NVARCHAR2, NCHAR, NCLOB: travels as UTF-16."""
    by_character: bool = False
    """Declared with CHAR length semantics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a result."""

    name: str
    type: ColumnType
    nullable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """One value sent by the client, still in Oracle's bytes, without a length."""

    type: OracleType
    content: bytes | None
    national: bool = False
    size: int = 0
    """The largest size the client accepts back, for OUT binds."""


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Rows ready to send: as cells, or packed into finished row messages by a replay.

    Packed rows are whole ROW DATA messages, each optionally behind its BIT VECTOR message.
    """

    count: int
    cells: Sequence[Sequence[Cell]] = ()
    packed: bytes | None = None


class RowSource(Protocol):
    """Rows of an open query, handed out in order and once."""

    def fetch(self, count: int) -> RowBlock:
        """Return up to `count` rows; fewer than `count` means that was the end."""
        ...


class StoredTable(Protocol):
    """A table that keeps its own rows, for reading alone; an engine may hold it beside its own.

    Rows are numbered from 0. Row n lives in the block n // rows_per_block of the table, in the
    slot n % rows_per_block, so that the engine can turn ranges of ROWIDs into ranges of rows.
    """

    @property
    def columns(self) -> tuple[Column, ...]:
        """The table's columns."""
        ...

    @property
    def row_count(self) -> int:
        """How many rows it has."""
        ...

    @property
    def rows_per_block(self) -> int:
        """How many rows share a block."""
        ...

    def scan(self, columns: Sequence[int], rows: range) -> RowSource:
        """Hand out some columns of a range of rows, ready to send where that is possible."""
        ...

    def cells(self, columns: Sequence[int], rows: range) -> Iterator[tuple[Cell, ...]]:
        """Iterate over some columns of a range of rows, as cells for further work."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What executing a statement gave."""

    columns: tuple[Column, ...] | None = None
    """None where the statement is not a query."""
    rows: RowSource | None = None
    row_count: int = 0
    out_binds: tuple[tuple[Cell | None, ...], ...] = ()
    """PL/SQL: a tuple per bind row, in it a cell per bind, None where the block only reads it.
    RETURNING: a tuple per row touched, in it a cell per bind after INTO."""
    last_rowid: str | None = None
    """The row that an INSERT, UPDATE or DELETE touched last."""
    warnings: tuple[str, ...] = field(default=())


class OracleError(Exception):
    """An error as Oracle raises it: number, text, and the offset in the statement."""

    def __init__(self, code: int, text: str, *, position: int = 0) -> None:
        super().__init__(f"ORA-{code:05d}: {text}")
        self.code = code
        self.text = text
        self.position = position


class DatabaseSession(Protocol):
    """One logged-in session, used by one thread at a time."""

    def execute(self, statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
        """Run one statement, once for each row of binds (once where there are none).

        There is a bind for each place where a name stands in SQL, in their order, and one for each
        name in PL/SQL. Statements with RETURNING ... INTO are run with one row of binds at a time.
        Raises OracleError. A query's snapshot is fixed here; its rows come later.
        """
        ...

    def describe(self, statement: str) -> tuple[Column, ...] | None:
        """Return a query's columns without running it."""
        ...

    def commit(self) -> None:
        """End the transaction and make its changes visible."""
        ...

    def rollback(self) -> None:
        """End the transaction and forget its changes."""
        ...

    def in_transaction(self) -> bool:
        """Tell whether changes wait for a commit."""
        ...

    def set_attributes(self, attributes: dict[str, str | None]) -> None:
        """Note module, action, client identifier or current schema sent beside a call."""
        ...

    def close(self) -> None:
        """Roll back and leave."""
        ...


@runtime_checkable
class Interruptible(Protocol):
    """A session that can be told to stop what it is doing."""

    def interrupt(self) -> None:
        """Make a running execute or fetch raise OracleError(1013) soon, from another thread."""
        ...


class Database(Protocol):
    """A database that the wire can log users into."""

    def password_of(self, user: str) -> str | None:
        """Return the password of a user by its dictionary name, None where there is none."""
        ...

    def open_session(
        self, *, user: str, session_id: int, attributes: dict[str, str]
    ) -> DatabaseSession:
        """Open a session for an authenticated user; OracleError where it may not log in."""
        ...
