"""docs/faults.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs/faults.md"
NAMED = sorted(set(re.findall(r"\b(test_\w+(?:\.py)?|Test[A-Z]\w+)", PAGE.read_text())))
FILES = sorted(TESTS.rglob("*.py"))
SOURCES = [file.read_text() for file in FILES]


@pytest.mark.parametrize("name", NAMED)
def test_every_test_that_it_names_is_there(name: str) -> None:
    if name.endswith(".py"):
        assert name in {file.name for file in FILES}
        return
    defined = re.compile(rf"^\s*(?:def|class) {name}\b", re.MULTILINE)
    assert any(defined.search(source) for source in SOURCES)
