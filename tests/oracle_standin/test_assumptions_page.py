"""The page on what the stand-in assumes: each assumption has a source, a vector and a test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "oracle-assumptions.md"
FILE = re.compile(r"`(?:tests/oracle_standin/)?((?:\w+/)?test_\w+\.py)((?:::\w+)*)`")
CLASS = re.compile(r"`((?:::\w+)+)`")
BAR = re.compile(r"(?<!\\)\|")
LINK = re.compile(r"\]\((http[^\s]+)\)(?=[\s,|;)]|$)")
TABLES = ("Values", "Reading the past", "Rows, objects and privileges")


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


@dataclass(frozen=True)
class Assumption:
    """A row of one of the three tables of behaviours."""

    behaviour: str
    source: str
    vector: str
    test: str

    @property
    def addresses(self) -> set[str]:
        """The addresses of its sources."""
        return set(LINK.findall(self.source))


def assumptions() -> Iterator[Assumption]:
    text = PAGE.read_text(encoding="utf-8")
    for heading in TABLES:
        chapter = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        rows = [line for line in chapter.splitlines() if line.startswith("| ")]
        assert rows[0] == "| behaviour | source | golden vector | test |"
        for row in rows[1:]:
            _, *cells, _ = BAR.split(row)
            yield Assumption(*(cell.strip() for cell in cells))


def sections() -> dict[str, set[str]]:
    """Return the sections of the vector files, with the addresses that each gives."""
    found: dict[str, set[str]] = {}
    for file in sorted((HERE / "vectors").glob("*.txt")):
        for section in file.read_text(encoding="utf-8").split("## ")[1:]:
            name, *lines = section.splitlines()
            assert name not in found
            found[name] = {line[2:] for line in lines if line.startswith("# ")}
            assert sum(" => " in line for line in lines) >= len(found[name]) >= 1
    return found


@pytest.mark.parametrize("row", [pytest.param(one, id=one.test) for one in assumptions()])
class TestAnAssumption:
    def test_has_a_source_a_vector_and_a_test(self, row: Assumption) -> None:
        assert row.behaviour
        assert row.addresses
        assert row.vector
        test = row.test.strip("`")
        if whole := FILE.fullmatch(row.test):
            test_what_the_page_names_is_there(whole[1], whole[2])
        else:
            assert test in sections()

    def test_names_the_addresses_that_its_vectors_name(self, row: Assumption) -> None:
        test = row.test.strip("`")
        if "::" not in test:
            assert row.addresses == sections()[test]


def test_every_section_of_vectors_is_an_assumption() -> None:
    named_sections = [one.test.strip("`") for one in assumptions() if "::" not in one.test]
    assert sorted(named_sections) == sorted(sections())
