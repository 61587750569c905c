"""The page on what the stand-in assumes names tests; each must be there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "oracle-assumptions.md"
FILE = re.compile(r"`(?:tests/oracle_standin/)?((?:\w+/)?test_\w+\.py)((?:::\w+)*)`")
CLASS = re.compile(r"`((?:::\w+)+)`")


def named() -> Iterator[tuple[str, str]]:
    """Yield each file that the page names with the classes and methods behind it."""
    for line in (
        PAGE.read_text(encoding="utf-8").partition("## What is shown where")[2].splitlines()
    ):
        file = ""
        for found in re.finditer(r"`[^`]+`", line):
            if whole := FILE.fullmatch(found[0]):
                file = whole[1]
                yield file, whole[2]
            elif more := CLASS.fullmatch(found[0]):
                yield file, more[1]


@pytest.mark.parametrize(("file", "path"), sorted(set(named())))
def test_what_the_page_names_is_there(file: str, path: str) -> None:
    node: ast.AST = ast.parse((HERE / file).read_text(encoding="utf-8"))
    for name in path.split("::")[1:]:
        inner = {one.name: one for one in ast.walk(node) if isinstance(one, Named)}
        assert name in inner
        node = inner[name]


Named = ast.ClassDef | ast.FunctionDef


def test_the_page_names_tests() -> None:
    assert len(list(named())) > 40
