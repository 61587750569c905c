"""A listener that accepts connections and says nothing."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import oracledb
import pytest

from oracle_at_hand import OracleAtHand, stand_in
from oracle_etl.gateways.oracle import OracleConnection, OracleTableSource
from oracle_etl.gateways.oracle.timed_login import TimedLogin
from oracle_etl.model.errors import LoginRefused, SourceAway
from oracle_standin.engine.database import OracleDatabase

# The driver leaves the socket of a login that broke to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SECONDS = 0.3
LONG = 30.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def source(listener: socket.socket) -> Iterator[OracleTableSource]:
    port = listener.getsockname()[1]
    opened = OracleTableSource(
        OracleConnection(
            dsn=f"127.0.0.1:{port}/X",
            user="u",
            password=lambda: "p",
            connect_timeout_seconds=SECONDS,
        )
    )
    yield opened
    listener.close()
    login = opened._sessions._login_under_way
    assert login is not None
    login._thread.join(LONG)
    opened.close()
    # No other test is to find what the driver left.
    gc.collect()


class TestASilentDatabase:
    def test_is_away_for_everybody_who_asks_and_is_asked_once(
        self, listener: socket.socket, source: OracleTableSource
    ) -> None:
        with ThreadPoolExecutor(4) as threads:
            asked = [threads.submit(source.current_scn) for _ in range(8)]
            errors = [each.exception(timeout=LONG) for each in asked]
        assert {type(each) for each in errors} == {SourceAway}
        assert "did not answer" in str(errors[0])
        listener.settimeout(LONG)
        first, _ = listener.accept()
        listener.settimeout(SECONDS)
        with first, pytest.raises(TimeoutError):
            listener.accept()

    def test_is_asked_again_when_it_has_let_go(
        self, listener: socket.socket, source: OracleTableSource
    ) -> None:
        assert "did not answer" in (source.status().error or "")
        login = source._sessions._login_under_way
        assert login is not None
        listener.settimeout(LONG)
        with listener.accept()[0]:
            assert login.is_under_way
        listener.close()
        login._thread.join(LONG)
        assert "did not answer" not in (source.status().error or "did not answer")


class TestALoginThatComesTooLate:
    def test_leaves_no_session_open(self) -> None:
        may_go_on, opened = threading.Event(), list[oracledb.ConnectionPool]()

        def slowly(oracle: OracleAtHand) -> oracledb.ConnectionPool:
            may_go_on.wait(LONG)
            pool = oracledb.create_pool(
                user=oracle.user, password=oracle.password, dsn=oracle.dsn, min=0
            )
            opened.append(pool)
            return pool

        with stand_in() as (oracle, _):
            login = TimedLogin(lambda: slowly(oracle))
            with pytest.raises(SourceAway):
                login.pool(seconds=0.0)
            assert login.is_under_way
            may_go_on.set()
            login._thread.join(LONG)
        [late] = opened
        with pytest.raises(oracledb.InterfaceError):
            late.acquire()


class SlowToJudge(OracleDatabase):
    """A database that looks a password up when it is allowed to."""

    def __init__(self) -> None:
        """Allow it, and count from now on."""
        super().__init__()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.asked = 0

    def password_of(self, user: str) -> str | None:
        self.asked += 1
        self.may_go_on.wait(LONG)
        return super().password_of(user)


class TestARefusalThatComesTooLate:
    def test_counts_as_a_refusal_and_is_not_tried_again(self) -> None:
        database = SlowToJudge()
        with (
            stand_in(database) as (oracle, _),
            oracle.source(password="wrong", connect_timeout_seconds=SECONDS) as source,
        ):
            database.may_go_on.clear()
            database.asked = 0
            with pytest.raises(SourceAway):
                source.current_scn()
            database.may_go_on.set()
            login = source._sessions._login_under_way
            assert login is not None
            login._thread.join(LONG)
            for _ in range(3):
                with pytest.raises(LoginRefused, match="ORA-01017"):
                    source.current_scn()
        assert database.asked == 1


class TestAPoolWithALoginThatHangs:
    def test_is_closed_in_time(self) -> None:
        database = SlowToJudge()
        with (
            stand_in(database) as (oracle, _),
            oracle.source(connect_timeout_seconds=SECONDS) as source,
            ThreadPoolExecutor(1) as threads,
        ):
            with source._sessions.session():
                database.may_go_on.clear()
                with pytest.raises(SourceAway):
                    source.current_scn()
            closed = threads.submit(source.close)
            try:
                closed.result(timeout=LONG / 3)
            finally:
                database.may_go_on.set()
