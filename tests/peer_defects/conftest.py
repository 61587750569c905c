"""What the tests start from: an Oracle, and the whole system on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from carried_through import a_home
from journey_homes.embedded_home import EmbeddedHome
from journey_homes.oracle import Oracle, an_oracle


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    with an_oracle() as running:
        yield running


@pytest.fixture(scope="session")
def home(oracle: Oracle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedHome]:
    with a_home(tmp_path_factory.mktemp("home"), oracle) as running:
        yield running
