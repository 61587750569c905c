from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from api_service import Api, document, problem
from fakes.away import Away
from oracle_etl.model.errors import QueueAway
from oracle_etl.settings import AuthSettings, HomeSettings, Settings
from transport_api.application import create_application

ACCOUNT = "tick@project.iam.example"
AUDIENCE = "https://etl.example"
GOOGLE = Settings(
    home=HomeSettings(home="google"), auth=AuthSettings(tick_account=ACCOUNT, audience=AUDIENCE)
)
CLAIMS: dict[str, Any] = {"email": ACCOUNT, "email_verified": True}


def verifying(api: Api, claims: Mapping[str, Any], settings: Settings = GOOGLE) -> Api:
    """Return a Google home for which the token `good` has these claims, and no other is valid."""

    def verify(token: str, audience: str) -> Mapping[str, Any]:
        if token != "good" or audience != AUDIENCE:
            raise ValueError("the token is false")
        return claims

    app = create_application(settings, api.home, verify=verify)
    return Api(home=api.home, app=app, client=app.test_client())


class TestTheTickOfThisMachine:
    def test_says_what_it_did(self, api: Api) -> None:
        made = api.create("EMP", schedule={"cron": "0 * * * *"})
        api.home.clock.wait(3600)
        response = api.post("/internal/tick")
        assert response.status_code == 200
        [job_id] = document(response)["jobs_started"]
        assert document(api.get(f"/api/jobs/{job_id}"))["transport_id"] == made["id"]

    def test_is_nobody_elses(self, api: Api) -> None:
        response = api.client.post("/internal/tick", environ_overrides={"REMOTE_ADDR": "10.0.0.9"})
        assert problem(response)[:2] == (403, "FORBIDDEN")

    @pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded"])
    def test_is_not_taken_from_a_proxy_on_it(self, api: Api, header: str) -> None:
        assert problem(api.post("/internal/tick", **{header: "10.0.0.9"}))[0] == 403

    def test_logs_what_it_could_not_do(self, api: Api, caplog: pytest.LogCaptureFixture) -> None:
        away = api.having(queue=Away(QueueAway("the queue is away")))
        report = document(away.post("/internal/tick"))
        assert report["problems"] == ["the queue is away"]
        assert "the tick could not do all: the queue is away" in caplog.text


class TestTheTickOfTheScheduler:
    def test_is_let_in_with_its_token(self, api: Api) -> None:
        google = verifying(api, CLAIMS)
        assert google.post("/internal/tick", Authorization="Bearer good").status_code == 200

    @pytest.mark.parametrize("header", ["Bearer bad", "Bearer", "good", ""])
    def test_is_refused_with_any_other(self, api: Api, header: str) -> None:
        response = verifying(api, CLAIMS).post("/internal/tick", Authorization=header)
        assert problem(response)[0] == 401

    def test_is_refused_without_one_also_from_this_machine(self, api: Api) -> None:
        assert problem(verifying(api, CLAIMS).post("/internal/tick"))[0] == 401

    @pytest.mark.parametrize(
        "claims",
        [
            {},
            {"email": ACCOUNT},
            {"email": ACCOUNT, "email_verified": "true"},
            {"email": "other@project.iam.example", "email_verified": True},
        ],
    )
    def test_is_that_of_one_account(self, api: Api, claims: dict[str, Any]) -> None:
        response = verifying(api, claims).post("/internal/tick", Authorization="Bearer good")
        assert problem(response)[0] == 403

    @pytest.mark.parametrize(
        "auth", [AuthSettings(audience=AUDIENCE), AuthSettings(tick_account=ACCOUNT)]
    )
    def test_is_nobodys_where_nobody_is_named(self, api: Api, auth: AuthSettings) -> None:
        settings = Settings(home=HomeSettings(home="google"), auth=auth)
        google = verifying(api, {**CLAIMS, "email": ""}, settings)
        response = google.post("/internal/tick", Authorization="Bearer good")
        assert problem(response)[0] == 403
        assert "TICK_SERVICE_ACCOUNT" in document(response)["hint"]
