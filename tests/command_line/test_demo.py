"""The demo, whole: a stand-in, the service and its workers as processes, over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oracle_etl.settings import environment_with

LONGEST_SECONDS = 60
EVENTS = 1_000_000


def run_demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        (sys.executable, "-m", "command_line", "demo", *options),
        cwd=folder,
        env=environment_with(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.untraced
@pytest.mark.timeout(400)
class TestTheDemo:
    def test_writes_what_the_source_holds(self, tmp_path: Path) -> None:
        ended = run_demo(tmp_path, "--json")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        events = [json.loads(line) for line in ended.stdout.splitlines()]
        verified = [each["data"] for each in events if each["event"] == "verified"]
        [transport] = [each["data"] for each in events if each["event"] == "transport"]
        rows = {each["table"]: each["rows"] for each in verified}
        assert set(rows) == set(transport["tables"])
        assert len(rows) >= 8
        assert rows["SCOTT.EVENTS"] == EVENTS
        assert all(Path(file).is_file() for each in verified for file in each["files"])
        assert {"table_start", "progress", "table_complete"} <= {each["event"] for each in events}
        assert any(
            (Path(file).parent / "_SUCCESS").exists() for each in verified for file in each["files"]
        )


@pytest.mark.prove
@pytest.mark.timeout(400)
class TestTheDemoTwiceInARow:
    def test_works_in_less_than_a_minute_each(
        self, tmp_path: Path, record_property: Callable[[str, Any], None]
    ) -> None:
        for attempt in ("first", "second"):
            began = time.monotonic()
            ended = run_demo(tmp_path)
            seconds = round(time.monotonic() - began, 1)
            record_property(f"{attempt}_seconds", seconds)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            assert seconds < LONGEST_SECONDS
            record_property(f"{attempt}_says", ended.stdout.splitlines()[-1])
