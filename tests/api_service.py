"""The API over a home in a folder, called without a network."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flow_home import a_home, drain
from oracle_etl.outside import Outside
from oracle_etl.settings import Settings
from transport_api.application import create_application

GOLDEN = Path(__file__).parent / "transport_api" / "golden"


@dataclass(frozen=True, kw_only=True)
class Api:
    """One service and a client of it."""

    home: Outside
    app: flask.Flask
    client: FlaskClient

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401 - any JSON
        **headers: str,
    ) -> TestResponse:
        """Send a request; header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {} if body is None else {"json": body}
        # Read whole and closed, as a server does when it has sent the last byte.
        return self.client.open(path, method=method, headers=named, buffered=True, **given)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:  # noqa: ANN401 - any JSON
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> TestResponse:  # noqa: ANN401 - any JSON
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self.call("DELETE", path, **headers)

    def create(self, *tables: Any, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        """Create a transport and return its document."""
        body = {"name": "nightly", "tables": list(tables) or ["EMP"], **fields}
        response = self.post("/api/transports", body)
        assert response.status_code == 201, response.json
        return document(response)

    def execute(self, transport_id: str, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        """Execute a transport and return the job's document."""
        response = self.post(f"/api/transports/{transport_id}/execute", asked)
        assert response.status_code == 202, response.json
        return document(response)

    def having(self, *, settings: Settings | None = None, **changes: Any) -> Api:  # noqa: ANN401 - any field of a home
        """Return another service over the same home, with other settings or ports."""
        home = replace(self.home, **changes)
        app = create_application(settings or Settings(), home)
        return Api(home=home, app=app, client=app.test_client())

    def work(self) -> None:
        """Let a worker do what there is to do."""
        drain(self.home)


def an_api(folder: Path, *, settings: Settings | None = None, **changes: Any) -> Api:  # noqa: ANN401 - any field of a home
    """Return a service in a folder."""
    home = a_home(folder, **changes)
    app = create_application(settings or Settings(), home)
    return Api(home=home, app=app, client=app.test_client())


def document(response: TestResponse) -> dict[str, Any]:
    read = response.json
    assert isinstance(read, dict), response.data
    return read


def golden(name: str) -> Any:  # noqa: ANN401 - any JSON
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def problem(response: TestResponse) -> tuple[int, str, dict[str, Any]]:
    """Return a problem's status, code and details, having checked its form."""
    read = document(response)
    assert response.content_type == "application/problem+json"
    assert read["status"] == response.status_code
    assert read["detail"] == read["message"] != ""
    assert len(read["trace_id"]) == 32
    return response.status_code, read["code"], read["details"]
