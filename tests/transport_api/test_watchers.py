from __future__ import annotations

from datetime import datetime, timedelta

from api_service import Api, document, problem
from oracle_etl.ports import Clock, WatcherToken
from oracle_etl.settings import AuthSettings, GoogleSettings, Secret, Settings

SETTINGS = Settings(google=GoogleSettings(project_id="p", database="book"))
LOCKED = Settings(auth=AuthSettings(enabled=True, api_keys=(Secret("k1"),)))


class SignIn:
    """Signs nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def token(self, *, tenant: str) -> WatcherToken:
        return WatcherToken(text=f"for {tenant}", expires_at=self._clock.now() + timedelta(hours=1))


class TestSigningIn:
    def test_gives_a_page_all_that_it_needs(self, api: Api) -> None:
        google = api.having(settings=SETTINGS, sign_in=SignIn(api.home.clock))
        response = google.post("/api/watchers/sign-in")
        given = document(response)
        expires_at = datetime.fromisoformat(given.pop("expires_at"))
        assert expires_at - api.home.clock.now() == timedelta(hours=1)
        assert given == {
            "custom_token": "for default",
            "tenant": "default",
            "project_id": "p",
            "database": "book",
        }
        assert response.headers["Cache-Control"] == "no-store"

    def test_is_for_callers_who_may_read(self, api: Api) -> None:
        google = api.having(settings=LOCKED, sign_in=SignIn(api.home.clock))
        assert problem(google.post("/api/watchers/sign-in"))[0] == 401
        assert google.post("/api/watchers/sign-in", X_API_Key="k1").status_code == 200

    def test_is_told_what_to_do_instead_where_nobody_can(self, api: Api) -> None:
        response = api.post("/api/watchers/sign-in")
        assert problem(response)[:2] == (404, "PATH_NOT_FOUND")
        assert "/events" in document(response)["hint"]
