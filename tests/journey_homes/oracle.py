"""An Oracle for journeys: a stand-in that speaks the real wire protocol, in the tests' process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import oracledb

from oracle_standin.engine.database import OracleDatabase
from oracle_standin.engine.storage.tables import Table
from oracle_standin.faults import FaultBook, Rule
from oracle_standin.server import Server, running

USER, PASSWORD = "SHOP", "shop"


class CountingDatabase(OracleDatabase):
    """Counts how often somebody tried to log in, well or not."""

    def __init__(self) -> None:
        super().__init__()
        self._counting = Lock()
        self.logins = 0

    def password_of(self, user: str) -> str | None:
        """Count a login, and return the user's password."""
        with self._counting:
            self.logins += 1
        return super().password_of(user)


class Oracle:
    """Where it answers, what it holds, and what shall go wrong with it."""

    def __init__(self, server: Server, database: CountingDatabase) -> None:
        self._server = server
        self._database = database

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings by which the system finds it."""
        return {
            "ORACLE_DSN": self._server.dsn,
            "ORACLE_USERNAME": USER,
            "ORACLE_PASSWORD": PASSWORD,
        }

    @property
    def logins(self) -> int:
        """How many logins were tried."""
        return self._database.logins

    @property
    def faults(self) -> FaultBook:
        """What goes wrong."""
        return self._server.faults

    @contextmanager
    def going_wrong(self, *rules: Rule) -> Iterator[None]:
        """Let things go wrong while the block runs."""
        for rule in rules:
            self.faults.add(rule)
        try:
            yield
        finally:
            self.faults.clear()

    @contextmanager
    def session(self) -> Iterator[oracledb.Connection]:
        """Log in, as an application would."""
        with oracledb.connect(user=USER, password=PASSWORD, dsn=self._server.dsn) as connection:
            yield connection

    def execute(self, *statements: str) -> None:
        """Run statements and commit."""
        with self.session() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def make_table(self, name: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        """Create a table, fill it, and gather its statistics, from which parts are planned."""
        held = [tuple(row) for row in rows]
        with self.session() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {name} ({columns})")
            if held:
                binds = ",".join(f":{number}" for number in range(1, len(held[0]) + 1))
                cursor.executemany(f"INSERT INTO {name} VALUES ({binds})", held)
            connection.commit()
        self.analyse(name)

    @contextmanager
    def keeping_undo_for(self, seconds: int) -> Iterator[None]:
        """Have UNDO_RETENTION, which the account may look up, set while the block runs."""
        self._database.grant(USER, "SELECT", "SYS", "V_$PARAMETER")
        usual = self._database.undo_retention_seconds
        self._database.undo_retention_seconds = seconds
        try:
            yield
        finally:
            self._database.undo_retention_seconds = usual

    def analyse(self, name: str) -> None:
        """Gather a table's statistics, as Oracle does every night."""
        table = self._database.catalog.find(USER, name)
        assert isinstance(table, Table)
        self._database.analyse(table)


@contextmanager
def an_oracle() -> Iterator[Oracle]:
    """Run an Oracle with one account and no table."""
    database = CountingDatabase()
    database.create_user(USER, PASSWORD)
    with running(database) as server:
        yield Oracle(server, database)
