"""infra/smoke_test.py, against stand-ins of the metadata server, IAM credentials and the API."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType

import pytest

from infra.terraform_reading import INFRA

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
    """What answers; `health` holds the statuses of GET /api/health in turn, the last one stays."""

    address: str
    health: list[int] = field(default_factory=lambda: [200])
    audience: str = ""
    waits: list[float] = field(default_factory=list)

    def next_health(self) -> int:
        return self.health.pop(0) if len(self.health) > 1 else self.health[0]

    def smoke_test(self) -> int:
        code: int = loaded().main(
            [self.address, ACCOUNT],
            metadata=f"{self.address}/metadata",
            credentials=f"{self.address}/credentials",
            wait=self.waits.append,
        )
        return code


class Answering(BaseHTTPRequestHandler):
    deployed: Deployed

    def do_GET(self) -> None:
        if self.path == "/metadata" and self.headers["Metadata-Flavor"] == "Google":
            self.answer(200, {"access_token": "access"})
        elif self.headers["Authorization"] != "Bearer identity":
            self.answer(403, {})
        elif self.path == "/api/health/live":
            self.answer(200, {"status": "live"})
        else:
            self.answer(self.deployed.next_health(), {"status": "tested"})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.headers["Authorization"] == "Bearer access"
        if not known or self.path != f"/credentials/{ACCOUNT}:generateIdToken":
            self.answer(403, {})
            return
        self.deployed.audience = asked["audience"]
        self.answer(200, {"token": "identity"})

    def answer(self, status: int, body: dict[str, str]) -> None:
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
        assert '/api/health: 200 {"status": "tested"}' in capsys.readouterr().out

    def test_is_asked_with_a_token_made_for_it(self, deployed: Deployed) -> None:
        deployed.smoke_test()
        assert deployed.audience == deployed.address

    def test_may_take_a_moment_to_let_the_account_in(self, deployed: Deployed) -> None:
        deployed.health = [403, 403, 200]
        assert deployed.smoke_test() == 0
        assert len(deployed.waits) == 2


class TestADeploymentThatIsNotWell:
    def test_fails_and_shows_why(
        self, deployed: Deployed, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deployed.health = [503]
        assert deployed.smoke_test() == 1
        assert '/api/health: 503 {"status": "tested"}' in capsys.readouterr().out
