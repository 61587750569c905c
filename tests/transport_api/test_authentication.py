from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from api_service import Api, document, problem
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.settings import AuthSettings, Secret, Settings
from transport_api.authentication import Authentication
from transport_api.call import Access
from transport_api.operations import OPERATIONS

SECRET = "0123456789abcdef0123456789abcdef"
KEYS = ("key-one", "key-two")
AUTH = AuthSettings(
    enabled=True, api_keys=tuple(Secret(each) for each in KEYS), bearer_secret=Secret(SECRET)
)
PATH = "/api/transports"


@pytest.fixture
def closed(api: Api) -> Api:
    """A service whose callers must authenticate."""
    return api.having(settings=Settings(auth=AUTH))


def a_token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:  # noqa: ANN401 - any claim
    soon = SystemClock().now() + timedelta(hours=1)
    return jwt.encode({"sub": "me", "exp": soon, **claims}, secret, algorithm=algorithm)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class TestAnApiKey:
    @pytest.mark.parametrize("key", KEYS)
    def test_that_is_configured_lets_in(self, closed: Api, key: str) -> None:
        assert closed.get(PATH, X_API_Key=key).status_code == 200

    @pytest.mark.parametrize("key", ["비밀 열쇠".encode(), "비밀 열쇠".encode("cp949")])
    def test_of_other_letters_lets_in_as_well(self, api: Api, key: bytes) -> None:
        configured = Secret(os.fsdecode(key))
        auth = AuthSettings(enabled=True, api_keys=(configured,))
        closed = api.having(settings=Settings(auth=auth))
        # A header is bytes; whoever hands it on to us takes them for Latin-1.
        assert closed.get(PATH, X_API_Key=key.decode("latin-1")).status_code == 200

    @pytest.mark.parametrize("key", ["", "key", "KEY-ONE", "key-one,key-two", "é", "x" * 100_000])
    def test_that_is_not_is_refused(self, closed: Api, key: str) -> None:
        response = closed.get(PATH, X_API_Key=key)
        assert problem(response)[:2] == (401, "AUTHENTICATION_ERROR")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert "key-one" not in response.get_data(as_text=True)


class TestABearerToken:
    def test_that_is_signed_and_fresh_lets_in(self, closed: Api) -> None:
        assert closed.get(PATH, **bearer(a_token())).status_code == 200
        assert closed.get(PATH, Authorization=f"bearer {a_token()}").status_code == 200

    def test_may_say_whom_it_is_for(self, closed: Api) -> None:
        assert closed.get(PATH, **bearer(a_token(aud="anybody", iss="x"))).status_code == 200

    @pytest.mark.parametrize("secret", [bytes(range(128, 160)), ("비밀" * 11).encode("cp949")])
    def test_may_be_signed_with_any_bytes(self, api: Api, secret: bytes) -> None:
        auth = AuthSettings(enabled=True, bearer_secret=Secret(os.fsdecode(secret)))
        closed = api.having(settings=Settings(auth=auth))
        token = jwt.encode({"exp": 4_000_000_000}, secret, algorithm="HS256")
        assert closed.get(PATH, **bearer(token)).status_code == 200

    def test_that_has_expired_is_refused(self, closed: Api) -> None:
        token = a_token(exp=datetime(2026, 1, 1, tzinfo=UTC))
        response = closed.get(PATH, **bearer(token))
        assert problem(response)[:2] == (401, "AUTHENTICATION_ERROR")
        assert "expired" in document(response)["message"]

    def test_without_an_expiry_is_refused(self, closed: Api) -> None:
        token = jwt.encode({"sub": "me"}, SECRET, algorithm="HS256")
        assert problem(closed.get(PATH, **bearer(token)))[0] == 401

    def test_that_is_not_valid_yet_is_refused(self, closed: Api) -> None:
        later = SystemClock().now() + timedelta(minutes=30)
        assert problem(closed.get(PATH, **bearer(a_token(nbf=later))))[0] == 401

    @pytest.mark.parametrize(
        "token",
        [
            "",
            "x",
            "a.b.c",
            a_token(secret="f" * 32),
            a_token(secret=f"{SECRET}{SECRET}", algorithm="HS512"),
            a_token()[:-2],
            "x" * 100_000,
        ],
    )
    def test_that_we_did_not_sign_is_refused(self, closed: Api, token: str) -> None:
        assert problem(closed.get(PATH, **bearer(token)))[0] == 401

    def test_without_a_signature_is_refused(self, closed: Api) -> None:
        def part(value: Mapping[str, object]) -> str:
            return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

        head, claims = {"alg": "none", "typ": "JWT"}, {"exp": 4_000_000_000}
        assert problem(closed.get(PATH, **bearer(f"{part(head)}.{part(claims)}.")))[0] == 401

    @pytest.mark.parametrize("header", ["Basic a2V5LW9uZQ==", "Bearer", "key-one", ""])
    def test_comes_as_a_bearer_token_or_not_at_all(self, closed: Api, header: str) -> None:
        assert problem(closed.get(PATH, Authorization=header))[0] == 401

    def test_opens_nothing_where_no_secret_is_set(self, api: Api) -> None:
        keys_only = AuthSettings(enabled=True, api_keys=(Secret("k"),))
        closed = api.having(settings=Settings(auth=keys_only))
        empty = jwt.encode({"exp": 4_000_000_000}, "0" * 32, algorithm="HS256")
        assert problem(closed.get(PATH, **bearer(empty)))[0] == 401


class TestACallerWithoutCredentials:
    @pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
    def test_gets_only_what_anyone_may_have(self, closed: Api, operation: Any) -> None:  # noqa: ANN401 - an Operation
        path = operation.path.replace("...", "").format(name="EMP", transport_id="t", job_id="j")
        base = "/api" if operation.is_below_api else ""
        response = closed.call(operation.method, f"{base}{path}")
        if operation.access is Access.ANYONE:
            assert response.status_code == 200
        else:
            assert problem(response)[:2] == (401, "AUTHENTICATION_ERROR")

    def test_does_not_learn_which_paths_there_are(self, closed: Api) -> None:
        assert problem(closed.get("/api/nothing"))[0] == 401
        assert problem(closed.delete("/api/jobs"))[0] == 401

    def test_gets_everything_where_authentication_is_off(self, api: Api) -> None:
        assert api.get(PATH).status_code == 200


class TestCredentialsInTheSettings:
    def test_must_be_long_enough_to_sign_with(self) -> None:
        with pytest.raises(InvalidRequest, match="AUTH_BEARER_SECRET has fewer than 32 bytes"):
            Authentication(AuthSettings(enabled=True, bearer_secret=Secret("short")))

    @pytest.mark.parametrize(
        "settings",
        [
            AuthSettings(enabled=True, api_keys=(Secret("secret:keys"),)),
            AuthSettings(enabled=True, bearer_secret=Secret("secret:bearer")),
        ],
    )
    def test_must_be_the_values_themselves(self, settings: AuthSettings) -> None:
        with pytest.raises(InvalidRequest, match="names a secret that was not fetched"):
            Authentication(settings)
