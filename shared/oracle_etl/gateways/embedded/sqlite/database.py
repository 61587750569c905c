"""One SQLite file, used by many threads and processes at once."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from oracle_etl.gateways.embedded.sqlite.errors import named_errors
from oracle_etl.gateways.embedded.sqlite.schema import migrate
from oracle_etl.model.errors import BookAway, TryAgain

_STATEMENTS_KEPT = 256
_LARGEST_LOG_BYTES = 64 * 1024 * 1024
_LARGEST_LOG_PAGES = _LARGEST_LOG_BYTES // 4096
"""Where a writer stops to move the log into the file; `fold_log` does it long before."""


class Database:
    """The state file: each thread has a connection of its own, opened on first use.

    Before a fork all connections are closed, since SQLite's locks do not survive one; parent
    and child open new ones. Forking inside a transaction therefore breaks the transaction.
    """

    def __init__(self, path: Path, *, busy_seconds: float = 30.0) -> None:
        self._path = path
        self._busy_seconds = busy_seconds
        self._here = threading.local()
        self._seats: weakref.WeakSet[_Seat] = weakref.WeakSet()
        self._roster = threading.Lock()
        self._writing = threading.Lock()
        _DATABASES.add(self)

    @contextmanager
    def reading(self, *, away: type[TryAgain] = BookAway) -> Iterator[sqlite3.Connection]:
        """Lend this thread's connection; each statement sees the file as it is."""
        with named_errors(away), self._seat().taken() as connection:
            yield connection

    @contextmanager
    def writing(
        self, *, away: type[TryAgain] = BookAway, durable: bool = True
    ) -> Iterator[sqlite3.Connection]:
        """Lend this thread's connection inside a transaction that nobody else writes during.

        It is kept when the block ends well, and undone when it raises. What is not `durable`
        may be lost when the machine loses power, and together with all that followed it.
        """
        with (
            named_errors(away),
            self._seat().taken() as connection,
            self._turn(connection, away),
        ):
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise

    @contextmanager
    def _turn(self, connection: sqlite3.Connection, away: type[TryAgain]) -> Iterator[None]:
        # Threads queue here, in order, instead of finding the file locked and sleeping.
        if connection.in_transaction:
            raise RuntimeError("a transaction was begun inside another one")
        if not self._writing.acquire(timeout=self._busy_seconds):
            raise away(
                f"others wrote to the state file for {self._busy_seconds:g} seconds",
                hint="if this goes on, look for a process that hangs",
            )
        try:
            yield
        finally:
            self._writing.release()

    def fold_log(self) -> None:
        """Move what was written from the log into the file, while others read and write.

        SQLite lets the writer do it that fills a page count, and that request waits for it; whoever
        has the time does it here instead.
        """
        with self.reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        with self._quiet():
            pass

    def _seat(self) -> _Seat:
        seat: _Seat | None = getattr(self._here, "seat", None)
        if seat is None:
            seat = _Seat(self._path, self._busy_seconds)
            with self._roster:
                self._seats.add(seat)
            self._here.seat = seat
        return seat

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Wait until no thread uses its connection, and hold them all closed."""
        with self._roster, ExitStack() as held:
            for seat in list(self._seats):
                held.enter_context(seat.lock)
                seat.close()
            yield


class _Seat:
    """A thread's place at the database: a connection, and the lock that guards its use."""

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self.lock = threading.RLock()
        self._path = path
        self._busy_seconds = busy_seconds
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def taken(self) -> Iterator[sqlite3.Connection]:
        with self.lock:
            if self._connection is None:
                self._connection = _opened(self._path, self._busy_seconds)
            yield self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        with suppress(sqlite3.Error):
            self.close()


def _opened(path: Path, busy_seconds: float) -> sqlite3.Connection:
    _make_private(path)
    connection = sqlite3.connect(
        path,
        timeout=busy_seconds,
        isolation_level=None,
        # A fork closes the connections of other threads, which then do not use them.
        check_same_thread=False,
        cached_statements=_STATEMENTS_KEPT,
    )
    try:
        connection.row_factory = sqlite3.Row
        with _alone(path):
            _write_ahead(connection)
            migrate(connection)
        connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_LOG_BYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LARGEST_LOG_PAGES}")
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer go on beside each other; SQLite does not say when it cannot."""
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise BookAway(
            f"the state file cannot be written ahead here: SQLite keeps to {mode}",
            hint="put DATA_FOLDER on a local disk: network file systems share no memory",
        )


def _make_private(path: Path) -> None:
    """Make a file that is not there, readable by its owner alone: filters may hold secrets."""
    with suppress(OSError):  # SQLite says it better when it cannot open the file.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Only a new file: closing an open one would drop this process's locks on it.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time in: turning a new file to WAL fails beside others, unwaited."""
    try:
        lock = os.open(f"{path}-opening", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise sqlite3.OperationalError(f"its folder cannot be written: {error}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


_DATABASES: weakref.WeakSet[Database] = weakref.WeakSet()
_FORKING = threading.local()


def _before_fork() -> None:
    _FORKING.held = ExitStack()
    for database in list(_DATABASES):
        _FORKING.held.enter_context(database._quiet())  # noqa: SLF001 - the same module


def _after_fork() -> None:
    _FORKING.held.close()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
