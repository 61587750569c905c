"""docs/watch.md, as it stands: its program tells every stage of every table, and soon."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from google_home.heard_stages import SOON_SECONDS, code_of_page, stages_told, stages_written
from google_home.listening_program import two_programs
from google_home.watched_home import NAMES, ROWS, watched_home
from google_home.write_times import write_times


@pytest.mark.emulators
class TestTheProgramForPython:
    def test_tells_two_listeners_every_stage_in_order_and_soon(self, tmp_path: Path) -> None:
        with watched_home(tmp_path, bytes_per_second=60_000) as home:
            job = home.api.execute(home.api.create([f"SHOP.{name}" for name in NAMES]))
            with (
                write_times(home.project, job) as times,
                two_programs(tmp_path, project=home.project, job=job) as programs,
            ):
                for each in programs:
                    each.end()
            written = stages_written(home.api.tables(job))
        assert "returned" in [stage for stage, _ in written["WATCHED_B"]]
        for each in programs:
            assert stages_told(each.heard) == written
            assert each.said[-3:] == [f"{name} completed {ROWS} rows" for name in NAMES]
            assert max(times.lags(each.heard)) < SOON_SECONDS


class TestTheCodeForAPage:
    def test_is_javascript(self, tmp_path: Path) -> None:
        node = shutil.which("node")
        if node is None:
            pytest.skip("node is not here to read JavaScript")
        program = tmp_path / "watch.mjs"
        program.write_text(code_of_page("javascript"))
        checked = subprocess.run([node, "--check", str(program)], check=False)  # noqa: S603 - found on the path
        assert checked.returncode == 0
