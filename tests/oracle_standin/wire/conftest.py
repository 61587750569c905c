from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import oracledb
import pytest

from oracle_standin.server import Server, ServerOptions, running
from oracle_standin.wire.profiles import PROFILES
from scripted_oracle import PASSWORD, USER, ScriptedDatabase


class Framing(NamedTuple):
    """A dialect, and how finely its messages are cut."""

    profile: str
    sdu: int

    def __str__(self) -> str:
        return f"{self.profile}-sdu{self.sdu}"


FRAMINGS = [
    Framing("19c", 8192),
    Framing("19c", 512),
    Framing("23ai", 8192),
    Framing("23ai", 512),
    Framing("23ai", 2_097_152),
]


@pytest.fixture(scope="module", params=FRAMINGS, ids=str)
def framing(request: pytest.FixtureRequest) -> Framing:
    chosen: Framing = request.param
    return chosen


@pytest.fixture(scope="module")
def database() -> ScriptedDatabase:
    return ScriptedDatabase()


@pytest.fixture(scope="module")
def server(database: ScriptedDatabase, framing: Framing) -> Iterator[Server]:
    with running(database, ServerOptions(profile=PROFILES[framing.profile])) as started:
        yield started


@pytest.fixture
def connection(server: Server, framing: Framing) -> Iterator[oracledb.Connection]:
    with oracledb.connect(
        user=USER, password=PASSWORD, dsn=server.dsn, sdu=framing.sdu
    ) as connected:
        yield connected
