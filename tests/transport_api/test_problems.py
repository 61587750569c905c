from __future__ import annotations

import logging
from http import HTTPStatus

import pytest

import transport_api.problems
from api_service import Api, document, problem
from fakes.away import Away
from oracle_etl.model import errors
from oracle_etl.model.errors import GiveUp, Refused, TransportError, TryAgain
from transport_api.problems import STATUS, problem_of, status_of


def error_classes() -> list[type[TransportError]]:
    found: list[type[TransportError]] = []
    for module in (errors, transport_api.problems):
        values = vars(module).values()
        found += [
            each for each in values if isinstance(each, type) and issubclass(each, TransportError)
        ]
    return list(dict.fromkeys(found))


class TestEveryError:
    @pytest.mark.parametrize("kind", error_classes())
    def test_has_a_status_that_says_whose_fault_it_is(self, kind: type[TransportError]) -> None:
        status = status_of(kind("m"))
        if issubclass(kind, Refused):
            assert 400 <= status < 500
        elif issubclass(kind, TryAgain):
            assert status is HTTPStatus.SERVICE_UNAVAILABLE

    @pytest.mark.parametrize("kind", error_classes())
    def test_has_a_code_of_its_own_or_its_parents(self, kind: type[TransportError]) -> None:
        answer = problem_of(kind("m", hint="h", details={"a": [1]}), instance="/x", trace_id="t")
        assert answer.code == kind.code == kind.code.upper()
        assert (answer.message, answer.detail, answer.hint) == ("m", "m", "h")
        assert answer.details == {"a": [1]}

    def test_is_in_the_table_only_if_it_exists(self) -> None:
        assert set(STATUS) <= set(error_classes())

    def test_keeps_the_codes_of_the_specification(self) -> None:
        codes = {each.code for each in error_classes()}
        specified = {
            *("ORACLE_CONNECTION_ERROR", "GCS_UPLOAD_ERROR", "TRANSPORT_NOT_FOUND"),
            *("VALIDATION_ERROR", "AUTHENTICATION_ERROR"),
        }
        assert specified <= codes


class TestDetails:
    def test_are_plain_whatever_they_were(self) -> None:
        error = GiveUp("m", details={"a": (1, None, {"b"}), "b": ValueError("x"), "c": 1.5})
        answer = problem_of(error, instance="/x", trace_id="t")
        assert answer.details == {"a": [1, None, "{'b'}"], "b": "x", "c": 1.5}


class TestAPathThatIsNotThere:
    @pytest.mark.parametrize(
        "path", ["/", "/api", "/api/", "/api/nothing", "/api/v2/jobs", "/api/jobs/", "/api//jobs"]
    )
    def test_is_a_problem_that_says_where_to_look(self, api: Api, path: str) -> None:
        response = api.get(path)
        assert problem(response)[:2] == (404, "PATH_NOT_FOUND")
        assert "/api/openapi.json" in document(response)["hint"]


class TestAMethodThatIsNotThere:
    def test_is_a_problem_that_names_the_others(self, api: Api) -> None:
        response = api.delete("/api/jobs")
        status, code, details = problem(response)
        assert (status, code) == (405, "METHOD_NOT_ALLOWED")
        assert details == {"methods": ["GET", "HEAD", "OPTIONS"]}
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


class TestABody:
    def test_of_more_than_a_mebibyte_is_refused(self, api: Api) -> None:
        response = api.client.post(
            "/api/transports", data=b" " * (1024 * 1024 + 1), content_type="application/json"
        )
        assert problem(response)[:2] == (413, "BODY_TOO_LARGE")
        assert response.headers["Connection"] == "close"

    def test_of_a_mebibyte_is_read(self, api: Api) -> None:
        body = b'{"name": "a", "tables": ["EMP"]}'.ljust(1024 * 1024)
        response = api.client.post("/api/transports", data=body, content_type="application/json")
        assert response.status_code == 201

    def test_that_is_not_announced_is_read_no_further(self, api: Api) -> None:
        class Endless:
            given = 0

            def read(self, size: int = -1) -> bytes:
                assert size >= 0, "everything was asked for"
                self.given += size
                return b" " * size

            def readline(self, size: int = -1) -> bytes:
                return self.read(size)

        endless = Endless()
        response = api.client.post(
            "/api/transports",
            content_type="application/json",
            environ_overrides={
                "wsgi.input": endless,
                "wsgi.input_terminated": True,
                "CONTENT_LENGTH": "",
            },
            headers={"Transfer-Encoding": "chunked"},
        )
        assert problem(response)[:2] == (413, "BODY_TOO_LARGE")
        assert endless.given < 4 * 1024 * 1024

    def test_that_breaks_off_is_refused(self, api: Api) -> None:
        response = api.client.post(
            "/api/transports",
            data=b"{}",
            content_type="application/json",
            environ_overrides={"CONTENT_LENGTH": "100"},
        )
        assert problem(response)[:2] == (400, "VALIDATION_ERROR")

    @pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
    def test_must_be_said_to_be_json(self, api: Api, kind: str) -> None:
        response = api.client.post("/api/transports", data=b"{}", content_type=kind)
        assert problem(response)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")

    def test_may_name_its_character_set(self, api: Api) -> None:
        response = api.client.post(
            "/api/transports",
            data=b'{"name": "a", "tables": ["EMP"]}',
            content_type="Application/JSON; charset=utf-8",
        )
        assert response.status_code == 201


class TestABug:
    def test_is_answered_without_its_insides(
        self, api: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken = api.having(book=Away(ZeroDivisionError("at host-x")))
        response = broken.get("/api/jobs")
        assert problem(response)[:2] == (500, "INTERNAL_ERROR")
        assert "host-x" not in response.get_data(as_text=True)
        assert "ZeroDivisionError: at host-x" in caplog.text
        assert [each.getMessage() for each in caplog.records if each.levelno > logging.INFO] == [
            "a bug"
        ]


class TestAnOutageOfTheState:
    def test_says_when_to_come_again(self, api: Api) -> None:
        away = api.having(book=Away(errors.BookAway("the state is away")))
        response = away.get("/api/jobs")
        assert problem(response)[:2] == (503, "STATE_UNAVAILABLE")
        assert int(response.headers["Retry-After"]) > 0


class TestTheTraceOfAProblem:
    TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

    @pytest.mark.parametrize(
        "headers",
        [
            {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"},
            {"X_Cloud_Trace_Context": f"{TRACE}/1;o=1"},
            {"X_Cloud_Trace_Context": TRACE},
        ],
    )
    def test_is_the_requests(self, api: Api, headers: dict[str, str]) -> None:
        assert document(api.get("/api/x", **headers))["trace_id"] == self.TRACE

    @pytest.mark.parametrize("given", ["", "x", "00-zz-00-01", f"{TRACE}0"])
    def test_is_a_new_one_where_the_request_has_none(self, api: Api, given: str) -> None:
        read = document(api.get("/api/x", traceparent=given, X_Cloud_Trace_Context=given))
        assert read["trace_id"] != self.TRACE
        assert len(read["trace_id"]) == 32


class TestTheIdOfARequest:
    def test_is_the_callers_where_it_is_a_sane_one(self, api: Api) -> None:
        response = api.get("/api/health/live", X_Request_ID="run-17.a")
        assert response.headers["X-Request-ID"] == "run-17.a"

    @pytest.mark.parametrize("given", ["", "a b", "x" * 129, "é", '"'])
    def test_is_a_new_one_otherwise(self, api: Api, given: str) -> None:
        response = api.get("/api/health/live", X_Request_ID=given)
        assert response.headers["X-Request-ID"] != given
        assert len(response.headers["X-Request-ID"]) == 32
