"""What most tests of the flow share: a home over two small tables, or what a test has instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emp_and_dept import a_source
from fakes.memory_source import MemorySource
from flow_home import a_home
from oracle_etl.outside import Outside


@pytest.fixture
def source() -> MemorySource:
    return a_source()


@pytest.fixture
def home(tmp_path: Path, source: MemorySource) -> Iterator[Outside]:
    made = a_home(tmp_path, source=source)
    yield made
    made.close()
