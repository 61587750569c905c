"""The port ScratchSchema: tables of ours in the account's own schema, removed again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import oracledb

from oracle_etl.gateways.oracle import dictionary
from oracle_etl.gateways.oracle.named_errors import named_errors
from oracle_etl.gateways.oracle.server_questions import CLOCK, PRIVILEGES, SHOWN, TRIED
from oracle_etl.gateways.oracle.sessions import OracleConnection, Sessions
from oracle_etl.gateways.oracle.source import querying
from oracle_etl.model.errors import SourceAway, TableLeft, TransportError, TryAgain
from oracle_etl.model.names import TableName
from oracle_etl.model.oracle_codes import code_of
from oracle_etl.ports import Clock, ServerFacts

_ACTION = "first contact"
_ANSWERED = "answered"
_ACCOUNT = "SELECT SYS_CONTEXT('USERENV','SESSION_USER') AS NAME FROM DUAL"
"""The current schema may be another's: a logon trigger sets it."""
_PLAIN = re.compile(r"[\w .:+/-]{1,40}\Z")
"""What an answer may look like to be shown; nothing that names a host or a person does."""


class OracleScratchSchema:
    """The schema of the account that a source logs in as."""

    def __init__(self, connection: OracleConnection, *, clock: Clock) -> None:
        self._clock = clock
        self._connection = connection
        self._sessions = Sessions(connection)

    def facts(self) -> ServerFacts:
        """Ask the server about itself; this changes nothing."""
        with self._sessions.session(action=_ACTION) as session, named_errors():
            query = querying(session)
            text, national = dictionary.character_sets(query)
            answers, refusals = _answers(query)
            return ServerFacts(
                release=session.version,
                driver=self._driver(),
                character_set=text,
                national_character_set=national,
                clock_ahead_seconds=round(self._clock_ahead(query) / timedelta(seconds=1), 3),
                answers=answers,
                refusals=refusals,
                privileges=frozenset(row["PRIVILEGE"] for row in query(PRIVILEGES)),
            )

    @contextmanager
    def table(self, name: str, columns: str) -> Iterator[TableName]:
        """Make a new table for as long as the block runs; GiveUp where the name is taken."""
        with self._sessions.session(action=_ACTION) as session, named_errors():
            owner = str(querying(session)(_ACCOUNT)[0]["NAME"])
        table = TableName(owner=owner, name=name)
        self._make(table, columns)
        try:
            yield table
        finally:
            self._drop(table)

    def insert(self, table: TableName, expressions: Sequence[str]) -> None:
        """Insert and commit a row of SQL expressions."""
        self._run(f"INSERT INTO {table.quoted} VALUES ({','.join(expressions)})")  # noqa: S608  a quoted name and expressions of ours

    def close(self) -> None:
        """Close every connection."""
        self._sessions.close()

    def _make(self, table: TableName, columns: str) -> None:
        try:
            # Without OR REPLACE and the like: a table of this name that is there already stays.
            self._run(f"CREATE TABLE {table.quoted} ({columns})")
        except TryAgain as error:
            # Only what was made is dropped, and whether this was is not known.
            raise _left(table, "making", error) from error

    def _drop(self, table: TableName) -> None:
        try:
            self._run(_drop_statement(table))
        except TransportError as error:
            raise _left(table, "dropping", error) from error

    def _run(self, statement: str) -> None:
        with self._sessions.session(action=_ACTION) as session, named_errors():
            with session.cursor() as cursor:
                cursor.execute(statement)
            session.commit()

    def _clock_ahead(self, query: dictionary.Query) -> timedelta:
        """Return how far the server's clock is before ours, in the middle of the question."""
        before = self._clock.now()
        told = datetime.fromisoformat(str(query(CLOCK)[0]["NOW"])).replace(tzinfo=UTC)
        after = self._clock.now()
        return told - (before + (after - before) / 2)

    def _driver(self) -> str:
        thin = oracledb.is_thin_mode()
        client = "" if thin else f", client {'.'.join(map(str, oracledb.clientversion()))}"
        return f"python-oracledb {oracledb.__version__}, {self._connection.mode}{client}"


def _drop_statement(table: TableName) -> str:
    return f"DROP TABLE {table.quoted} PURGE"


def _left(table: TableName, doing: str, error: TransportError) -> TableLeft:
    # Of a call that was broken off nobody can tell what became of it.
    stays = "may be" if isinstance(error, TryAgain) else "is"
    return TableLeft(
        f"{table} {stays} left in the schema: {doing} it ended with {code_of(error)}",
        hint=f"run this: {_drop_statement(table)}",
        details={"table": table.name},
    )


def _answers(query: dictionary.Query) -> tuple[dict[str, str], dict[str, str]]:
    """Return the answers that may be shown, and the codes of what was refused."""
    answers: dict[str, str] = {}
    refusals: dict[str, str] = {}
    for name, question in {**SHOWN, **TRIED}.items():
        try:
            answer = _answer(query, question)
        except SourceAway:
            raise
        except TransportError as error:
            refusals[name] = code_of(error)
        else:
            answers[name] = answer if name in SHOWN and _PLAIN.match(answer) else _ANSWERED
    return answers, refusals


def _answer(query: dictionary.Query, question: str) -> str:
    with named_errors():
        rows = query(question)
    return str(next(iter(rows[0].values()))) if rows else ""
