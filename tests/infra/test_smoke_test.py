"""infra/smoke_test.py, against stand-ins of the metadata server, IAM credentials and the API."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import pytest

from infra.terraform_reading import INFRA

WELL = {
    "status": "tested",
    **{part: {"status": "ok"} for part in ("state", "queue", "object_store", "oracle")},
}
AWAY = {"status": "down", "code": "ORACLE_CONNECTION_ERROR"}
ACCOUNT = "oracle-etl-build@p.iam.gserviceaccount.com"


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("smoke_test", INFRA / "smoke_test.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(slots=True)
class Deployed:
    """What answers; `live` and `health` hold statuses in turn, the last one stays."""

    address: str
    live: list[int] = field(default_factory=lambda: [200])
    health: list[int] = field(default_factory=lambda: [200])
    parts: dict[str, object] = field(default_factory=lambda: dict(WELL))
    audience: str = ""
    waits: list[float] = field(default_factory=list)

    def smoke_test(self, *more: str) -> int:
        code: int = loaded().main(
            [self.address, ACCOUNT, *more],
            metadata=f"{self.address}/metadata",
            credentials=f"{self.address}/credentials",
            wait=self.waits.append,
        )
        return code


def next_of(statuses: list[int]) -> int:
    return statuses.pop(0) if len(statuses) > 1 else statuses[0]


class Answering(BaseHTTPRequestHandler):
    deployed: Deployed

    def do_GET(self) -> None:
        if self.path == "/metadata" and self.headers["Metadata-Flavor"] == "Google":
            self.answer(200, {"access_token": "access"})
        elif self.headers["Authorization"] != "Bearer identity":
            self.answer(403, {})
        elif self.path == "/api/health/live":
            self.answer(next_of(self.deployed.live), {"status": "live"})
        else:
            status = next_of(self.deployed.health)
            self.answer(status, self.deployed.parts if status in {200, 503} else {})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.headers["Authorization"] == "Bearer access"
        if not known or self.path != f"/credentials/{ACCOUNT}:generateIdToken":
            self.answer(403, {})
            return
        self.deployed.audience = asked["audience"]
        self.answer(200, {"token": "identity"})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def deployed() -> Iterator[Deployed]:
    class Handler(Answering):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Handler.deployed = Deployed(address=f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Handler.deployed
        finally:
            server.shutdown()
            thread.join()


class TestADeploymentThatIsWell:
    def test_passes_and_shows_the_answers(
        self, deployed: Deployed, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert deployed.smoke_test() == 0
        assert '/api/health: 200 {"status": "tested"' in capsys.readouterr().out

    def test_is_asked_with_a_token_made_for_it(self, deployed: Deployed) -> None:
        deployed.smoke_test()
        assert deployed.audience == deployed.address

    def test_may_take_minutes_to_let_the_account_in(self, deployed: Deployed) -> None:
        deployed.live = [*(24 * [403]), 200]
        assert deployed.smoke_test() == 0
        assert sum(deployed.waits) == 240

    def test_may_take_a_moment_to_look_at_its_parts(self, deployed: Deployed) -> None:
        deployed.health = [500, 500, 200]
        assert deployed.smoke_test() == 0
        assert len(deployed.waits) == 2


class TestADeploymentThatIsNotWell:
    @pytest.mark.parametrize("part", ["state", "queue", "object_store", "oracle"])
    @pytest.mark.parametrize("status", [200, 503])
    def test_fails_and_names_the_part_whatever_the_status(
        self, deployed: Deployed, capsys: pytest.CaptureFixture[str], part: str, status: int
    ) -> None:
        deployed.health = [status]
        deployed.parts[part] = AWAY
        assert deployed.smoke_test() == 1
        assert f"not well: {part} is down ORACLE_CONNECTION_ERROR\n" in capsys.readouterr().out
        assert len(deployed.waits) == 5

    @pytest.mark.parametrize("told", [{"status": "unknown"}, None, "ok"])
    def test_fails_where_a_part_is_not_told_of(self, deployed: Deployed, told: object) -> None:
        deployed.parts["queue"] = told
        assert deployed.smoke_test() == 1

    def test_fails_where_it_lets_nobody_in(
        self, deployed: Deployed, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployed.live = [403]
        assert deployed.smoke_test() == 1
        told = capsys.readouterr().out
        assert "/api/health/live answered 403\n" in told
        assert f"{deployed.address}/api/health:" not in told

    def test_fails_where_its_health_tells_nothing(
        self, deployed: Deployed, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployed.health = [500]
        assert deployed.smoke_test() == 1
        assert "not well: state is not told of" in capsys.readouterr().out

    def test_fails_where_it_is_not_there(self, deployed: Deployed) -> None:
        gone = loaded()
        [status, _] = gone._get("http://127.0.0.1:9/api/health", "identity")
        assert status == 0


class TestAPartThatMayBeAway:
    def test_fails_nothing(self, deployed: Deployed) -> None:
        deployed.parts["oracle"] = AWAY
        assert deployed.smoke_test("oracle") == 0
        assert deployed.smoke_test("") == 1

    def test_is_one_that_there_is(
        self, deployed: Deployed, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert deployed.smoke_test("oracle,database") == 2
        assert "no part is called database" in capsys.readouterr().err

    def test_leaves_the_others_needed(self, deployed: Deployed) -> None:
        deployed.parts["state"] = AWAY
        assert deployed.smoke_test("oracle,queue") == 1


class TestUsage:
    def test_is_said_where_nothing_was_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert loaded().main([]) == 2
        assert "usage" in capsys.readouterr().err
