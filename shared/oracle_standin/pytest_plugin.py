"""Fixtures for tests that want an Oracle: `pytest -p oracle_standin.pytest_plugin`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oracle_standin.sample.serving import Account, running_sample


@pytest.fixture(scope="session")
def sample_oracle() -> Iterator[Account]:
    """Give an account on a stand-in with the sample schema, one for all tests of a run."""
    with running_sample() as account:
        yield account
