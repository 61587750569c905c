"""What most tests of the flow share: a home over the source that each of them fills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.memory_source import MemorySource
from flow_home import a_home
from oracle_etl.outside import Outside


@pytest.fixture
def home(tmp_path: Path, source: MemorySource) -> Iterator[Outside]:
    made = a_home(tmp_path, source=source)
    yield made
    made.close()
