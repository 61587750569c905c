"""The documents name every command, setting and error code, and point at what is there."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

import commands_page
from command_line import exits
from command_line.exits import Stop
from oracle_etl.model import errors
from oracle_etl.model.errors import TransportError
from oracle_etl.settings import GROUPS
from transport_api import problems
from transport_api.problems import status_of

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ERRORS = DOCS / "errors.md"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob(".github/*.md"), *ROOT.glob("infra/*.md")]) + sorted(
    DOCS.rglob("*.md")
)

_CODE_LINE = re.compile(r"^\| `([A-Z_]+)` \| (\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
_GIVEN_CODE = re.compile(r'\bcode="([A-Z_]+)"')
_LINK = re.compile(r"\]\((?!https?:)([^)\s]*)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def broken_links(page: Path) -> Iterator[str]:
    for link in _LINK.findall(_FENCE.sub("", text_of(page))):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


def settings_variables() -> list[str]:
    return [
        each.metadata["variable"]
        for group in GROUPS
        for each in fields(group)
        if "variable" in each.metadata
    ]


def kinds_in(module: object, kind: type[T]) -> set[type[T]]:
    found = vars(module).values()
    return {each for each in found if isinstance(each, type) and issubclass(each, kind)}


def codes_in_the_code() -> dict[str, int]:
    """Return each code with its HTTP status, or the exit code where only the command has it."""
    answered = {
        each.code: int(status_of(each("m")))
        for module in (errors, problems)
        for each in kinds_in(module, TransportError)
    }
    ended = {each.code: each.exit_code for each in kinds_in(exits, Stop)}
    return {**ended, **answered}


def is_named(library: str, records: str) -> bool:
    """Tell whether records name a library; Google's may stand in a list as `-storage`."""
    pattern = library.replace("google-cloud-", "(google-cloud)?-")
    return re.search(rf"(?<![\w-]){pattern}(?![\w-])", records) is not None


class TestTheCommands:
    def test_are_all_in_their_page_with_every_option(self) -> None:
        page = text_of(commands_page.PAGE)
        assert page == commands_page.page(), "python tests/commands_page.py writes it anew"

    def test_were_found(self) -> None:
        found = {context.command_path for context in commands_page.commands()}
        assert {"oracle-etl serve", "oracle-etl jobs watch"} <= found


def attributes_read() -> set[str]:
    """Return the names of all attributes that the product reads outside its settings."""
    modules = [each for each in product_modules() if not each.name.startswith("setting")]
    trees = (ast.walk(ast.parse(text_of(each))) for each in modules)
    return {node.attr for nodes in trees for node in nodes if isinstance(node, ast.Attribute)}


class TestTheSettings:
    def test_are_each_read_by_something(self) -> None:
        declared = {each.name for group in GROUPS for each in fields(group)}
        # The group itself makes the address of the DSN and this name.
        assert declared - attributes_read() == {"tns_name"}

    @pytest.mark.parametrize("readme", ["README.md", "README.ko.md"])
    def test_are_all_in_both_readmes(self, readme: str) -> None:
        text = text_of(ROOT / readme)
        assert [each for each in settings_variables() if f"| `{each}` |" not in text] == []


def product_modules() -> list[Path]:
    return [*ROOT.glob("shared/oracle_etl/**/*.py"), *ROOT.glob("functions/**/*.py")]


def codes_given_to_values() -> set[str]:
    """Return the codes that are written beside a value instead of in an error's class."""
    return {code for each in product_modules() for code in _GIVEN_CODE.findall(text_of(each))}


class TestTheErrors:
    def test_of_whole_jobs_are_in_their_page_too(self) -> None:
        given = codes_given_to_values()
        assert "TABLES_FAILED" in given
        assert [each for each in given if f"| `{each}` |" not in text_of(ERRORS)] == []

    def test_are_all_in_their_page_with_their_status(self) -> None:
        told = [(code, int(number)) for code, number, _, _ in _CODE_LINE.findall(text_of(ERRORS))]
        assert sorted(told) == sorted(codes_in_the_code().items())

    def test_have_each_a_meaning_of_their_own(self) -> None:
        meanings = [meaning for _, _, meaning, _ in _CODE_LINE.findall(text_of(ERRORS))]
        assert len(set(meanings)) == len(meanings)


class TestTheIndex:
    def test_names_every_page(self) -> None:
        index = DOCS / "index.md"
        named = {(DOCS / link).resolve() for link in _LINK.findall(text_of(index))}
        assert [f"{page.relative_to(ROOT)}" for page in PAGES if page not in named | {index}] == []


class TestAPage:
    @pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
    def test_links_to_what_is_there(self, page: Path) -> None:
        assert list(broken_links(page)) == []

    def test_with_a_broken_link_is_found_out(self, tmp_path: Path) -> None:
        page = tmp_path / "page.md"
        page.write_text("# A, b\n[x](none.md) [y](#a-b) [z](#c)\n```\n[code](not.md)\n```\n")
        assert list(broken_links(page)) == ["none.md", "#c"]


class TestARecord:
    RECORDS = sorted((DOCS / "decisions").glob("*.md"))

    @pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
    def test_has_a_number_of_its_own_in_name_and_title(self, record: Path) -> None:
        number = record.name.split("-")[0]
        assert text_of(record).startswith(f"# {number}")
        assert [each for each in self.RECORDS if each.name.startswith(f"{number}-")] == [record]


class TestTheDependencies:
    def test_are_each_named_by_a_record(self) -> None:
        declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        listed = [
            *declared["project"]["dependencies"],
            *declared["project"]["optional-dependencies"]["standin"],
            *declared["dependency-groups"]["dev"],
        ]
        names = {re.split(r"[^\w-]", each)[0] for each in listed}
        records = "\n".join(text_of(record) for record in TestARecord.RECORDS)
        assert {"oracledb", "ruff"} <= names
        assert sorted(name for name in names if not is_named(name, records)) == []
