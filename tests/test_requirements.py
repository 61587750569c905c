"""docs/requirements.md maps every id of the first documents to a test, or says why not."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from fakes.memory_source import MemorySource
from flow_home import a_home, drain, put_transport, rows, start
from infra.terraform_reading import ROOTS, variables
from oracle_etl.settings import Settings

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "requirements.md"

_WRITTEN = """
FR-01.1 FR-01.2 FR-01.3 FR-02.1 FR-02.2 FR-02.3 FR-02.4 FR-03.1 FR-03.2 FR-03.3 FR-03.4
FR-04.1 FR-04.2 FR-04.3 FR-04.4 FR-05.1 FR-05.2 FR-05.3 FR-05.4 FR-05.5 FR-05.6
FR-06.1 FR-06.2 FR-06.3
NFR-01.1 NFR-01.2 NFR-01.3 NFR-01.4 NFR-02.1 NFR-02.2 NFR-02.3 NFR-02.4
NFR-03.1 NFR-03.2 NFR-03.3 NFR-03.4 NFR-04.1 NFR-04.2
TC-01 TC-02 TC-03 TC-04 BC-01 BC-02 BC-03
A-01 A-02 A-03 A-04 A-05 B-01 B-02 B-03
TC-CONN-001 TC-EXTRACT-001 TC-CHUNK-001 TC-UPLOAD-001 TC-TRANSPORT-001 TC-SSE-001
TC-PERF-001 TC-RETRY-001 TC-AUTH-001
AC-01 AC-02 AC-03 AC-04 AC-05 AC-06 AC-07 AC-08
M1-01 M1-02 M1-03 M1-04 M1-05
M2-01 M2-02 M2-03 M2-04 M2-05 M2-06 M2-07
M3-01 M3-02 M3-03 M3-04 M3-05 M3-06
M4-01 M4-02 M4-03 M4-04 M4-05 M4-06
M5-01 M5-02 M5-03 M5-04 M5-05
M6-01 M6-02 M6-03 M6-04 M6-05
M7-01 M7-02 M7-03 M7-04 M7-05
M8-01 M8-02 M8-03 M8-04 M8-05
M9-01 M9-02 M9-03 M9-04 M9-05 M9-06
"""
IDS = _WRITTEN.split()
"""Every id that the specification and the plan give to something they ask for."""

GROUPS = [f"FR-0{n}" for n in range(1, 7)] + [f"NFR-0{n}" for n in range(1, 5)]

_ID = re.compile(r"\| ((?:FR|NFR|TC|BC|AC|A|B|M\d|TC-[A-Z]+)-\d[\d.]*) \|")
_TEST = re.compile(r"`(tests/[^`]+)`")
_REASON = re.compile(r"(?:Differs|Open): \S.* because (?:\S+ ){3,}\S+")
_COLUMNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the page's tables."""

    id: str
    asked: str
    done: str
    tests: tuple[str, ...]
    difference: str

    @classmethod
    def read(cls, line: str) -> Row:
        cells = [cell.strip() for cell in line.strip().strip("|").split(" |")]
        assert len(cells) == _COLUMNS, line
        name, asked, done, shown, difference = cells
        tests = tuple(_TEST.findall(shown))
        assert shown == "<br>".join(f"`{each}`" for each in tests), line
        return cls(id=name, asked=asked, done=done, tests=tests, difference=difference)

    def faults(self) -> list[str]:
        """Return what is wrong with the line."""
        found = [f"{each} is not there" for each in self.tests if each not in existing()]
        if not self.asked or not self.done:
            found.append("it does not say what is asked and done")
        if self.difference and not _REASON.fullmatch(self.difference):
            found.append("it differs without a reason")
        if not self.tests and not self.difference:
            found.append("neither a test nor a reason")
        return found


@cache
def existing() -> frozenset[str]:
    """Return the name of every test in the tree, found by reading and without importing."""
    return frozenset(
        f"{path.relative_to(ROOT)}::{name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in names_of_tests(ast.parse(path.read_text(encoding="utf-8")).body)
    )


def names_of_tests(body: list[ast.stmt]) -> list[str]:
    found = []
    for each in body:
        if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"):
            found.append(each.name)
        elif isinstance(each, ast.ClassDef) and each.name.startswith("Test"):
            found += [f"{each.name}::{inner}" for inner in names_of_tests(each.body)]
    return found


ROWS = [Row.read(line) for line in PAGE.read_text(encoding="utf-8").splitlines() if _ID.match(line)]


class TestTheMap:
    def test_has_one_line_for_every_id_and_for_no_other(self) -> None:
        assert Counter(row.id for row in ROWS) == Counter(IDS)

    @pytest.mark.parametrize("group", GROUPS)
    def test_has_a_chapter_for_every_group(self, group: str) -> None:
        assert f"\n### {group} " in PAGE.read_text(encoding="utf-8")

    @pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
    def test_names_a_test_that_exists_or_a_reason(self, row: Row) -> None:
        assert row.faults() == []


class TestALineOfTheMap:
    GOOD = "tests/test_requirements.py::TestTheMap::test_has_a_chapter_for_every_group"

    def test_may_differ_with_a_reason(self) -> None:
        row = Row.read("| TC-01 | Go | Python | | Differs: Python, because it needs no client |")
        assert row.faults() == []

    def test_that_names_a_test_is_complete(self) -> None:
        assert Row.read(f"| TC-01 | Go | Python | `{self.GOOD}` | |").faults() == []

    @pytest.mark.parametrize(
        ("line", "fault"),
        [
            (f"| TC-01 | Go | Python | `{GOOD}s` | |", f"{GOOD}s is not there"),
            ("| TC-01 | Go | Python | | |", "neither a test nor a reason"),
            ("| TC-01 | Go | Python | | Differs: it is Python |", "it differs without a reason"),
            (f"| TC-01 | Go | Python | `{GOOD}` | Open: later |", "it differs without a reason"),
            (f"| TC-01 | Go | | `{GOOD}` | |", "it does not say what is asked and done"),
        ],
    )
    def test_with_a_fault_is_found_out(self, line: str, fault: str) -> None:
        assert Row.read(line).faults() == [fault]

    @pytest.mark.parametrize("cells", ["| TC-01 | Go |", "| TC-01 | Go | Python | see below | |"])
    def test_of_another_form_is_refused(self, cells: str) -> None:
        with pytest.raises(AssertionError, match="TC-01"):
            Row.read(cells)


class TestTheDefaults:
    def test_lie_in_seoul(self) -> None:
        assert Settings.from_environment({}).google.region == "asia-northeast3"
        assert {variables(root)["region"]["default"] for root in ROOTS} == {"asia-northeast3"}

    def test_keep_jobs_and_objects_for_ninety_days(self) -> None:
        assert Settings.from_environment({}).work.history_days == 90
        assert variables(ROOTS[0])["retention_days"]["default"] == 90

    def test_run_one_job_of_four_tables_at_once(self) -> None:
        work = Settings.from_environment({}).work
        assert (work.running_jobs, work.parallel_tables) == (1, 4)

    def test_leave_oracle_at_most_twenty_sessions_of_workers(self) -> None:
        assert Settings.from_environment({}).sources["default"].sessions == 20


class TestATableOfTwoTransports:
    def test_is_carried_by_each_into_its_own_folder(self, tmp_path: Path) -> None:
        source = MemorySource()
        source.put("EMP", [(1, "a"), (2, "b")])
        home = a_home(tmp_path, source=source)
        first = put_transport(home, "EMP", id="TRPID-00000001")
        second = put_transport(home, "EMP", id="TRPID-00000002")
        for transport in (first, second):
            start(home, transport)
            drain(home)
            written = rows(home, f"{transport.id}/v001/EMP.jsonl.gz")
            assert written == {(1, "a"): 1, (2, "b"): 1}
        home.close()
