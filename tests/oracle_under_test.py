"""The Oracle that portable tests ask: the stand-in, or the one that ORACLE_TEST_DSN names.

Nothing in a portable test knows which it is. A real one needs a schema of its own for the tests,
which create and drop tables in it: ORACLE_TEST_DSN, ORACLE_TEST_USER, ORACLE_TEST_PASSWORD. Import
the fixtures `oracle`, `connection` and `table` in a conftest.py.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import oracledb
import pytest

from oracle_standin.engine.database import OracleDatabase
from oracle_standin.server import RELEASES, ServerOptions, running
from oracle_standin.wire.profiles import PROFILES

USER, PASSWORD = "SCOTT", "tiger"
SETTINGS = (
    "ALTER SESSION SET NLS_LANGUAGE = 'AMERICAN'",
    "ALTER SESSION SET NLS_TERRITORY = 'AMERICA'",
    "ALTER SESSION SET NLS_DATE_FORMAT = 'DD-MON-RR'",
    "ALTER SESSION SET TIME_ZONE = '+00:00'",
)
NUMBERS = itertools.count(1)
NewTable = Callable[[str], str]
"""Makes a table of the columns given, and returns its name."""


@dataclass(frozen=True, kw_only=True)
class OracleAccount:
    """Where an Oracle is, and an account in it."""

    dsn: str
    user: str = USER
    password: str = PASSWORD

    @property
    def release(self) -> int:
        """The major release."""
        with self.connect() as connection:
            return int(connection.version.split(".")[0])

    def connect(self) -> oracledb.Connection:
        """Log in."""
        return oracledb.connect(user=self.user, password=self.password, dsn=self.dsn)


@contextmanager
def stand_in_account(profile: str = "23ai") -> Iterator[OracleAccount]:
    """Give an account on an empty stand-in while the block runs."""
    database = OracleDatabase(release=RELEASES[profile])
    database.create_user(USER, PASSWORD)
    database.grant(USER, "EXECUTE", "SYS", "DBMS_FLASHBACK")
    with running(database, ServerOptions(profile=PROFILES[profile])) as server:
        yield OracleAccount(dsn=server.dsn)


def real_account() -> OracleAccount | None:
    """Return the account on a real Oracle that the environment names, None where it names none."""
    environment = os.environ  # noqa: TID251  tests have no settings of their own
    if not (dsn := environment.get("ORACLE_TEST_DSN")):
        return None
    return OracleAccount(
        dsn=dsn,
        user=environment["ORACLE_TEST_USER"],
        password=environment["ORACLE_TEST_PASSWORD"],
    )


DIALECTS = ("as it is",) if real_account() else ("19c", "23ai")
"""What tests of the wire are run with: `parametrize("oracle", DIALECTS, indirect=True)`."""


@pytest.fixture(scope="module")
def oracle(request: pytest.FixtureRequest) -> Iterator[OracleAccount]:
    """Give the Oracle under test."""
    if real := real_account():
        yield real
        return
    with stand_in_account(getattr(request, "param", "23ai")) as account:
        yield account


@pytest.fixture(scope="module")
def connection(oracle: OracleAccount) -> Iterator[oracledb.Connection]:
    """Log in, with settings under which every database answers alike."""
    with pytest.MonkeyPatch.context() as patched, oracle.connect() as connected:
        patched.setattr(oracledb.defaults, "fetch_decimals", True)
        patched.setattr(oracledb.defaults, "fetch_lobs", False)
        for statement in SETTINGS:
            connected.cursor().execute(statement)
        yield connected


@pytest.fixture
def table(connection: oracledb.Connection) -> Iterator[NewTable]:
    """Give a maker of tables that are dropped in the end."""
    made: list[str] = []

    def make(columns: str) -> str:
        name = f"PORTABLE_{os.getpid()}_{next(NUMBERS)}"
        connection.cursor().execute(f"CREATE TABLE {name} ({columns})")
        made.append(name)
        return name

    yield make
    connection.rollback()
    for name in made:
        connection.cursor().execute(f"DROP TABLE {name} PURGE")
