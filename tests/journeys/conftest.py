"""What journeys start from: an Oracle, and a home that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from journey_homes.home import Home, StartHome
from journey_homes.homes import HOMES, OpenHome
from journey_homes.oracle import Oracle, an_oracle

CORE = (
    "test_from_transport_to_files.py",
    "test_ends_and_retries.py::TestAJobThatIsCancelled",
    "test_killed_workers.py::TestWorkersThatAreKilled",
    "test_completes_it_when_it_is_started_again[google-told_to_end]",
)
"""What is made on the Google home in every test run: create, execute, watch, kill a worker, cancel,
retry, restart. The other journeys there are proofs: the emulators and leases of 10 s take minutes.
"""
GOOGLE_SECONDS = 300.0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark journeys on the Google home that are no core ones as proofs, and give all more time."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.get_closest_marker("emulators"):
            item.add_marker(pytest.mark.timeout(GOOGLE_SECONDS))
            if not any(each in item.nodeid for each in CORE):
                item.add_marker(pytest.mark.prove)


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
