from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import stored_results

TESTS = """
def test_that_found_something(record_property):
    record_property("rows", 1234)

def test_that_fails():
    assert False
"""


class TestAProof:
    def test_leaves_what_it_found(self, tmp_path: Path) -> None:
        (tmp_path / "test_proof.py").write_text(TESTS)
        results = tmp_path / "results.json"
        place = str(Path(stored_results.__file__).parent)
        command = (sys.executable, "-m", "pytest", "-p", "stored_results", "-p", "no:randomly")
        run = subprocess.run(  # noqa: S603 - pytest on a test of our own
            [*command, "--results", str(results), "-c", os.devnull, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": place},  # noqa: TID251 - a test's own process
            capture_output=True,
            check=False,
        )
        assert run.returncode == pytest.ExitCode.TESTS_FAILED
        found = json.loads(results.read_text())
        assert [(each["outcome"], each["found"]) for each in found["tests"]] == [
            ("failed", {}),
            ("passed", {"rows": 1234}),
        ]
        assert found["exit_status"] == 1
