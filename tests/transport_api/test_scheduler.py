from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest

from api_service import Api, document, problem
from fakes.away import Away
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.errors import QueueAway
from oracle_etl.settings import AuthSettings, HomeSettings, Secret, Settings
from transport_api.application import create_application
from transport_api.scheduler import SIGNATURE_REMOVED

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


def stripped(**claims: Any) -> str:  # noqa: ANN401 - any claim
    """Return a token as Cloud Run hands it on, its signature checked and taken away."""
    now = SystemClock().now()
    whole = {
        **CLAIMS,
        "aud": AUDIENCE,
        "iss": "https://accounts.google.com",
        "exp": now + timedelta(hours=1),
        **claims,
    }
    signed = jwt.encode(whole, "k" * 32, algorithm="HS256")
    return signed.rpartition(".")[0] + "." + SIGNATURE_REMOVED


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

    def test_needs_a_key_as_all_calls_do(self, api: Api) -> None:
        """A proxy on this machine may not say that it speaks for others."""
        auth = AuthSettings(enabled=True, api_keys=(Secret("k"),))
        closed = api.having(settings=Settings(auth=auth))
        assert problem(closed.post("/internal/tick"))[0] == 401
        assert closed.post("/internal/tick", X_API_Key="k").status_code == 200

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


class TestATokenThatCloudRunHasChecked:
    behind_iam = replace(GOOGLE, auth=replace(GOOGLE.auth, behind_iam=True))

    def status(self, api: Api, settings: Settings, **headers: str) -> int:
        return verifying(api, {}, settings).post("/internal/tick", **headers).status_code

    @pytest.mark.parametrize("header", ["Authorization", "X-Serverless-Authorization"])
    def test_is_believed_without_its_signature(self, api: Api, header: str) -> None:
        assert self.status(api, self.behind_iam, **{header: f"Bearer {stripped()}"}) == 200

    def test_is_believed_only_where_nobody_passes_cloud_run_by(self, api: Api) -> None:
        assert self.status(api, GOOGLE, Authorization=f"Bearer {stripped()}") == 401

    def test_comes_before_the_callers_own_header(self, api: Api) -> None:
        """Cloud Run looks at one header alone, so the other one proves nothing."""
        forged = {
            "X-Serverless-Authorization": f"Bearer {stripped(email='other@x')}",
            "Authorization": f"Bearer {stripped()}",
        }
        assert self.status(api, self.behind_iam, **forged) == 403

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "https://other.example"},
            {"iss": "https://evil.example"},
            {"exp": SystemClock().now() - timedelta(minutes=1)},
        ],
    )
    def test_is_checked_in_all_else(self, api: Api, claims: dict[str, Any]) -> None:
        header = f"Bearer {stripped(**claims)}"
        assert self.status(api, self.behind_iam, Authorization=header) == 401

    @pytest.mark.parametrize("token", [f".{SIGNATURE_REMOVED}", f"a.b.{SIGNATURE_REMOVED}"])
    def test_must_be_one(self, api: Api, token: str) -> None:
        assert self.status(api, self.behind_iam, Authorization=f"Bearer {token}") == 401
