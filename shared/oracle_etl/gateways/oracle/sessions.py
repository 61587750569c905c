"""Sessions of one Oracle: how to log in, how a session is set up, who may have one."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import oracledb

from oracle_etl.gateways.oracle.named_errors import LOGIN_HINT, named_errors
from oracle_etl.gateways.oracle.timed_login import TimedLogin, silent
from oracle_etl.model.errors import LoginRefused, SourceAway, SourceMisconfigured
from oracle_etl.ports import LoginRefusals

THIN, THICK = "thin", "thick"
_MODULE = "oracle-etl"
_LOADING = threading.Lock()
_LOGIN_REFUSAL_SECONDS = 300.0
"""How long a refused login is not tried again: less would lock the account in the end."""
_MARK_BYTES = 2
"""A new password has another mark, but for one in 65,536; whoever reads it has 16 bits of it."""
_MARK_ROUNDS = 100_000
_IDLE_SECONDS = 300
_KEEPALIVE_MINUTES = 1
_LONGEST_ATTRIBUTE = 64
_NO_STATEMENT_CACHE = 0
"""A cached statement keeps the column types it had, also after the table was altered."""
_SET_UP = (
    "ALTER SESSION SET TIME_ZONE='+00:00' NLS_NUMERIC_CHARACTERS='.,' NLS_CALENDAR='GREGORIAN' "
    "NLS_DATE_LANGUAGE='AMERICAN' NLS_TERRITORY='AMERICA'"
)
"""What our expressions and the driver rely on, whatever the server's defaults are."""


def _no_secret() -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleConnection:
    """How one Oracle is reached. Secrets are asked for when they are needed."""

    source: str = "default"
    dsn: str
    user: str
    password: Callable[[], str] = field(repr=False)
    wallet_location: str = ""
    wallet_password: Callable[[], str] = field(default=_no_secret, repr=False)
    config_dir: str = ""
    mode: str = THIN
    client_library: str = ""
    pool_min: int = 0
    pool_max: int = 5
    call_timeout_seconds: float = 600.0
    connect_timeout_seconds: float = 20.0
    source_encoding: str = ""
    fetch_rows: int = 0
    """Rows of one fetch; 0 takes as many as the bytes of a batch allow."""
    refusals: LoginRefusals | None = field(default=None, repr=False)
    """What other processes know; None where this one is alone."""


class Sessions:
    """The pool of one source in this process; it opens when the first session is asked for."""

    def __init__(self, connection: OracleConnection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._pool: oracledb.ConnectionPool | None = None
        self._tried_password = ""
        """Of the last login: the pool goes on with it also when another has been set since."""
        self._refused: tuple[float, LoginRefused] | None = None
        self._login_under_way: TimedLogin | None = None

    @contextmanager
    def session(
        self, *, action: str = "", client_identifier: str = "", module: str = _MODULE
    ) -> Iterator[oracledb.Connection]:
        """Lend a session; whatever transaction it opened ends when it is given back."""
        connection = self._log_in()
        try:
            with named_errors():
                connection.call_timeout = int(self._connection.call_timeout_seconds * 1000)
                connection.module = module[:_LONGEST_ATTRIBUTE]
                connection.action = action[:_LONGEST_ATTRIBUTE]
                connection.client_identifier = client_identifier[:_LONGEST_ATTRIBUTE]
            yield connection
        finally:
            _give_back(connection)

    @property
    def usage(self) -> dict[str, int]:
        """How many sessions are open and busy, of how many."""
        pool = self._pool
        most = self._connection.pool_max
        if pool is None:
            return {"open": 0, "busy": 0, "max": most}
        return {"open": pool.opened, "busy": pool.busy, "max": most}

    def close(self) -> None:
        """Close every session, also those on loan."""
        with self._lock:
            self._drop_pool()

    def _log_in(self) -> oracledb.Connection:
        # One pool is opened, so that a wrong password is tried once and not by every thread.
        with self._lock:
            self._check_refusal()
            self._check_refusals_elsewhere()
            pool = self._pool = self._pool or self._opened_in_time()
        try:
            with named_errors():
                return pool.acquire()
        except LoginRefused as error:
            with self._lock:
                # Another pool may have been opened since, with another password.
                if self._pool is pool:
                    self._note_refusal(error)
            raise
        except SourceAway:
            with self._lock:
                # Whoever was refused has closed the pool of the others, too.
                self._check_refusal()
            raise

    def _opened_in_time(self) -> oracledb.ConnectionPool:
        seconds = self._connection.connect_timeout_seconds
        before = self._login_under_way
        if before is not None and before.is_under_way:
            # A second one would hang beside the first, and every one after it.
            raise silent(seconds)
        self._login_under_way = None
        try:
            if before is not None and isinstance(before.late_error, LoginRefused):
                # It counted as a try, though nobody had the patience to hear of it.
                raise before.late_error
            password = self._tried_password = self._connection.password()
            login = self._login_under_way = TimedLogin(lambda: self._open(password))
            return login.pool(seconds=seconds)
        except LoginRefused as error:
            self._note_refusal(error)
            raise

    def _note_refusal(self, error: LoginRefused) -> None:
        self._refused = (time.monotonic(), error)
        self._drop_pool()
        if self._connection.refusals is not None:
            self._connection.refusals.note(self._mark_of_login(self._tried_password))

    def _check_refusal(self) -> None:
        """Refuse what was refused here; a renewed password is tried at once."""
        if self._refused is None:
            return
        since, error = self._refused
        is_fresh = time.monotonic() - since < _LOGIN_REFUSAL_SECONDS
        if is_fresh and self._connection.password() == self._tried_password:
            raise LoginRefused(f"{error.message} (not tried again yet)", hint=error.hint)
        self._refused = None

    def _check_refusals_elsewhere(self) -> None:
        """Refuse what another process was refused; whoever has a pool was let in."""
        refusals = self._connection.refusals
        if self._pool is not None or refusals is None:
            return
        if refusals.is_known(self._mark_of_login(self._connection.password())):
            raise LoginRefused(
                f"source {self._connection.source} refused this login to another process, as"
                " with ORA-01017 (not tried again yet)",
                hint=f"{LOGIN_HINT}; this one is tried again within five minutes, another at once",
            )

    def _mark_of_login(self, password: str) -> str:
        """Return what tells this login from another, and lets nobody find its password."""
        wanted = self._connection
        salt = repr((wanted.source, wanted.dsn, wanted.user)).encode()
        digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _MARK_ROUNDS)
        return f"{hashlib.sha256(salt).hexdigest()[:16]}-{digest[:_MARK_BYTES].hex()}"

    def _open(self, password: str) -> oracledb.ConnectionPool:
        wanted = self._connection
        if wanted.mode == THICK:
            with named_errors():
                _load_client(wanted)
        elif not oracledb.is_thin_mode():
            raise SourceMisconfigured(
                f"the source {wanted.source} wants thin mode in a process of thick mode",
                hint="run the sources of one mode apart",
            )
        login = self._login(password)
        with named_errors():
            # A pool tries a refused password twice by itself, so the first try is not the pool's.
            oracledb.connect(**login).close()
            return oracledb.create_pool(
                **login,
                min=wanted.pool_min,
                max=wanted.pool_max,
                increment=1,
                getmode=oracledb.POOL_GETMODE_TIMEDWAIT,
                wait_timeout=int(wanted.connect_timeout_seconds * 1000),
                timeout=_IDLE_SECONDS,
                session_callback=self._set_up,
            )

    def _set_up(self, connection: oracledb.Connection, _tag: str | None) -> None:
        connection.call_timeout = int(self._connection.call_timeout_seconds * 1000)
        with connection.cursor() as cursor:
            cursor.execute(_SET_UP)

    def _login(self, password: str) -> dict[str, Any]:
        wanted = self._connection
        return {
            "user": wanted.user,
            "password": password,
            "dsn": wanted.dsn,
            "tcp_connect_timeout": wanted.connect_timeout_seconds,
            "expire_time": _KEEPALIVE_MINUTES,
            "config_dir": wanted.config_dir or wanted.wallet_location or None,
            "wallet_location": wanted.wallet_location or None,
            "wallet_password": wanted.wallet_password() or None,
            "stmtcachesize": _NO_STATEMENT_CACHE,
        }

    def _drop_pool(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            # It waits for its own logins, and one of them may hang for ever.
            closing = threading.Thread(
                target=_close, args=(pool,), name="oracle-close", daemon=True
            )
            closing.start()
            closing.join(self._connection.connect_timeout_seconds)


def _load_client(wanted: OracleConnection) -> None:
    """Load Instant Client once for all sources: a second time, with other folders, is refused."""
    with _LOADING:
        if oracledb.is_thin_mode():
            oracledb.init_oracle_client(
                lib_dir=wanted.client_library or None, config_dir=wanted.config_dir or None
            )


def _close(pool: oracledb.ConnectionPool) -> None:
    # What breaks while sessions are closed has no sessions any more.
    with suppress(oracledb.Error):
        pool.close(force=True)


def _give_back(connection: oracledb.Connection) -> None:
    # A session that broke cannot be rolled back; the pool throws it away by itself.
    try:
        connection.close()
    except oracledb.Error:
        return
