"""Nothing in this folder is traced: a tracer slows Python, and leaves libraries as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder."""
    for each in items:
        if HERE in each.path.parents:
            each.add_marker(pytest.mark.untraced)
