"""The port TableSource on a real Oracle."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

import oracledb

from oracle_etl.gateways.oracle import dictionary
from oracle_etl.gateways.oracle.batches import OracleBatches, count_on
from oracle_etl.gateways.oracle.call_watch import CallWatch
from oracle_etl.gateways.oracle.catalogue import Place, listing
from oracle_etl.gateways.oracle.describe import query_columns
from oracle_etl.gateways.oracle.named_errors import named_errors
from oracle_etl.gateways.oracle.server_questions import (
    CAN_HASH,
    DATABASE,
    UNDO_RETENTION,
    WAYS_TO_THE_SCN,
)
from oracle_etl.gateways.oracle.sessions import OracleConnection, Sessions
from oracle_etl.gateways.oracle.statements import (
    Statement,
    count_blocks,
    count_rows,
    sample_blocks,
    try_flashback,
)
from oracle_etl.model.columns import ObjectKind, TableShape
from oracle_etl.model.errors import (
    AccessDenied,
    GiveUp,
    InvalidRequest,
    TableNotFound,
    TransportError,
    UndoGone,
)
from oracle_etl.model.names import TableName
from oracle_etl.model.predicates import check_query
from oracle_etl.model.reading import Reading
from oracle_etl.ports import Page, PageRequest, SourceStatus, TableListing

oracledb.defaults.fetch_decimals = True
oracledb.defaults.fetch_lobs = False

_BLOCKS = "SELECT BLOCKS FROM ALL_TABLES WHERE OWNER=:owner AND TABLE_NAME=:name"
_SAMPLES_OF_A_PART = 16
_LEAST_PERCENT, _FIRST_PERCENT, _MOST_PERCENT = 0.000001, 0.01, 99.0
_GROWTH = 10
_SIZING_PERCENT = 0.01
"""One block of 80 MB: less than that is read by one worker anyway."""
_MOST_SIZING_ROWS = 100_000
"""Some 150 GB of usual rows: a larger table counts as that, and is divided while it is read."""
_MOST_ROWIDS_OF_A_SAMPLE = 20
"""Times as many as wanted; what is beyond is thinned while it comes."""
_READ_ONLY = "SET TRANSACTION READ ONLY"


class OracleTableSource:
    """One Oracle database, read through python-oracledb."""

    def __init__(self, connection: OracleConnection) -> None:
        self._connection = connection
        self._sessions = Sessions(connection)

    def status(self) -> SourceStatus:
        """Test the connection; never raises for what Oracle answers."""
        began = time.monotonic()
        source, mode = self._connection.source, self._connection.mode
        try:
            with self._sessions.session(action="status") as session, named_errors():
                session.ping()
                latency = (time.monotonic() - began) * 1000
                text, national = dictionary.character_sets(querying(session))
                version = session.version
        except TransportError as error:
            return SourceStatus(
                source=source,
                reachable=False,
                mode=mode,
                code=error.code,
                error=error.message,
                hint=error.hint,
            )
        return SourceStatus(
            source=source,
            reachable=True,
            latency_ms=round(latency, 1),
            version=version,
            character_set=text,
            national_character_set=national,
            mode=mode,
            pool=self._sessions.usage,
        )

    def catalogue(
        self, page: PageRequest, *, schema: str | None = None, search: str | None = None
    ) -> Page[TableListing]:
        """Return the tables and views that the account may read, by owner and name."""
        with self._sessions.session(action="catalogue") as session, named_errors():
            shown, last = listing(
                querying(session),
                schema=schema,
                search=search,
                after=_read_token(page.token),
                size=page.size,
            )
        return Page(items=tuple(shown), next_token=None if last is None else _token(last))

    def schema(self) -> str:
        """Return the account's own schema, where unowned names are looked up first."""
        with self._sessions.session(action="catalogue") as session, named_errors():
            return dictionary.current_schema(querying(session))

    def shape(self, table: TableName) -> TableShape:
        """Return what the dictionary says; an unowned name is looked up as Oracle would."""
        hashes = self._hashes_in_database
        with self._sessions.session(action="plan") as session, named_errors():
            shape = dictionary.table_shape(
                table, query=querying(session), hashes_in_database=hashes
            )
            if shape.kind.has_ranges and not shape.estimated_bytes:
                shape = replace(shape, estimated_bytes=_sampled_bytes(session, shape.table))
        return replace(
            shape,
            character_set=self._character_set,
            source_encoding=self._connection.source_encoding or None,
        )

    def query_shape(self, name: str, query: str) -> TableShape:
        """Return the columns of a statement that a transport names; its kind is QUERY."""
        check_query(query, binds=None)
        hashes = self._hashes_in_database
        with (
            self._sessions.session(action="plan") as session,
            named_errors(),
            session.cursor() as cursor,
        ):
            cursor.parse(query)
            columns = query_columns(cursor.description or ())
        return TableShape(
            table=TableName(name=name),
            kind=ObjectKind.QUERY,
            columns=columns,
            character_set=self._character_set,
            source_encoding=self._connection.source_encoding or None,
            hashes_in_database=hashes,
        )

    def database(self) -> str:
        """Return the name that the database has among its clones, and that of its container."""
        with self._sessions.session(action="plan") as session, named_errors():
            [found] = querying(session)(DATABASE)
        return f"{found['UNIQUE_NAME']}/{found['NAME']}"

    def current_scn(self) -> int | None:
        """Return the SCN of now, None where no way to ask is granted."""
        with self._sessions.session(action="scn") as session:
            for way in WAYS_TO_THE_SCN.values():
                scn = _number_or_none(session, Statement(text=way))
                if scn is not None:
                    return scn
        return None

    def can_flash_back(self, table: TableName, scn: int) -> bool:
        """Tell whether the account may read the table at an SCN, by trying.

        Whatever else goes wrong is raised: another moment is never taken for it.
        """
        with self._sessions.session(action="plan") as session:
            try:
                with named_errors():
                    count_on(session, try_flashback(table.quoted, scn))
            except (AccessDenied, TableNotFound):
                return False
        return True

    def count(self, reading: Reading) -> int:
        """Count the rows that the reading would give."""
        with (
            self._sessions.session(
                module=reading.module,
                action=reading.action,
                client_identifier=reading.client_identifier,
            ) as session,
            named_errors(),
        ):
            return count_on(session, count_rows(reading))

    def boundaries(self, reading: Reading, *, parts: int) -> Sequence[str]:
        """Return up to `parts - 1` ROWIDs, in order, that cut the reading into similar parts."""
        with self._sessions.session(action=reading.action) as session, named_errors():
            sampled = _sampled_rowids(session, reading, parts * _SAMPLES_OF_A_PART)
        # The first block starts the first part anyway.
        places = dict.fromkeys(len(sampled) * number // parts for number in range(1, parts))
        return [sampled[place] for place in places if place]

    @contextmanager
    def read(self, reading: Reading, *, batch_bytes: int) -> Iterator[OracleBatches]:
        """Read rows in batches of about `batch_bytes`, each column in its plan's form."""
        seconds = self._connection.call_timeout_seconds
        with (
            self._sessions.session(
                module=reading.module,
                action=reading.action,
                client_identifier=reading.client_identifier,
            ) as session,
            CallWatch(session.cancel, seconds=seconds) as watch,
        ):
            with watch.call(), named_errors(), session.cursor() as cursor:
                cursor.execute(_READ_ONLY)
            yield OracleBatches(
                session,
                reading,
                watch=watch,
                batch_bytes=batch_bytes,
                fetch_rows=self._connection.fetch_rows,
            )

    def undo_retention_seconds(self) -> int | None:
        """Return how far undo is meant to reach, None where the account may not ask."""
        with self._sessions.session(action="plan") as session:
            return _number_or_none(session, Statement(text=UNDO_RETENTION))

    def close(self) -> None:
        """Close every connection."""
        self._sessions.close()

    @cached_property
    def _character_set(self) -> str:
        with self._sessions.session(action="plan") as session, named_errors():
            text, _ = dictionary.character_sets(querying(session))
        return text

    @cached_property
    def _hashes_in_database(self) -> bool:
        with self._sessions.session(action="plan") as session, named_errors():
            try:
                querying(session)(CAN_HASH)
            except oracledb.DatabaseError as error:
                if error.args[0].is_session_dead:
                    raise
                return False
        return True


def querying(session: oracledb.Connection) -> dictionary.Query:
    """Return what asks a session's dictionary."""

    def query(text: str, **binds: object) -> Sequence[Mapping[str, Any]]:
        with session.cursor() as cursor:
            cursor.execute(text, binds)
            names = [info.name for info in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return query


def _number_or_none(session: oracledb.Connection, statement: Statement) -> int | None:
    """Return a statement's number, None where the account may not ask for it."""
    try:
        with named_errors():
            return count_on(session, statement)
    except (UndoGone, GiveUp):
        return None


def _sampled_bytes(session: oracledb.Connection, table: TableName) -> int | None:
    """Return about how large a table without statistics is at least, None for a small one."""
    statement = count_blocks(table.quoted, percent=_SIZING_PERCENT, most_rows=_MOST_SIZING_ROWS)
    blocks = _number_or_none(session, statement)
    return round(blocks * 100 / _SIZING_PERCENT * dictionary.BLOCK_BYTES) if blocks else None


def _sampled_rowids(session: oracledb.Connection, reading: Reading, wanted: int) -> list[str]:
    """Return ROWIDs, in order, for about so many blocks; of every block where there are few.

    The share of blocks begins with what the statistics suggest, or small where there are none, and
    grows until it gives enough: so each question gives ten times as many at the most, unless the
    statistics are from a time when the table was much smaller.
    """
    table = reading.table
    blocks = querying(session)(_BLOCKS, owner=table.owner, name=table.name)
    known = blocks[0]["BLOCKS"] if blocks else None
    percent = _FIRST_PERCENT if not known else 100.0 * wanted / int(known)
    most = wanted * _MOST_ROWIDS_OF_A_SAMPLE
    while percent < _MOST_PERCENT:
        statement = sample_blocks(reading, percent=max(percent, _LEAST_PERCENT))
        found = _rowids(session, statement, most=most)
        if len(found) >= wanted // 2:
            return found
        percent *= _GROWTH
    return _rowids(session, sample_blocks(reading, percent=None), most=most)


def _rowids(session: oracledb.Connection, statement: Statement, *, most: int) -> list[str]:
    """Return the ROWIDs that a statement gives; every second one, fourth one, ... of too many."""
    found: list[str] = []
    step = 1
    with session.cursor() as cursor:
        cursor.execute(statement.text, statement.binds)
        for number, (rowid,) in enumerate(cursor):
            if number % step == 0:
                found.append(rowid)
            if len(found) > most:
                found, step = found[::2], step * 2
    return found


def _token(place: Place) -> str:
    return urlsafe_b64encode("\0".join(place).encode()).decode()


def _read_token(token: str | None) -> Place | None:
    if token is None:
        return None
    try:
        owner, name = urlsafe_b64decode(token.encode()).decode().split("\0")
    except ValueError:
        raise InvalidRequest("the page token is not one of ours", hint="ask without it") from None
    return owner, name
