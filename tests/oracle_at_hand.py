"""The Oracle that tests of our gateway run on: see tests/oracle_under_test.py for which it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import oracledb

from oracle_etl.gateways.oracle import OracleConnection, OracleTableSource
from oracle_etl.ports import LoginRefusals
from oracle_standin.engine.database import OracleDatabase
from oracle_standin.faults import FaultBook
from oracle_standin.server import ServerOptions, running
from oracle_standin.wire.profiles import PROFILES
from oracle_under_test import PASSWORD, USER, real_account


@dataclass(frozen=True, kw_only=True)
class OracleAtHand:
    """Where an Oracle is, and an account in it."""

    dsn: str
    user: str = USER
    password: str = PASSWORD

    @contextmanager
    def session(self) -> Iterator[oracledb.Connection]:
        """Log in as the tests do, to make tables and rows."""
        with oracledb.connect(user=self.user, password=self.password, dsn=self.dsn) as connection:
            yield connection

    def execute(self, *statements: str) -> None:
        """Run statements and commit."""
        with self.session() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def source(
        self,
        *,
        user: str | None = None,
        password: str | None = None,
        dsn: str | None = None,
        call_timeout_seconds: float = 20.0,
        connect_timeout_seconds: float = 5.0,
        fetch_rows: int = 0,
        refusals: LoginRefusals | None = None,
    ) -> closing[OracleTableSource]:
        """Return our own reader of it, to be closed."""
        return closing(
            OracleTableSource(
                OracleConnection(
                    dsn=dsn or self.dsn,
                    user=user or self.user,
                    password=lambda: password or self.password,
                    call_timeout_seconds=call_timeout_seconds,
                    connect_timeout_seconds=connect_timeout_seconds,
                    fetch_rows=fetch_rows,
                    refusals=refusals,
                )
            )
        )


@contextmanager
def oracle_at_hand() -> Iterator[OracleAtHand]:
    """Give the Oracle that the environment names, or a stand-in while the block runs."""
    if real := real_account():
        yield OracleAtHand(dsn=real.dsn, user=real.user, password=real.password)
        return
    with stand_in() as (oracle, _):
        yield oracle


@contextmanager
def stand_in(
    database: OracleDatabase | None = None,
    *,
    profile: str = "23ai",
    faults: FaultBook | None = None,
) -> Iterator[tuple[OracleAtHand, OracleDatabase]]:
    """Start a stand-in of its own, for tests that break it or look into it."""
    served = database or OracleDatabase()
    if served.password_of(USER) is None:
        served.create_user(USER, PASSWORD)
    with running(served, ServerOptions(profile=PROFILES[profile]), faults=faults) as server:
        yield OracleAtHand(dsn=server.dsn), served
