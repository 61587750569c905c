"""Tell how many tests ran, and whether enough of the code did: the end of `make test`.

    python tests/suite_verdict.py FOLDER

The folder holds what pytest and coverage left there: the results of each run as JUnit XML, and
the data of everything that was traced, worker processes included.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from coverage import Coverage

from emulators.google_emulators import sdk_folder

WHOLE = 100.0
MOST = 90.0
FLOORS: Mapping[str, float] = {
    "shared/oracle_etl/model/": WHOLE,
    "shared/oracle_etl/flow/": WHOLE,
    "shared/oracle_etl/gateways/google/": MOST,
    "shared/oracle_etl/gateways/": MOST,
    "shared/oracle_etl/wiring/": MOST,
    "shared/oracle_etl/": MOST,
    "shared/oracle_standin/": MOST,
    "functions/transport_api/": MOST,
    "functions/table_worker/": MOST,
    "functions/command_line/": MOST,
}
"""Lines and branches that have to run, in percent; a file belongs to the first that fits."""

OF_EMULATORS = "shared/oracle_etl/gateways/google/"
"""What hardly anything runs where Google's emulators are missing."""

Files = Mapping[str, Mapping[str, Any]]
"""By path, what coverage's JSON report says of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How the tests of some runs ended."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Ran) -> Ran:
        return Ran(
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
        )


def main() -> int:
    """Print the verdict; 1 where a test failed or too little of the code ran."""
    folder = Path(sys.argv[1])
    ran = sum(map(results, sorted(folder.glob("*.xml"))), Ran())
    files = traced_files(folder / "files.json")
    left_out = () if sdk_folder() is not None else (OF_EMULATORS,)
    missed = list(floors_missed(files, left_out=left_out))
    skipped = f", {ran.skipped:,} skipped" if ran.skipped else ""
    told = f"{ran.passed:,} tests passed, {ran.failed:,} failed{skipped}"
    sys.stdout.write("\n".join((*shares(files, left_out=left_out), *missed, told, "")))
    return int(bool(ran.failed or missed or not ran.passed))


def results(file: Path) -> Ran:
    """Read how many tests of a run passed."""
    suites = ET.parse(file).getroot().iter("testsuite")  # noqa: S314 - pytest has just written it
    counted = [{name: int(value) for name, value in _counts(each)} for each in suites]
    failed = sum(each["failures"] + each["errors"] for each in counted)
    skipped = sum(each["skipped"] for each in counted)
    return Ran(
        passed=sum(each["tests"] for each in counted) - failed - skipped,
        failed=failed,
        skipped=skipped,
    )


def _counts(suite: ET.Element) -> Iterator[tuple[str, str]]:
    return ((name, suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped"))


def traced_files(report: Path) -> Files:
    """Let coverage sum its data up, and return what it says of each file."""
    coverage = Coverage()
    coverage.load()
    coverage.json_report(outfile=str(report))
    files: Files = json.loads(report.read_text(encoding="utf-8"))["files"]
    return files


def shares(files: Files, *, left_out: Sequence[str] = ()) -> Iterator[str]:
    """Yield a line for each package: what of it ran, and what has to."""
    for package, floor in FLOORS.items():
        name = f"{package.rstrip('/'):36}"
        if package in left_out:
            yield f"{name} not counted: it needs Google's emulators, which are not installed"
        else:
            share = _share(_files_of(package, files))
            yield f"{name} {share:6.2f} % of lines and branches ran; {floor:g} % have to"


def floors_missed(files: Files, *, left_out: Sequence[str] = ()) -> Iterator[str]:
    """Yield a line for each package of which too little ran, with the places where that is."""
    for package, floor in FLOORS.items():
        found = _files_of(package, files)
        if package not in left_out and _share(found) < floor:
            yield f"too little of {package.rstrip('/')} ran:"
            yield from (f"  {line}" for line in _places(found))


def _files_of(package: str, files: Files) -> Files:
    def of(path: str) -> str | None:
        return next((each for each in FLOORS if path.startswith(each)), None)

    return {path: found for path, found in files.items() if of(path) == package}


def _share(files: Files) -> float:
    """Return the percentage as coverage reckons it; nothing at all is as if nothing had run."""
    whole = sum(_summed(each, "num_statements", "num_branches") for each in files.values())
    ran = sum(_summed(each, "covered_lines", "covered_branches") for each in files.values())
    return 100.0 * ran / whole if whole else 0.0


def _summed(found: Mapping[str, Any], *names: str) -> int:
    return sum(int(found["summary"][name]) for name in names)


def _places(files: Files) -> Iterator[str]:
    for path, found in files.items():
        lines = [f"{line}" for line in found["missing_lines"]]
        branches = [f"{start}->{_end(end)}" for start, end in found["missing_branches"]]
        if lines or branches:
            yield f"{path}: {', '.join([*lines, *branches])}"


def _end(line: int) -> str:
    return f"{line}" if line > 0 else "exit"


if __name__ == "__main__":
    sys.exit(main())
