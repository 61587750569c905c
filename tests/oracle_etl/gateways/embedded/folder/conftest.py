from __future__ import annotations

from pathlib import Path

import pytest

from oracle_etl.gateways.embedded.folder import FolderObjectStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def store(root: Path) -> FolderObjectStore:
    return FolderObjectStore(root)
