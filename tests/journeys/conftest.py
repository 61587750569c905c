"""What journeys start from: an Oracle, and a home that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from journey_homes.home import Home, StartHome
from journey_homes.homes import HOMES, OpenHome
from journey_homes.oracle import Oracle, an_oracle


@pytest.fixture(scope="session", params=HOMES)
def open_home(request: pytest.FixtureRequest) -> OpenHome:
    """Return how one of the homes is opened: every journey is made on each."""
    opened: OpenHome = request.param
    return opened


@pytest.fixture(scope="session")
def start_home(open_home: OpenHome, tmp_path_factory: pytest.TempPathFactory) -> StartHome:
    """Start a home of the journey's own."""

    def start(oracle: Oracle, **settings: str) -> AbstractContextManager[Home]:
        folder: Path = tmp_path_factory.mktemp("home") / "data"
        return open_home(folder, oracle, settings)

    return start


@pytest.fixture(scope="session")
def oracle(open_home: OpenHome) -> Iterator[Oracle]:
    """Run an Oracle for all journeys on one home that break nothing."""
    del open_home
    with an_oracle() as running:
        yield running


@pytest.fixture(scope="session")
def home(start_home: StartHome, oracle: Oracle) -> Iterator[Home]:
    """Run a home for all journeys that break nothing."""
    with start_home(oracle) as running:
        yield running
