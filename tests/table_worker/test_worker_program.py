"""The worker as a program: how it ends, and by what name its work is found."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from flow_home import a_home, put_transport, start
from oracle_etl.settings import ExecutionSettings, Settings, environment_with
from table_worker.__main__ import worker_name

PROGRAM = ("-m", "table_worker")
WITH_A_BUG = """
import sys
from table_worker import __main__ as worker

def broken(settings):
    raise ZeroDivisionError(f"with {settings.auth.api_keys[0].reveal()}")

worker.wire_worker = broken
sys.exit(worker.main())
"""


def run_worker(
    folder: Path, program: tuple[str, str] = PROGRAM, /, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a worker over the home in a folder, with nothing else set."""
    environment = environment_with(DATA_FOLDER=str(folder), ETL_IDLE="100ms", **settings)
    return subprocess.run(  # noqa: S603 - our own program
        (sys.executable, *program),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestAWorker:
    def test_that_finds_no_work_ends_well(self, tmp_path: Path) -> None:
        assert run_worker(tmp_path).returncode == 0

    def test_whose_table_cannot_be_read_says_so_in_the_book_and_ends_well(
        self, tmp_path: Path
    ) -> None:
        with closing(a_home(tmp_path)) as home:
            job = start(home, put_transport(home, "EMP"))
            ended = run_worker(tmp_path, ETL_ATTEMPTS="1")
            assert ended.returncode == 0
            after = home.book.job(job.id)
            assert after.failure is not None
            assert "ORACLE_DSN" in after.failure.message + after.failure.hint

    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"ETL_LEASE": "soon"}, "ETL_LEASE"),
            ({"ORACLE_ETL_HOME": "elsewhere"}, "ORACLE_ETL_HOME"),
        ],
    )
    def test_that_cannot_work_at_all_says_what_to_set(
        self, tmp_path: Path, settings: dict[str, str], said: str
    ) -> None:
        ended = run_worker(tmp_path, **settings)
        assert ended.returncode == 1
        assert said in ended.stderr
        assert "Traceback" not in ended.stderr

    def test_that_finds_no_state_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "state.db").mkdir()
        ended = run_worker(tmp_path)
        assert (ended.returncode, ended.stderr) == (1, "")
        line = json.loads(ended.stdout)
        assert line["severity"] == "ERROR"
        assert "the state file cannot be used" in line["message"]
        assert "Traceback" not in line["message"]

    def test_that_meets_a_bug_tells_it_in_one_line_without_secrets(self, tmp_path: Path) -> None:
        ended = run_worker(tmp_path, ("-c", WITH_A_BUG), AUTH_API_KEYS="hunter2")
        assert (ended.returncode, ended.stderr) == (1, "")
        line = json.loads(ended.stdout)
        assert line["severity"] == "ERROR"
        assert "ZeroDivisionError: with [hidden]" in line["message"]


class TestItsName:
    def test_on_cloud_run_is_that_of_its_task(self) -> None:
        place = ExecutionSettings(execution="worker-x7k2p", task_index="3", task_attempt="1")
        name = worker_name(Settings(worker=place), "0123456789")
        assert name == "worker-x7k2p/3/1-0123"

    def test_on_a_machine_is_its_hosts_and_no_other_workers(self) -> None:
        names = {worker_name(Settings(), f"{number}" * 8) for number in range(2)}
        assert len(names) == 2
        assert all(name.startswith(f"{socket.gethostname()}-") for name in names)
