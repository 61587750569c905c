"""A pytest plugin that stores what the tests found: outcome, duration, and recorded properties.

Used by `make prove`: `-p stored_results --results FILE`. Tests add figures with `record_property`.
"""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare where the results go."""
    parser.addoption("--results", type=Path, default=None, help="JSON file for the results")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to collect, where a file was named."""
    file: Path | None = config.getoption("--results")
    if file is not None:
        config.pluginmanager.register(_Results(file), "results-collector")


class _Results:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._found: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test's call, or what kept it from being called."""
        if report.when == "call" or not report.passed:
            self._found.append(
                {
                    "test": report.nodeid,
                    "outcome": report.outcome,
                    "phase": report.when,
                    "seconds": round(report.duration, 3),
                    "found": dict(report.user_properties),
                }
            )

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the file."""
        results = {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "exit_status": int(exitstatus),
            "tests": sorted(self._found, key=lambda each: str(each["test"])),
        }
        text = json.dumps(results, indent=1, ensure_ascii=False, default=str)
        self._file.write_text(text + "\n", encoding="utf-8")
