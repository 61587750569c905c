"""What SQLite's errors mean to us, in one table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from oracle_etl.model.errors import TransportError, TryAgain

AWAY = "away"
BUG = "bug"

MEANING: dict[type[Exception], str] = {
    sqlite3.OperationalError: AWAY,
    sqlite3.InternalError: AWAY,
    sqlite3.DatabaseError: AWAY,
    sqlite3.Error: AWAY,
    sqlite3.IntegrityError: BUG,
    sqlite3.ProgrammingError: BUG,
    sqlite3.InterfaceError: BUG,
    sqlite3.DataError: BUG,
    sqlite3.NotSupportedError: BUG,
    sqlite3.Warning: BUG,
}
"""Errors that are bugs of ours pass as they are, and end the program with a traceback."""

_HELD = "another process holds the state file; if this goes on, look for one that hangs"
_HINTS = {
    "SQLITE_BUSY": _HELD,
    "SQLITE_LOCKED": _HELD,
    "SQLITE_FULL": "make room on the disk of the data folder",
    "SQLITE_CANTOPEN": "check that the data folder exists and may be written",
    "SQLITE_READONLY": "check that the data folder and its files may be written",
    "SQLITE_PERM": "check that the data folder and its files may be written",
    "SQLITE_IOERR": "check the disk of the data folder",
    "SQLITE_CORRUPT": "the state file is damaged: restore the data folder from a backup",
    "SQLITE_NOTADB": "the state file is not a database: restore the data folder from a backup",
}


@contextmanager
def named_errors(away: type[TryAgain]) -> Iterator[None]:
    """Raise SQLite's errors as `away`, each with what to do; bugs pass as they are."""
    try:
        yield
    except sqlite3.Error as error:
        if MEANING[type(error)] == BUG:
            raise
        raise _named(error, away) from error


def _named(error: sqlite3.Error, away: type[TryAgain]) -> TransportError:
    # Extended codes such as SQLITE_IOERR_WRITE begin with the plain one.
    code = getattr(error, "sqlite_errorname", None) or ""
    hint = next((hint for name, hint in _HINTS.items() if code.startswith(name)), "")
    return away(
        f"the state file cannot be used: {error}",
        hint=hint or "check the state file in the data folder",
    )
