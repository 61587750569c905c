"""Versions as they were written, for tests that damage them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flow_home import a_home
from oracle_etl.outside import Outside
from written_versions import Written, any_kind, write_version

__all__ = ["any_kind"]


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    version = write_version(tmp_path)
    yield version
    version.home.close()


@pytest.fixture
def stranger(written: Written, tmp_path: Path) -> Iterator[Outside]:
    """A home with the same objects, whose book knows no job."""
    home = a_home(tmp_path / "elsewhere")
    yield replace(home, store=written.home.store)
    home.close()
