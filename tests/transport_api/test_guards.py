from __future__ import annotations

import pytest

from api_service import Api, problem
from oracle_etl.settings import AuthSettings, HomeSettings, Secret, ServerSettings, Settings
from transport_api.operations import OPERATIONS

PAGE = "https://dashboard.example"
ASKING = {"Access_Control_Request_Method": "PATCH"}
SENT = {"name": "a", "tables": ["EMP"]}


def allowing(api: Api, *origins: str) -> Api:
    return api.having(settings=Settings(auth=AuthSettings(cors_origins=origins)))


class TestAPageOfAnotherOrigin:
    def test_changes_nothing(self, api: Api) -> None:
        response = api.post("/api/transports", SENT, Origin="https://evil.example")
        assert problem(response)[:2] == (403, "FORBIDDEN")
        assert api.get("/api/transports").json == {"transports": [], "next_page_token": None}

    @pytest.mark.parametrize(
        "origin", ["null", "http://localhost:81", "http://localhost.evil.example", "localhost", ""]
    )
    def test_cannot_pass_for_the_service_itself(self, api: Api, origin: str) -> None:
        assert problem(api.post("/api/transports", SENT, Origin=origin))[0] == 403

    def test_may_be_the_services_own(self, api: Api) -> None:
        response = api.post("/api/transports", SENT, Origin="http://localhost")
        assert response.status_code == 201

    def test_may_call_where_the_settings_allow_it(self, api: Api) -> None:
        for origins in ((PAGE,), ("*",)):
            response = allowing(api, *origins).post("/api/transports", SENT, Origin=PAGE)
            assert response.status_code == 201
            assert response.headers["Access-Control-Allow-Origin"] == PAGE
            assert "ETag" in response.headers["Access-Control-Expose-Headers"]
            assert response.headers["Vary"] == "Origin"

    def test_cannot_read_what_is_not_for_it(self, api: Api) -> None:
        response = allowing(api, PAGE).get("/api/transports", Origin="https://evil.example")
        assert "Access-Control-Allow-Origin" not in response.headers
        assert response.headers["Vary"] == "Origin"

    def test_can_read_how_old_a_list_is(self, api: Api) -> None:
        response = allowing(api, PAGE).get("/api/tables", Origin=PAGE)
        assert "Age" in response.headers
        assert "Age" in response.headers["Access-Control-Expose-Headers"].split(", ")

    def test_can_read_why_it_was_refused(self, api: Api) -> None:
        response = allowing(api, PAGE).get("/api/transports/x", Origin=PAGE)
        assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (
            404,
            PAGE,
        )


class TestABrowserThatAsksBefore:
    def test_is_told_what_it_may_send(self, api: Api) -> None:
        response = allowing(api, PAGE).call("OPTIONS", "/api/transports/x", Origin=PAGE, **ASKING)
        assert response.status_code == 204
        assert response.headers["Access-Control-Allow-Origin"] == PAGE
        assert "PATCH" in response.headers["Access-Control-Allow-Methods"]
        assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]

    def test_is_told_of_every_header_that_an_operation_reads(self, api: Api) -> None:
        response = allowing(api, PAGE).call("OPTIONS", "/api/tables", Origin=PAGE, **ASKING)
        allowed = response.headers["Access-Control-Allow-Headers"].split(", ")
        assert {name for each in OPERATIONS for name in each.headers} <= set(allowed)

    def test_needs_no_credentials_for_it(self, api: Api) -> None:
        auth = AuthSettings(enabled=True, api_keys=(Secret("k"),), cors_origins=(PAGE,))
        closed = api.having(settings=Settings(auth=auth))
        asked = closed.call("OPTIONS", "/api/jobs", Origin=PAGE, **ASKING)
        assert asked.status_code == 204
        assert closed.call("OPTIONS", "/api/jobs").status_code == 401

    def test_is_told_nothing_where_its_page_may_not_call(self, api: Api) -> None:
        response = allowing(api, PAGE).call(
            "OPTIONS", "/api/jobs", Origin="https://evil.example", **ASKING
        )
        assert response.status_code == 204
        assert not [each for each in response.headers if each[0].startswith("Access-Control")]


class TestAServiceForThisMachineOnly:
    @pytest.mark.parametrize(
        "host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "127.1.2.3"]
    )
    def test_answers_by_the_machines_own_names(self, api: Api, host: str) -> None:
        assert api.get("/api/transports", Host=host).status_code == 200

    @pytest.mark.parametrize(
        "host",
        ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "10.0.0.1"],
    )
    def test_does_not_answer_by_names_that_point_at_it(self, api: Api, host: str) -> None:
        assert problem(api.get("/api/transports", Host=host))[:2] == (403, "FORBIDDEN")

    @pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
    def test_answers_callers_on_it_by_any_kind_of_address(self, api: Api, address: str) -> None:
        for method, path in (("GET", "/api/transports"), ("POST", "/internal/tick")):
            here = {"REMOTE_ADDR": address}
            assert api.client.open(path, method=method, environ_overrides=here).status_code == 200

    @pytest.mark.parametrize("listens_on", ["127.0.0.1", "10.0.0.1", "0.0.0.0"])  # noqa: S104 - `serve` refuses it
    @pytest.mark.parametrize("address", ["10.0.0.9", "::ffff:10.0.0.9", "fe80::1%eth0"])
    def test_answers_nobody_elsewhere_whatever_name_they_call_it(
        self, api: Api, address: str, listens_on: str
    ) -> None:
        open_to_all = api.having(settings=Settings(server=ServerSettings(host=listens_on)))
        elsewhere = {"REMOTE_ADDR": address}
        response = open_to_all.client.get("/api/transports", environ_overrides=elsewhere)
        assert problem(response)[:2] == (403, "FORBIDDEN")

    @pytest.mark.parametrize(
        "settings",
        [
            Settings(auth=AuthSettings(enabled=True, api_keys=(Secret("k"),))),
            Settings(home=HomeSettings(home="google")),
        ],
    )
    def test_is_not_every_service(self, api: Api, settings: Settings) -> None:
        response = api.having(settings=settings).get(
            "/api/transports", Host="etl.example", X_API_Key="k"
        )
        assert response.status_code == 200


class TestEveryAnswer:
    def test_is_kept_by_nobody_and_taken_for_what_it_is(self, api: Api) -> None:
        for path in ("/api/transports", "/api/nothing"):
            headers = api.get(path).headers
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Content-Type-Options"] == "nosniff"
