"""The stand-in's database, as the wire sees it."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from oracle_standin.engine import instants
from oracle_standin.engine.catalog import (
    ADMINISTRATOR,
    ORDINARY,
    PUBLIC,
    Catalog,
    Sequence,
    User,
)
from oracle_standin.engine.clock import Clock, SystemClock
from oracle_standin.engine.dictionary.views import Dictionary
from oracle_standin.engine.errors import ora
from oracle_standin.engine.history import History
from oracle_standin.engine.session import Session
from oracle_standin.engine.statements.create_table import declared_as
from oracle_standin.engine.statements.plans import Plans
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.engine.storage.segments import Extents
from oracle_standin.engine.storage.stored import StoredSegment
from oracle_standin.engine.storage.tables import (
    Constraint,
    KeyKind,
    Partition,
    Policy,
    Statistics,
    Table,
    TableColumn,
)
from oracle_standin.engine.storage.transactions import Transaction
from oracle_standin.port import StoredTable
from oracle_standin.values.text import AL32UTF8, CharacterSet

RELEASES = {
    11: "11.2.0.4.0",
    12: "12.2.0.1.0",
    19: "19.3.0.0.0",
    21: "21.3.0.0.0",
    23: "23.6.0.24.10",
}
UNDO_RETENTION_SECONDS = 900
UNDO_LOOKS = 10
"""How often within its retention undo is looked through."""


class OracleDatabase:
    """Users, objects, versions of rows, and the sessions that read and change them."""

    def __init__(
        self,
        *,
        name: str = "FREE",
        service: str = "FREEPDB1",
        release: int = 23,
        charset: CharacterSet = AL32UTF8,
        clock: Clock | None = None,
        lock_wait_seconds: float = 60,
    ) -> None:
        self.name = name
        self.service = service
        self.release = release
        self.version = RELEASES[release]
        self.charset = charset
        self.clock = clock or SystemClock()
        self.lock_wait_seconds = lock_wait_seconds
        self.undo_retention_seconds = UNDO_RETENTION_SECONDS
        self.created = self._undo_looked_at = self.clock.now()
        self.history = History(self.clock)
        self.catalog = Catalog()
        self.extents = Extents()
        self.plans = Plans()
        self.dictionary = Dictionary()
        self.writing = threading.RLock()
        """Held by whoever changes rows or definitions; nobody holds it to read."""
        self.sessions: list[Session] = []
        for user in ("SYS", "SYSTEM"):
            self._add_user(user, "manager", set(ADMINISTRATOR), {"DBA"})
        self._add_user(PUBLIC, "", set(), set())

    def password_of(self, user: str) -> str | None:
        """Return the password of a user, None where there is none."""
        account = self.catalog.users.get(user)
        return None if account is None or user == PUBLIC else account.password

    def open_session(self, *, user: str, session_id: int, attributes: dict[str, str]) -> Session:
        """Open a session; ORA-01045 where the user may not log in."""
        account = self.catalog.users.get(user)
        if account is None:
            raise ora(1017)
        if "CREATE SESSION" not in account.privileges:
            raise ora(1045, user)
        session = Session(self, user=user, session_id=session_id, attributes=attributes)
        with self.writing:
            self.sessions.append(session)
        return session

    def left(self, session: Session) -> None:
        """Forget a session that has left."""
        with self.writing:
            if session in self.sessions:
                self.sessions.remove(session)

    def create_user(self, name: str, password: str, *, grants: Iterable[str] = ()) -> User:
        """Make a user with the privileges of a developer, and the system privileges named."""
        return self._add_user(name, password, set(ORDINARY) | set(grants), set())

    def _add_user(self, name: str, password: str, privileges: set[str], roles: set[str]) -> User:
        user = User(
            name=name,
            password=password,
            number=self.catalog.next_number(),
            privileges=privileges,
            roles=roles,
            created=self.clock.now(),
        )
        self.catalog.users[name] = user
        return user

    def grant(self, user: str, privilege: str, owner: str, name: str) -> None:
        """Give a user a privilege on an object."""
        self.catalog.user(user).grants.add((privilege, owner, name))
        self.catalog.version += 1

    def add_policy(self, owner: str, table: str, *, name: str, condition: str) -> None:
        """Put a row-level policy on a table."""
        found = self.catalog.find(owner, table)
        if not isinstance(found, Table):
            raise ora(942)
        found.policies.append(Policy(name=name, function=f"{name}_FN", condition=condition))
        self.catalog.version += 1

    def commit(self, transaction: Transaction) -> None:
        """Make a transaction's changes part of the state, under one new SCN."""
        with self.writing:
            if transaction.changes:
                transaction.commit(self.history.next_scn())
                self.history.advance()
            else:
                transaction.commit(self.history.current)
            self._outlive_undo()

    def load(self, table: Table, rows: Iterable[Row]) -> None:
        """Put rows into a table as if by a direct load, committed at once."""
        with self.writing:
            scn = self.history.next_scn()
            if table.routing is None:
                table.partitions[0].segment.load(rows, scn)
            else:
                for row in rows:
                    table.routing(row).segment.load([row], scn)
            for index in table.key_indexes():
                index.fill(table)
            self.history.advance()

    def hold(self, owner: str, name: str, stored: StoredTable, *, key: Iterable[str] = ()) -> Table:
        """Put a table into the catalogue whose rows somebody else keeps."""
        with self.writing:
            number = self.catalog.next_number()
            segment = StoredSegment(number, self.extents, stored)
            now = self.clock.now()
            table = Table(
                owner=owner,
                name=name,
                number=number,
                columns=tuple(
                    TableColumn(name=one.name, declared=declared_as(one), nullable=one.nullable)
                    for one in stored.columns
                ),
                partitions=[Partition(name=name, number=number, segment=segment)],
                created=now,
                changed_at=now,
            )
            if key:
                constraint = Constraint(name=f"{name}_PK", kind=KeyKind.PRIMARY, columns=tuple(key))
                table.constraints.append(constraint)
            self.catalog.add(table)
            table.changed_scn = self.history.advance()
            return table

    def _outlive_undo(self) -> None:
        """Throw undo away that is older than the retention, now and then."""
        kept = self.undo_retention_seconds * instants.SECOND
        now = self.clock.now()
        if now - self._undo_looked_at < kept // UNDO_LOOKS:
            return
        self._undo_looked_at = now
        if now - kept > self.created:
            self._drop_undo(self.history.scn_at(now - kept))

    def _drop_undo(self, scn: int) -> None:
        for table in self.catalog.tables():
            for segment in table.segments():
                segment.forget(scn)

    def forget_undo(self, before_scn: int | None = None) -> None:
        """Throw undo away up to an SCN: reading further back fails with ORA-01555 or 08180."""
        scn = self.history.current if before_scn is None else before_scn
        with self.writing:
            self._drop_undo(scn)
            self.history.forget_before(scn)

    def analyse(self, table: Table) -> None:
        """Gather a table's statistics."""
        rows = table.row_count()
        lobs = table.lobs()
        size = sum(segment.row_bytes(lobs) for segment in table.segments())
        table.statistics = Statistics(
            rows=rows,
            blocks=sum(segment.block_count() for segment in table.segments()),
            average_row=size // rows if rows else 0,
            sample=rows,
            analysed=self.clock.now(),
        )

    def sequence(self, owner: str, name: str) -> Sequence:
        """Return a sequence; ORA-02289 where there is none."""
        found = self.catalog.resolve(owner, name, qualified=False)
        if not isinstance(found, Sequence):
            raise ora(2289)
        return found

    def advance(self, owner: str, name: str) -> int:
        """Take a sequence's next value."""
        sequence = self.sequence(owner, name)
        with self.writing:
            return sequence.advance()
