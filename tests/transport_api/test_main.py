from __future__ import annotations

import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import flask
import pytest

from builders import NOON, a_job, a_table, a_transport
from contracts.together import all_at_once
from journey_homes.last_to_leave import ends_with_us
from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook
from oracle_etl.model.job import JobStatus
from oracle_etl.model.progress import Stage, StageName
from oracle_etl.model.work import WorkStatus
from transport_api import main
from transport_api.application import SERVICE
from transport_api.service import Service

MAIN = Path(__file__).parents[2] / "functions" / "transport_api" / "main.py"
JOB = a_job(status=JobStatus.RUNNING)
TABLE = a_table(
    status=WorkStatus.RUNNING, stages=(Stage(name=StageName.PLANNING, at=NOON),), started_at=NOON
)
SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Server:
    """The function as functions-framework serves it, in a process of its own."""

    port: int
    data_folder: Path

    @contextmanager
    def asked(self, method: str, path: str, **more: Any) -> Iterator[HTTPResponse]:  # noqa: ANN401 - as HTTPConnection
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)) as connection:
            connection.request(method, path, **more)
            with connection.getresponse() as response:
                yield response


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data_folder = tmp_path_factory.mktemp("service")
    inherited = os.environ.items()  # noqa: TID251 - what any process needs
    kept = {name: value for name, value in inherited if name.startswith(("PATH", "HOME", "COV"))}
    process = subprocess.Popen(  # noqa: S603 - our own program
        [
            *(sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "4"),
            *("--bind", "127.0.0.1:0", f"functions_framework:create_app('api', '{MAIN}')"),
        ],
        env={**kept, "DATA_FOLDER": f"{data_folder}"},
        cwd=ends_with_us(data_folder),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Server(port=_port(process), data_folder=data_folder)
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


def _port(process: subprocess.Popen[str]) -> int:
    """Return the port that the server says it listens on."""
    said = []
    for line in process.stderr or ():
        said.append(line)
        found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line)
        if found:
            return int(found[1])
    raise AssertionError("".join(said))


class TestTheImportedFunction:
    def test_has_built_nothing_yet(self) -> None:
        # The server imports it, forks, and only then calls it.
        looked = "import sys, transport_api.main; print('oracle_etl.wiring' in sys.modules)"
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", looked], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "False"


class TestTheCalledFunction:
    @pytest.fixture(autouse=True)
    def surroundings(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("DATA_FOLDER", f"{tmp_path}")
        root = logging.getLogger()
        handlers, level = list(root.handlers), root.level
        yield
        service: Service = main.built_application().extensions[SERVICE]
        service.outside.close()
        main._application.cache_clear()
        root.handlers[:] = handlers
        root.setLevel(level)

    def called(self, path: str, **more: Any) -> flask.Response:  # noqa: ANN401 - as Flask has it
        here = {"REMOTE_ADDR": "127.0.0.1"}
        with flask.Flask("framework").test_request_context(path, environ_base=here, **more):
            response = flask.make_response(main.api(flask.request))
            # What the framework would read once more is not there any more.
            assert flask.request.get_data() == b""
            return response

    def test_answers(self) -> None:
        response = self.called("/api/transports")
        assert response.json == {"transports": [], "next_page_token": None}

    def test_reads_the_body_itself(self) -> None:
        response = self.called("/api/transports", method="POST", json={"name": "a"})
        assert response.status_code == 400
        assert (response.json or {})["details"] == {"tables": "is needed"}

    def test_is_built_once(self) -> None:
        built: list[flask.Flask] = []
        all_at_once([lambda: built.append(main.built_application())] * 8)
        assert len(set(built)) == 1


class TestTheServedFunction:
    def test_answers(self, server: Server) -> None:
        with server.asked("GET", "/api/health") as response:
            assert response.status == 200
            assert b'"state":{"status":"ok"' in response.read()

    def test_answers_problems_as_problems(self, server: Server) -> None:
        with server.asked("GET", "/nothing") as response:
            assert response.status == 404
            assert response.headers["Content-Type"] == "application/problem+json"

    def test_refuses_what_cannot_be(self, server: Server) -> None:
        body = b'{"name": "a", "tables": ["EMP"], "source": "nobody"}'
        headers = {"Content-Type": "application/json"}
        with server.asked("POST", "/api/transports", body=body, headers=headers) as response:
            assert response.status == 400
            assert b"there is no source 'nobody'" in response.read()

    def test_reads_no_further_than_a_mebibyte(self, server: Server) -> None:
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as line:
            line.sendall(
                b"POST /api/transports HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            line.sendall(chunk * 17)
            # The body has not ended, and the answer is there all the same.
            assert line.recv(12) == b"HTTP/1.1 413"

    @pytest.mark.parametrize(
        "framing",
        [
            b"Content-Length: 5\r\nTransfer-Encoding: chunked",
            b"Content-Length: 5\r\nContent-Length: 0",
            b"Content-Length: 5, 0",
            b"Transfer-Encoding: xchunked",
            b"Transfer-Encoding : chunked",
        ],
    )
    def test_takes_no_request_whose_end_can_be_told_in_two_ways(
        self, server: Server, framing: bytes
    ) -> None:
        smuggled = b"GET /api/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as line:
            line.sendall(
                b"POST /api/transports HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\n" + framing + b"\r\n\r\n0\r\n\r\n" + smuggled
            )
            answers = b"".join(iter(partial(line.recv, 65536), b""))
        assert answers.count(b"HTTP/1.1 ") == 1
        assert b'"status":"ok"' not in answers

    def test_sends_events_as_they_happen(self, server: Server) -> None:
        database = Database(server.data_folder / "state.db")
        book = SqliteJobBook(database)
        book.transact(lambda entries: entries.put_transport(a_transport()))
        book.transact(lambda entries: entries.put_job(JOB))
        book.transact(lambda entries: entries.put_table(TABLE))
        with server.asked("GET", f"/api/jobs/{JOB.id}/events") as response:
            # The job runs on, so whatever can be read was not held back.
            lines = iter(response.readline, b"")
            first = next(each for each in lines if each.startswith(b"event"))
            assert first == b"event: table_start\n"
            ended = a_job(status=JobStatus.FAILED)
            book.transact(lambda entries: entries.put_job(ended))
            assert b"event: complete\n" in list(lines)
        database.close()
