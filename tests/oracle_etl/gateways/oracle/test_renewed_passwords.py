"""A password that is renewed while sessions are open that were let in with the one before."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Barrier

import pytest

from oracle_at_hand import OracleAtHand, stand_in
from oracle_etl.gateways.oracle import OracleConnection, OracleTableSource
from oracle_etl.model.errors import LoginRefused, TransportError
from oracle_standin.engine.database import OracleDatabase
from oracle_under_test import PASSWORD, USER

RENEWED = "renewed"
AT_ONCE = 6
LONG = 30.0


@dataclass
class Remembered:
    """Refusals that every process of a test knows of."""

    logins: set[str] = field(default_factory=set)

    def is_known(self, login: str) -> bool:
        return login in self.logins

    def note(self, login: str) -> None:
        self.logins.add(login)


@dataclass
class Account:
    """An account, what the settings say of its password, and a process that has a session."""

    oracle: OracleAtHand
    database: OracleDatabase
    refusals: Remembered = field(default_factory=Remembered)
    set_to: str = PASSWORD

    def renew(self) -> None:
        self.database.create_user(USER, RENEWED)

    def process(self) -> closing[OracleTableSource]:
        return closing(
            OracleTableSource(
                OracleConnection(
                    dsn=self.oracle.dsn,
                    user=USER,
                    password=lambda: self.set_to,
                    connect_timeout_seconds=LONG,
                    refusals=self.refusals,
                )
            )
        )


@pytest.fixture
def account() -> Iterator[Account]:
    with stand_in() as (oracle, database):
        yield Account(oracle, database)


@contextmanager
def a_process_at_work(account: Account) -> Iterator[OracleTableSource]:
    """Give a process whose one session is busy, so that whoever asks needs another."""
    with account.process() as source, source._sessions.session():
        yield source


class TestAPasswordRenewedWhileAPoolIsOpen:
    def test_is_tried_at_once_where_the_former_was_refused(self, account: Account) -> None:
        with a_process_at_work(account) as source:
            account.renew()
            with pytest.raises(LoginRefused):
                source.current_scn()
            with pytest.raises(LoginRefused, match="not tried again"):
                source.current_scn()
            account.set_to = RENEWED
            assert source.current_scn()

    def test_is_not_taken_for_the_one_that_was_refused(self, account: Account) -> None:
        with a_process_at_work(account) as source:
            account.renew()
            account.set_to = RENEWED
            with pytest.raises(LoginRefused):
                source.current_scn()
            with account.process() as other:
                assert other.current_scn()

    def test_leaves_nobody_told_that_the_database_is_away(self, account: Account) -> None:
        together = Barrier(AT_ONCE)

        def ask(source: OracleTableSource) -> None:
            together.wait(LONG)
            source.current_scn()

        with a_process_at_work(account) as source, ThreadPoolExecutor(AT_ONCE) as threads:
            account.renew()
            asked = [threads.submit(ask, source) for _ in range(AT_ONCE)]
            errors = [each.exception(timeout=LONG) for each in asked]
        assert {type(each) for each in errors} == {LoginRefused}
        assert all(isinstance(each, TransportError) and each.hint for each in errors)
