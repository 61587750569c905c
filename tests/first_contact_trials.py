"""First contacts with a stand-in, as tests make them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass

from oracle_at_hand import OracleAtHand, stand_in
from oracle_etl.flow.first_contact import FirstContact, TypeVerdict, WayVerdict, make_first_contact
from oracle_etl.gateways.oracle import OracleConnection, OracleScratchSchema, OracleTableSource
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.names import TableName
from oracle_etl.ports import ScratchSchema, ServerFacts, TableSource
from oracle_standin.engine.database import OracleDatabase
from oracle_standin.faults import FaultBook
from oracle_standin.server import RELEASES

DIALECTS = {"11.2": "19c", "19c": "19c", "23ai": "23ai"}
"""The release of the database, and the framing that it is served with: thin mode knows no 11.2."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A source, and the schema of its account."""

    source: TableSource
    scratch: ScratchSchema

    def contact(self, *, seed: int = 1, scratch: ScratchSchema | None = None) -> FirstContact:
        """Try everything."""
        return make_first_contact(
            source=self.source,
            scratch=scratch or self.scratch,
            randomness="0123456789abcdef",
            seed=seed,
        )


@contextmanager
def opened(oracle: OracleAtHand) -> Iterator[Opened]:
    """Open a source and its account's schema while the block runs."""
    connection = OracleConnection(
        dsn=oracle.dsn,
        user=oracle.user,
        password=lambda: oracle.password,
        connect_timeout_seconds=5.0,
    )
    schema = OracleScratchSchema(connection, clock=SystemClock())
    with closing(OracleTableSource(connection)) as source, closing(schema) as scratch:
        yield Opened(source=source, scratch=scratch)


def a_database(dialect: str) -> OracleDatabase:
    """Return an empty database of a release."""
    return OracleDatabase(release=RELEASES[dialect])


def served(
    dialect: str, database: OracleDatabase | None = None, *, faults: FaultBook | None = None
) -> AbstractContextManager[tuple[OracleAtHand, OracleDatabase]]:
    """Serve a database of a release while the block runs."""
    return stand_in(database or a_database(dialect), profile=DIALECTS[dialect], faults=faults)


class AlteringSchema:
    """A schema in which something else is stored than what was put in."""

    def __init__(
        self,
        real: ScratchSchema,
        alter: Callable[[Sequence[str]], Sequence[str] | None],
    ) -> None:
        self._real = real
        self._alter = alter

    def facts(self) -> ServerFacts:
        return self._real.facts()

    def table(self, name: str, columns: str) -> AbstractContextManager[TableName]:
        return self._real.table(name, columns)

    def insert(self, table: TableName, expressions: Sequence[str]) -> None:
        altered = self._alter(expressions)
        if altered is not None:
            self._real.insert(table, altered)

    def close(self) -> None:
        self._real.close()


def verdict(contact: FirstContact, type_: str) -> TypeVerdict:
    """Return what became of a type."""
    [found] = [each for each in contact.types if each.type == type_]
    return found


def way(contact: FirstContact, what: str) -> WayVerdict:
    """Return what became of a way."""
    [found] = [each for each in contact.ways if each.what == what]
    return found


def tables_left(oracle: OracleAtHand) -> list[str]:
    """Return the tables in the account's schema."""
    with oracle.session() as session, session.cursor() as cursor:
        cursor.execute("SELECT TABLE_NAME FROM USER_TABLES")
        return [row[0] for row in cursor]
