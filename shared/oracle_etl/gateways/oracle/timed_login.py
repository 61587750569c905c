"""A login that ends in time: a listener that accepts and says nothing holds the driver for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import oracledb

from oracle_etl.model.errors import SourceAway


class TimedLogin:
    """Opens a pool on a thread of its own, which is left behind where it takes too long."""

    def __init__(self, open_pool: Callable[[], oracledb.ConnectionPool]) -> None:
        self._open_pool = open_pool
        self._changed = threading.Condition()
        self._pool: oracledb.ConnectionPool | None = None
        self._error: BaseException | None = None
        self._is_left_behind = False
        self._thread = threading.Thread(target=self._run, name="oracle-login", daemon=True)
        self._thread.start()

    @property
    def is_under_way(self) -> bool:
        """Whether the driver has not come back yet."""
        return not self._has_ended()

    @property
    def late_error(self) -> BaseException | None:
        """How it ended when nobody waited for it any more."""
        return self._error if self._is_left_behind else None

    def pool(self, *, seconds: float) -> oracledb.ConnectionPool:
        """Return the open pool; SourceAway where it is not there in so many seconds."""
        with self._changed:
            self._changed.wait_for(self._has_ended, timeout=seconds)
            if self._error is not None:
                raise self._error
            if self._pool is None:
                self._is_left_behind = True
                raise silent(seconds)
            return self._pool

    def _has_ended(self) -> bool:
        return self._pool is not None or self._error is not None

    def _run(self) -> None:
        try:
            pool = self._open_pool()
        except BaseException as error:  # noqa: BLE001  whoever waits raises it
            with self._changed:
                self._error = error
                self._changed.notify_all()
            return
        with self._changed:
            self._pool = pool
            self._changed.notify_all()
            is_unwanted = self._is_left_behind
        if is_unwanted:
            with suppress(oracledb.Error):
                pool.close(force=True)


def silent(seconds: float) -> SourceAway:
    """Return the error for a database that has not answered a login."""
    return SourceAway(
        f"the database did not answer the login within {seconds:g} s",
        hint="look whether the listener and the instance hang, or raise ORACLE_CONNECT_TIMEOUT",
    )
