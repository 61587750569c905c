"""What ends `make test`: the number of tests, and the floors under what of the code they run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suite_verdict import FLOORS, OF_EMULATORS, Files, Ran, floors_missed, results, shares

ROOT = Path(__file__).parents[1]
FLOW = "shared/oracle_etl/flow/tick.py"
SUITE = '<testsuite tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"/>'


def a_file(*, ran: int, of: int, branches: tuple[int, int] = (0, 0), **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the report
    return {
        "summary": {
            "covered_lines": ran,
            "num_statements": of,
            "covered_branches": branches[0],
            "num_branches": branches[1],
        },
        "missing_lines": [],
        "missing_branches": [],
        **more,
    }


def all_whole(**others: dict[str, Any]) -> Files:
    """Return a report in which one file of each package ran whole."""
    return {f"{package}a.py": a_file(ran=5, of=5) for package in FLOORS} | others


class TestTheFloors:
    def test_hold_where_everything_ran(self) -> None:
        assert list(floors_missed(all_whole())) == []

    def test_are_under_every_package_of_the_code(self) -> None:
        folders = [ROOT / "functions", ROOT / "shared"]
        packages = {
            f"{each.relative_to(ROOT)}/"
            for folder in folders
            for each in folder.iterdir()
            if (each / "__init__.py").exists() or each.name == "oracle_etl"
        }
        assert packages <= FLOORS.keys()

    def test_let_no_line_of_the_flow_stay_unrun(self) -> None:
        report = all_whole(**{FLOW: a_file(ran=999, of=1000, missing_lines=[7])})
        assert list(floors_missed(report)) == [
            "too little of shared/oracle_etl/flow ran:",
            f"  {FLOW}: 7",
        ]

    def test_let_no_branch_of_the_flow_stay_unrun(self) -> None:
        missing = [[3, 9], [4, -1]]
        report = all_whole(**{FLOW: a_file(ran=9, of=9, branches=(2, 4), missing_branches=missing)})
        assert list(floors_missed(report))[1:] == [f"  {FLOW}: 3->9, 4->exit"]

    @pytest.mark.parametrize(("ran", "missed"), [(899, True), (900, False)])
    def test_are_lower_elsewhere(self, ran: int, *, missed: bool) -> None:
        report = dict(all_whole())
        report["functions/table_worker/a.py"] = a_file(ran=ran, of=1000)
        assert bool(list(floors_missed(report))) is missed

    def test_are_missed_by_a_package_of_which_nothing_is_known(self) -> None:
        report = {path: found for path, found in all_whole().items() if "model" not in path}
        assert list(floors_missed(report)) == ["too little of shared/oracle_etl/model ran:"]


class TestAMachineWithoutEmulators:
    def test_leaves_their_gateways_out_and_says_so(self) -> None:
        report = dict(all_whole())
        report[f"{OF_EMULATORS}a.py"] = a_file(ran=0, of=5)
        assert list(floors_missed(report)) != []
        assert list(floors_missed(report, left_out=(OF_EMULATORS,))) == []
        [line] = [each for each in shares(report, left_out=(OF_EMULATORS,)) if "google" in each]
        assert "not counted: it needs Google's emulators" in line


class TestTheNumberOfTests:
    def test_is_that_of_all_runs(self, tmp_path: Path) -> None:
        first, second = tmp_path / "a.xml", tmp_path / "b.xml"
        whole = SUITE.format(tests=10, failures=1, errors=2, skipped=3)
        first.write_text(f"<testsuites>{whole}</testsuites>")
        second.write_text(SUITE.format(tests=5, failures=0, errors=0, skipped=0))
        assert results(first) + results(second) == Ran(passed=9, failed=3, skipped=3)
