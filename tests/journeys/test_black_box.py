"""Journeys know the system from outside: none of their code imports the product."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PRODUCT = {"oracle_etl", "transport_api", "table_worker", "command_line"}
FOLDERS = ("journeys", "journey_homes")
FILES = sorted(file for folder in FOLDERS for file in (TESTS / folder).rglob("*.py"))


def imported_by(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, "relative imports are banned"
            yield node.module


def reached_from(file: Path) -> Iterator[str]:
    """Yield all that a file imports, through other modules of the tests as well."""
    ahead, seen = [file], {file}
    while ahead:
        for module in imported_by(ahead.pop()):
            yield module
            inner = TESTS / f"{module.replace('.', '/')}.py"
            if inner.exists() and inner not in seen:
                seen.add(inner)
                ahead.append(inner)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_imports_nothing_of_the_product(file: Path) -> None:
    reached = {module.partition(".")[0] for module in reached_from(file)}
    assert reached & PRODUCT == set()


def test_looks_at_the_files_that_it_means() -> None:
    assert Path(__file__) in FILES
    assert TESTS / "journey_homes/embedded_home.py" in FILES
