"""A database for tests of the wire: it knows a few statements by heart and keeps what it is given.

It implements the port that the real engine implements, over dictionaries.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from oracle_standin.port import (
    Bind,
    Cell,
    Column,
    ColumnType,
    OracleError,
    OracleType,
    Outcome,
    RowBlock,
    RowSource,
)
from oracle_standin.values.cells import cell

USER, PASSWORD = "scott", "tiger"

Row = Sequence[Cell]
Answer = Callable[[Sequence[Sequence[Bind]]], Outcome]


def column(name: str, type_: OracleType, **more: int | bool) -> Column:
    """Describe a column; texts get room for 4000 bytes unless told otherwise."""
    nullable = bool(more.pop("nullable", True))
    kind = ColumnType(type=type_)
    if type_ in (OracleType.VARCHAR2, OracleType.CHAR, OracleType.RAW):
        kind = replace(kind, size=4000, characters=0 if type_ is OracleType.RAW else 4000)
    if type_ is OracleType.NUMBER and "precision" not in more:
        kind = replace(kind, scale=-127)
    return Column(name=name, type=replace(kind, **more), nullable=nullable)  # type: ignore[arg-type]


class ListedRows:
    """Rows of a list, handed out in order."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._next = 0

    def fetch(self, count: int) -> RowBlock:
        rows = self._rows[self._next : self._next + count]
        self._next += len(rows)
        return RowBlock(len(rows), cells=rows)


@dataclass
class ScriptedTable:
    """A table that statements can select from and insert into."""

    columns: tuple[Column, ...]
    rows: list[Row] = field(default_factory=list)

    def selected(self, _: Sequence[Sequence[Bind]]) -> Outcome:
        return Outcome(columns=self.columns, rows=ListedRows(list(self.rows)))

    def inserted(self, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
        self.rows += [[cell(bind.content) for bind in row] for row in bind_rows]
        return Outcome(row_count=len(bind_rows))


@dataclass(repr=False)
class ScriptedDatabase:
    """Answers each statement with what was scripted for it."""

    answers: dict[str, Answer] = field(default_factory=dict)
    tables: dict[str, ScriptedTable] = field(default_factory=dict)
    sessions: list[ScriptedSession] = field(default_factory=list)

    def __repr__(self) -> str:
        return "ScriptedDatabase()"

    def table(self, name: str, *columns: Column, rows: Sequence[Row] = ()) -> ScriptedTable:
        """Make `SELECT * FROM name` and `INSERT INTO name ...` work."""
        made = self.tables[name] = ScriptedTable(columns, list(rows))
        return made

    def query(self, statement: str, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        """Answer a query with rows."""
        self.answers[statement] = lambda _: Outcome(columns=tuple(columns), rows=ListedRows(rows))

    def source(self, statement: str, columns: Sequence[Column], rows: RowSource) -> None:
        """Answer a query from a row source, once."""
        self.answers[statement] = lambda _: Outcome(columns=tuple(columns), rows=rows)

    def password_of(self, user: str) -> str | None:
        return PASSWORD if user == USER.upper() else None

    def open_session(
        self, *, user: str, session_id: int, attributes: dict[str, str]
    ) -> ScriptedSession:
        session = ScriptedSession(self, user, session_id, dict(attributes))
        self.sessions.append(session)
        return session


@dataclass
class ScriptedSession:
    """A session that writes down what it is told."""

    database: ScriptedDatabase
    user: str
    session_id: int
    attributes: dict[str, str | None]
    statements: list[str] = field(default_factory=list)
    commits: int = 0
    rollbacks: int = 0
    closed: threading.Event = field(default_factory=threading.Event)
    interrupted: threading.Event = field(default_factory=threading.Event)
    changes: bool = False
    schemas: set[str] | None = None
    """The schemas there are, None for any."""

    def execute(self, statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
        self.statements.append(statement)
        if answer := self.database.answers.get(statement):
            return answer(bind_rows)
        words = statement.split()
        match words[0].upper():
            case "SELECT" if words[-1] in self.database.tables:
                return self.database.tables[words[-1]].selected(bind_rows)
            case "INSERT" if words[2] in self.database.tables:
                self.changes = True
                return self.database.tables[words[2]].inserted(bind_rows)
            case "SELECT" if words[-1].upper() == "DUAL":
                return echoed(bind_rows[0])
            case "ALTER" | "SET":
                return Outcome()
            case "WAIT":
                self.interrupted.wait(20)
                raise OracleError(1013, "user requested cancel of current operation")
        raise OracleError(942, "table or view does not exist", position=14)

    def describe(self, statement: str) -> tuple[Column, ...] | None:
        return self.execute(statement, [[]]).columns

    def commit(self) -> None:
        self.commits += 1
        self.changes = False

    def rollback(self) -> None:
        self.rollbacks += 1
        self.changes = False

    def in_transaction(self) -> bool:
        return self.changes

    def set_attributes(self, attributes: dict[str, str | None]) -> None:
        schema = attributes.get("current_schema")
        if schema is not None and self.schemas is not None and schema not in self.schemas:
            raise OracleError(1435, "user does not exist")
        self.attributes |= attributes

    def interrupt(self) -> None:
        self.interrupted.set()

    def close(self) -> None:
        self.closed.set()


def echoed(binds: Sequence[Bind]) -> Outcome:
    """Return a row of the binds themselves."""
    columns = tuple(
        column(f"C{index}", bind.type, size=max(bind.size, 1), national=bind.national)
        for index, bind in enumerate(binds, start=1)
    )
    return Outcome(columns=columns, rows=ListedRows([[cell(bind.content) for bind in binds]]))
