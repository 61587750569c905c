"""`oracle-etl serve` from outside: it starts, answers, ends in order, and starts again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from command_line.api_client import ApiClient, path
from oracle_etl.settings import Secret, environment_with
from served import Served, serving

BODY = {"name": "n", "tables": ["T"], "id": "TRPID-00000001"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


NOWHERE = {
    "ORACLE_DSN": "127.0.0.1:1/NOWHERE",
    "ORACLE_USERNAME": "nobody",
    "ORACLE_PASSWORD": "unknown",
}
"""An Oracle that does not answer: these tests need none."""


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    with serving(folder, **NOWHERE) as running:
        yield running


def api(served: Served) -> ApiClient:
    return ApiClient(served.url, api_key=Secret(""))


class TestAServiceThatIsToldToEnd:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_ends_well_and_keeps_what_it_was_told(
        self, folder: Path, number: signal.Signals
    ) -> None:
        with serving(folder, **NOWHERE) as served:
            api(served).post(path("transports"), BODY)
            assert served.end(number) == 0
        with serving(folder, **NOWHERE) as again:
            assert again.get("/api/transports/TRPID-00000001")["name"] == "n"

    def test_says_all_that_it_says_as_json_lines(self, served: Served) -> None:
        served.get("/api/health/live")
        assert served.end() == 0
        messages = [said["message"] for said in served.said if "message" in said]
        assert "GET /api/health/live: 200" in messages


class TestAServiceWhoseServingProcessIsKilled:
    def test_goes_on_with_another(self, served: Served) -> None:
        killed = served.serving_pid
        os.kill(killed, signal.SIGKILL)
        assert served.next_url() == served.url
        assert served.serving_pid != killed
        assert served.get("/api/health/live")["status"] == "ok"


class TestAServiceThatIsKilled:
    def test_leaves_nothing_behind_that_serves(self, served: Served) -> None:
        served.end(signal.SIGKILL)
        assert served.is_silent
        with pytest.raises(requests.ConnectionError):
            served.get("/api/health/live")


class TestAServiceThatCannotStart:
    def test_says_so_and_ends(self, tmp_path: Path) -> None:
        ended = subprocess.run(
            (sys.executable, "-m", "command_line", "serve"),
            env=environment_with(
                SERVER_PORT="0",
                DATA_FOLDER=str(tmp_path / "data"),
                AUTH_ENABLED="true",
                AUTH_BEARER_SECRET="short",
            ),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 2
        assert "the service could not be started" in ended.stderr
        assert "openssl rand -hex 32" in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stdout + ended.stderr
        assert "listens" not in ended.stdout
