"""A session: its settings, its transaction, and the statements it runs."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from oracle_standin.engine.catalog import Catalog
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import Execution
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.outgoing import Cursor
from oracle_standin.engine.parsing.places import placed
from oracle_standin.engine.settings import Settings
from oracle_standin.engine.statements import (
    changes,
    controls,
    definitions,
    grants,
    procedures,
    questions,
)
from oracle_standin.engine.storage.blocks import Row, Snapshot
from oracle_standin.engine.storage.temporary import TemporaryRows
from oracle_standin.engine.storage.transactions import RowHeld, Transaction
from oracle_standin.port import Bind, Column, ColumnType, OracleError, Outcome

if TYPE_CHECKING:
    from oracle_standin.engine.database import OracleDatabase

KNOWN_TO_ORACLE = {"MERGE", "EXPLAIN", "FLASHBACK", "AUDIT", "NOAUDIT", "DISASSOCIATE", "ASSOCIATE"}
FIRST_WORD = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*([A-Za-z]+)", re.DOTALL)
DBA = "DBA"

Runner = Callable[["Session", str, Sequence[Sequence[Bind]]], Outcome]

RUNNERS: dict[str, Runner] = {
    "SELECT": questions.run,
    "WITH": questions.run,
    "INSERT": changes.run,
    "UPDATE": changes.run,
    "DELETE": changes.run,
    "CREATE": definitions.run,
    "DROP": definitions.run,
    "TRUNCATE": definitions.run,
    "COMMENT": definitions.run,
    "RENAME": definitions.run,
    "PURGE": definitions.run,
    "ALTER": definitions.run,
    "ANALYZE": definitions.run,
    "GRANT": grants.run,
    "REVOKE": grants.run,
    "COMMIT": controls.run,
    "ROLLBACK": controls.run,
    "SAVEPOINT": controls.run,
    "SET": controls.run,
    "LOCK": controls.run,
    "BEGIN": procedures.run,
    "DECLARE": procedures.run,
    "CALL": procedures.run,
}


class Session:
    """One logged-in session."""

    def __init__(
        self,
        database: OracleDatabase,
        *,
        user: str,
        session_id: int,
        attributes: dict[str, str],
    ) -> None:
        self.database = database
        self.user = user
        self.schema = user
        self.session_id = session_id
        self.attributes: dict[str, str | None] = dict(attributes)
        self.settings = Settings(charset=database.charset)
        self.transaction: Transaction | None = None
        self.read_only: Snapshot | None = None
        self.logged_in = database.clock.now()
        self.output: list[str] = []
        self.temporary = TemporaryRows(database.extents)
        self._sequence_values: dict[tuple[str, str], int] = {}
        self._interrupted = threading.Event()

    @property
    def catalog(self) -> Catalog:
        """The database's catalogue."""
        return self.database.catalog

    def execute(self, statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
        """Run one statement, once for each row of binds."""
        self._interrupted.clear()
        statement = self.settings.received(statement)
        found = FIRST_WORD.match(statement)
        runner = RUNNERS.get(found[1].upper()) if found else None
        if runner is None:
            raise _unknown(found[1].upper() if found else "")
        try:
            return runner(self, statement, bind_rows)
        except OracleError as error:
            raise placed(error, statement) from None

    def describe(self, statement: str) -> tuple[Column, ...] | None:
        """Return a query's columns without running it."""
        found = FIRST_WORD.match(statement)
        word = found[1].upper() if found else ""
        if RUNNERS.get(word) is questions.run:
            try:
                return questions.described(self, statement)
            except OracleError as error:
                raise placed(error, statement) from None
        if word not in RUNNERS:
            raise ora(900)
        return None

    def commit(self) -> None:
        """End the transaction and make its changes visible."""
        self.read_only = None
        transaction, self.transaction = self.transaction, None
        if transaction is not None:
            self.database.commit(transaction)
        self.temporary.end_transaction()

    def rollback(self) -> None:
        """End the transaction and forget its changes."""
        self.read_only = None
        transaction, self.transaction = self.transaction, None
        if transaction is not None:
            with self.database.writing:
                transaction.rollback()
        self.temporary.end_transaction()

    def in_transaction(self) -> bool:
        """Tell whether changes wait for a commit."""
        return self.transaction is not None and bool(self.transaction.changes)

    def set_attributes(self, attributes: dict[str, str | None]) -> None:
        """Note what was sent beside a call."""
        for name, value in attributes.items():
            if name == "current_schema" and value:
                self.set_schema(value)
            else:
                self.attributes[name] = value

    def set_schema(self, name: str) -> None:
        """Resolve names without an owner in another user's schema."""
        if name not in self.catalog.users:
            raise ora(1435)
        self.schema = name

    def interrupt(self) -> None:
        """Make a running execute or fetch raise ORA-01013 soon."""
        self._interrupted.set()

    def interrupted(self) -> None:
        """Raise ORA-01013 where somebody has asked for it."""
        if self._interrupted.is_set():
            self._interrupted.clear()
            raise ora(1013)

    def close(self) -> None:
        """Roll back and leave."""
        self.rollback()
        self.database.left(self)

    def may(self, privilege: str, owner: str, name: str) -> bool:
        """Tell whether the user has a privilege on an object."""
        return self.has(DBA) or self.catalog.may(self.user, privilege, owner, name)

    def has(self, privilege: str) -> bool:
        """Tell whether the user has a system privilege or a role."""
        account = self.catalog.user(self.user)
        return bool({privilege, DBA} & (account.privileges | account.roles))

    def sees(self, owner: str, name: str) -> bool:
        """Tell whether the user has any privilege on an object."""
        return any(
            self.may(privilege, owner, name)
            for privilege in ("SELECT", "READ", "INSERT", "UPDATE", "DELETE", "FLASHBACK")
        )

    def as_owner(self, owner: str) -> Session:
        """Return the session as it would resolve names for another user's view."""
        seen = copy.copy(self)
        seen.user = seen.schema = owner
        return seen

    def snapshot(self) -> Snapshot:
        """Return what a statement that starts now sees."""
        if self.read_only is not None:
            return self.read_only
        return Snapshot(
            scn=self.database.history.current,
            transaction=self.transaction,
            order=self.transaction.order if self.transaction else 0,
        )

    def plan_key(self, statement: str, types: tuple[ColumnType, ...]) -> tuple[object, ...]:
        """Return what a compiled statement depends on; with temporary tables it is this session."""
        catalog = self.catalog
        apart = (self.temporary.number, self.temporary.generation) if catalog.has_temporary else ()
        return (statement, types, self.user, self.schema, catalog.version, *apart)

    def begun(self) -> Transaction:
        """Return the open transaction, a new one where there is none."""
        if self.read_only is not None:
            raise ora(1456)
        if self.transaction is None:
            self.transaction = Transaction()
        return self.transaction

    def execution(self, binds: Sequence[Value], snapshot: Snapshot | None = None) -> Execution:
        """Return the run of a statement that starts now."""
        return Execution(
            session=self,
            binds=tuple(binds),
            snapshot=snapshot or self.snapshot(),
            settings=self.current_settings(),
        )

    def current_settings(self) -> Settings:
        """Return the settings as of now."""
        settings = self.settings
        return Settings(
            nls=settings.nls,
            time_zone=settings.time_zone,
            charset=settings.charset,
            now=self.database.clock.now(),
        )

    def cursor(self, batches: Iterator[list[Row]], columns: tuple[Column, ...]) -> Cursor:
        """Return the rows of an open query as they go out."""
        return Cursor(batches, columns, self.settings, check=self.interrupted)

    def changing(self, work: Callable[[Transaction], int], *, seconds: float | None = None) -> int:
        """Run a change of rows whole or not at all, waiting for rows that others hold."""
        most = self.database.lock_wait_seconds if seconds is None else seconds
        while True:
            transaction = self.begun()
            try:
                with self.database.writing:
                    mark = transaction.mark()
                    try:
                        return work(transaction)
                    except BaseException:
                        transaction.back_to(mark)
                        raise
            except RowHeld as held:
                transaction.wait_for(held.holder, seconds=most)

    def next_value(self, owner: str, name: str) -> int:
        """Take a sequence's next value."""
        value = self.database.advance(owner, name)
        self._sequence_values[owner, name] = value
        return value

    def last_value(self, owner: str, name: str) -> int:
        """Return the value taken last; ORA-08002 where none was."""
        if (owner, name) not in self._sequence_values:
            raise ora(8002, name)
        return self._sequence_values[owner, name]


def _unknown(word: str) -> OracleError:
    """Return the error of a statement that is not run: ORA-00900 where Oracle has none such."""
    return not_done_here(word) if word in KNOWN_TO_ORACLE else ora(900)
