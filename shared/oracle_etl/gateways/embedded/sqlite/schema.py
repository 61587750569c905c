"""The tables of the state file, and how an older file becomes one of this release."""

from __future__ import annotations

import sqlite3

from oracle_etl.model.errors import BookAway

# Strict tables came with SQLite 3.37; Enterprise Linux 9 ships 3.34, where they are plain.
_STRICT = "STRICT" if sqlite3.sqlite_version_info >= (3, 37) else ""

_FIRST = (
    f"""CREATE TABLE transports (
        id TEXT PRIMARY KEY,
        created_at INTEGER NOT NULL,
        fires_at INTEGER,
        document BLOB NOT NULL
    ) {_STRICT}""",
    "CREATE INDEX transports_by_age ON transports (created_at, id)",
    "CREATE INDEX transports_by_firing ON transports (fires_at, id) WHERE fires_at IS NOT NULL",
    f"""CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        transport_id TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        expire_at INTEGER,
        tables_completed INTEGER NOT NULL,
        tables_failed INTEGER NOT NULL,
        tables_cancelled INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        totals BLOB NOT NULL,
        document BLOB NOT NULL
    ) {_STRICT}""",
    "CREATE INDEX jobs_by_age ON jobs (created_at, id)",
    "CREATE INDEX jobs_by_transport ON jobs (transport_id, created_at, id)",
    "CREATE INDEX jobs_by_status ON jobs (status, created_at, id)",
    "CREATE INDEX jobs_by_both ON jobs (transport_id, status, created_at, id)",
    """CREATE INDEX jobs_unfinished ON jobs (created_at, id)
        WHERE status IN ('pending', 'running')""",
    "CREATE INDEX jobs_by_expiry ON jobs (expire_at) WHERE expire_at IS NOT NULL",
    f"""CREATE TABLE tables (
        job_id TEXT NOT NULL,
        table_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        status TEXT NOT NULL,
        step TEXT NOT NULL,
        held_until INTEGER NOT NULL,
        change INTEGER NOT NULL,
        parts_total INTEGER NOT NULL,
        parts_completed INTEGER NOT NULL,
        parts_failed INTEGER NOT NULL,
        parts_rows INTEGER NOT NULL,
        parts_bytes INTEGER NOT NULL,
        progress BLOB NOT NULL,
        document BLOB NOT NULL,
        PRIMARY KEY (job_id, table_id)
    ) {_STRICT}""",
    "CREATE INDEX tables_by_position ON tables (job_id, position, table_id)",
    "CREATE INDEX tables_by_status ON tables (job_id, status, position, table_id)",
    "CREATE INDEX tables_by_change ON tables (job_id, change)",
    """CREATE INDEX tables_unfinished ON tables (job_id, position, table_id)
        WHERE status IN ('pending', 'running')""",
    f"""CREATE TABLE changes (
        last INTEGER NOT NULL
    ) {_STRICT}""",
    "INSERT INTO changes VALUES (0)",
    f"""CREATE TABLE plans (
        job_id TEXT NOT NULL,
        table_id TEXT NOT NULL,
        document BLOB NOT NULL,
        PRIMARY KEY (job_id, table_id)
    ) {_STRICT}""",
    f"""CREATE TABLE parts (
        job_id TEXT NOT NULL,
        table_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        status TEXT NOT NULL,
        held_until INTEGER NOT NULL,
        progress BLOB NOT NULL,
        document BLOB NOT NULL,
        PRIMARY KEY (job_id, table_id, number)
    ) {_STRICT}""",
    "CREATE INDEX parts_by_status ON parts (job_id, table_id, status, number)",
    """CREATE INDEX parts_unfinished ON parts (job_id, table_id, number)
        WHERE status IN ('pending', 'running')""",
    f"""CREATE TABLE receipts (
        key TEXT PRIMARY KEY,
        expire_at INTEGER NOT NULL,
        document BLOB NOT NULL
    ) {_STRICT}""",
    "CREATE INDEX receipts_by_expiry ON receipts (expire_at)",
    f"""CREATE TABLE slots (
        source TEXT NOT NULL,
        number INTEGER NOT NULL,
        document BLOB NOT NULL,
        PRIMARY KEY (source, number)
    ) {_STRICT}""",
    f"""CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        visible_at INTEGER NOT NULL,
        deliveries INTEGER NOT NULL,
        body BLOB NOT NULL
    ) {_STRICT}""",
    "CREATE INDEX messages_by_time ON messages (visible_at, id)",
)

_SECOND = (
    "ALTER TABLE messages ADD COLUMN lane TEXT NOT NULL DEFAULT 'thin'",
    "CREATE INDEX messages_by_lane ON messages (lane, visible_at, id)",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND)
"""Statements of each version; only ever appended to. `PRAGMA user_version` counts them."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to this release's tables; one process does it while others wait."""
    if _version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > len(MIGRATIONS):
            raise BookAway(
                f"the state file is of version {version}, this program knows {len(MIGRATIONS)}",
                hint="run the release that wrote it, or a later one",
            )
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
