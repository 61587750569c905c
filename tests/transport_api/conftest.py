from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api_service import Api, an_api
from fakes.memory_source import MemorySource


@pytest.fixture
def source() -> MemorySource:
    source = MemorySource()
    source.put("EMP", [(number, f"name {number}") for number in range(25)])
    source.put("DEPT", [(1, "영업"), (2, None)])
    return source


@pytest.fixture
def api(tmp_path: Path, source: MemorySource) -> Iterator[Api]:
    api = an_api(tmp_path, source=source)
    yield api
    api.home.close()


@pytest.fixture(scope="module")
def shared_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Serve the many examples of a property test, which leave nothing behind."""
    api = an_api(tmp_path_factory.mktemp("shared"), source=MemorySource())
    yield api
    api.home.close()
