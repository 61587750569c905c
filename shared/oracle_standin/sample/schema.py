"""The sample schema as a whole: its statements run, its tables filled and counted."""

from __future__ import annotations

import random

from oracle_standin.engine.database import OracleDatabase
from oracle_standin.engine.session import Session
from oracle_standin.engine.storage.tables import Table
from oracle_standin.sample.cells import CellMaker
from oracle_standin.sample.events import DESCRIBED_BY, EVENT_ROWS, events
from oracle_standin.sample.statements import EVERY_TYPE_ROWS, STATEMENTS
from oracle_standin.sample.trading_house import ROWS
from oracle_standin.sample.wide_table import wide_rows, wide_statement

USER = "SCOTT"
PASSWORD = "tiger"
SEED = 20260101


def sample_database(*, release: int = 23, event_rows: int = EVENT_ROWS) -> OracleDatabase:
    """Return a database with the sample schema, owned by SCOTT."""
    database = OracleDatabase(release=release)
    database.create_user(USER, PASSWORD)
    fill(database, event_rows=event_rows)
    return database


def fill(database: OracleDatabase, *, event_rows: int = EVENT_ROWS) -> None:
    """Put the sample schema into a database that has the user SCOTT."""
    session = database.open_session(user=USER, session_id=1, attributes={})
    _run(session, STATEMENTS)
    session.execute(wide_statement(), ())
    make = CellMaker(choose=random.Random(SEED))
    for name, rows in ROWS.items():
        table = _table(database, name)
        database.load(table, rows(make, [column.type for column in table.columns]))
    wide = _table(database, "VBRP")
    database.load(wide, wide_rows([column.type for column in wide.columns]))
    _run(session, EVERY_TYPE_ROWS)
    session.commit()
    columns = session.describe(DESCRIBED_BY)
    if columns is None:
        raise TypeError("a SELECT describes columns")
    database.hold(USER, "EVENTS", events(columns, rows=event_rows))
    for table in database.catalog.tables():
        database.analyse(table)
    session.close()


def _run(session: Session, statements: tuple[tuple[str, int], ...]) -> None:
    for statement, release in statements:
        if session.database.release >= release:
            session.execute(statement, ())


def _table(database: OracleDatabase, name: str) -> Table:
    found = database.catalog.find(USER, name)
    if not isinstance(found, Table):
        raise TypeError(f"{name} is no table")
    return found
