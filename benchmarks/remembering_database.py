"""A database for whole jobs that costs little: rows are replayed, the dictionary is remembered.

The stand-in's engine answers what it is asked of the dictionary once; its answers to the same
questions come from memory, as from a server whose cost is not to be measured.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.cases import Case
from benchmarks.replay_cells import PASSWORD, USER
from benchmarks.replay_database import OneBlock, Replayed, ReplaySession, reads_rows
from oracle_standin.engine.database import OracleDatabase
from oracle_standin.port import Bind, Cell, Column, DatabaseSession, Outcome, RowSource

_DICTIONARY = ("FROM ALL_", "FROM NLS_DATABASE_PARAMETERS")
_FETCHED_AT_ONCE = 1000
Asked = tuple[str, tuple[bytes | None, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """An answer: its columns and all of its rows."""

    columns: tuple[Column, ...] | None
    rows: tuple[Sequence[Cell], ...]

    @property
    def outcome(self) -> Outcome:
        """The answer, to be sent."""
        return Outcome(columns=self.columns, rows=OneBlock(self.rows))


class RememberingDatabase:
    """The tables of some cases; a case of many tables has as many names for the same rows."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self._engine = OracleDatabase()
        self._engine.create_user(USER, PASSWORD)
        self._tables = {case.name.upper(): Replayed.of(case) for case in cases}
        for case in cases:
            for number in range(case.tables):
                name = case.name.upper()
                self._engine.hold(USER, f"{name}_{number}", self._tables[name].table)
        self._memory: dict[Asked, Remembered] = {}
        self._lock = threading.Lock()

    def password_of(self, user: str) -> str | None:
        """Return the password of the only user."""
        return self._engine.password_of(user)

    def open_session(
        self, *, user: str, session_id: int, attributes: dict[str, str]
    ) -> DatabaseSession:
        """Open a session."""
        engine = self._engine.open_session(user=user, session_id=session_id, attributes=attributes)
        return _Session(engine, ReplaySession(self._tables), self)

    def remembered(self, asked: Asked, session: DatabaseSession, binds: Sequence[Bind]) -> Outcome:
        """Return the answer to a question to the dictionary, from memory where it is known."""
        with self._lock:
            known = self._memory.get(asked)
            if known is None:
                answer = session.execute(asked[0], [binds] if binds else [])
                assert answer.rows is not None, "only queries ask the dictionary"
                known = Remembered(columns=answer.columns, rows=tuple(_all_of(answer.rows)))
                self._memory[asked] = known
        return known.outcome


def _all_of(rows: RowSource) -> list[Sequence[Cell]]:
    found: list[Sequence[Cell]] = []
    while True:
        block = rows.fetch(_FETCHED_AT_ONCE)
        found += block.cells
        if block.count < _FETCHED_AT_ONCE:
            return found


class _Session:
    """A session of the engine that is spared what can be answered without it."""

    def __init__(
        self, engine: DatabaseSession, replay: ReplaySession, database: RememberingDatabase
    ) -> None:
        self._engine = engine
        self._replay = replay
        self._database = database
        self.commit = engine.commit
        self.rollback = engine.rollback
        self.in_transaction = engine.in_transaction
        self.set_attributes = engine.set_attributes
        self.close = engine.close

    def execute(self, statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
        """Replay rows, remember the dictionary, leave the rest to the engine."""
        if reads_rows(statement):
            return self._replay.execute(statement, bind_rows)
        if any(each in statement for each in _DICTIONARY):
            binds = bind_rows[0] if bind_rows else ()
            asked = (statement, tuple(each.content for each in binds))
            return self._database.remembered(asked, self._engine, binds)
        return self._engine.execute(statement, bind_rows)

    def describe(self, statement: str) -> tuple[Column, ...] | None:
        """Return a query's columns."""
        chosen = self._replay if reads_rows(statement) else self._engine
        return chosen.describe(statement)
