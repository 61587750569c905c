from __future__ import annotations

import itertools
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from answering_server import AnsweringServer, Given
from command_line import api_client
from command_line.api_client import ApiClient, path
from command_line.exits import BadUsage, NotAuthorised, ServerRefused, Stop, Unreachable
from oracle_etl.settings import Secret, SourceSettings
from oracle_standin.tls import Authority

COMPLETE = 'id: {}\nevent: complete\ndata: {{"status": "completed"}}\n\n'
PROGRESS = 'id: {}\nevent: progress\ndata: {{"table": "T"}}\n\n'


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def api(server: AnsweringServer, waited: list[float]) -> ApiClient:
    return ApiClient(server.url, api_key=Secret("key-1"), wait=waited.append)


@pytest.fixture
def unknown_certificate(tmp_path: Path) -> Iterator[str]:
    """The address of a server whose certificate no client has reason to trust."""
    context = Authority.founded(tmp_path).server_context(client_certificates=ssl.CERT_NONE)
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class TestACall:
    def test_shows_the_key_and_returns_the_document_with_its_etag(
        self, api: ApiClient, server: AnsweringServer
    ) -> None:
        server.will_answer("GET /api/transports/T", Given.document({"id": "T"}, ETag='"1"'))
        reply = api.get(path("transports", "T"))
        assert (reply.body, reply.etag) == ({"id": "T"}, '"1"')
        assert server.asked[0].headers["X-API-Key"] == "key-1"

    def test_quotes_what_users_typed(self, api: ApiClient, server: AnsweringServer) -> None:
        with pytest.raises(ServerRefused):
            api.get(path("tables", "a/../b?c#d"))
        assert server.asked[0].path == "/api/tables/a%2F..%2Fb%3Fc%23d"

    def test_changes_only_what_it_has_seen(self, api: ApiClient, server: AnsweringServer) -> None:
        server.will_answer("PATCH /api/transports/T", Given.document({}))
        api.patch(path("transports", "T"), {"name": "n"}, etag='"7"')
        assert server.asked[0].headers["If-Match"] == '"7"'
        assert server.asked[0].body == {"name": "n"}

    def test_leaves_out_what_was_not_asked_for(
        self, api: ApiClient, server: AnsweringServer
    ) -> None:
        server.will_answer("GET /api/jobs?status=failed", Given.document({"jobs": []}))
        assert api.get(path("jobs"), query={"status": "failed", "transport": None}).status == 200


class TestAProblem:
    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        [
            (400, "VALIDATION_ERROR", ServerRefused),
            (404, "JOB_NOT_FOUND", ServerRefused),
            (409, "TRANSPORT_RUNNING", ServerRefused),
            (412, "PRECONDITION_FAILED", ServerRefused),
            (403, "FORBIDDEN", NotAuthorised),
            (403, "ACCESS_DENIED", ServerRefused),
            (429, "TOO_MANY", Unreachable),
            (500, "INTERNAL_ERROR", Unreachable),
            (503, "STATE_UNAVAILABLE", Unreachable),
        ],
    )
    def test_becomes_the_way_of_ending_that_its_status_means(
        self, api: ApiClient, server: AnsweringServer, status: int, code: str, kind: type[Stop]
    ) -> None:
        problem = {"code": code, "message": "so it is", "hint": "do that", "details": {"f": "g"}}
        server.will_answer("GET /api/jobs", Given.document(problem, status=status))
        with pytest.raises(kind, match="so it is") as raised:
            api.get(path("jobs"))
        assert raised.value.problem == problem
        assert raised.value.hint == "do that"

    def test_that_is_no_document_still_says_its_status(
        self, api: ApiClient, server: AnsweringServer
    ) -> None:
        server.will_answer("GET /api/jobs", Given(status=502, body=b"<html>bad gateway"))
        with pytest.raises(Unreachable, match="HTTP 502"):
            api.get(path("jobs"))

    def test_without_a_key_says_which_setting_gives_one(
        self, api: ApiClient, server: AnsweringServer
    ) -> None:
        problem = {"code": "AUTHENTICATION_ERROR", "message": "who is it", "hint": "send X-API-Key"}
        answers = (Given.document(problem, status=401), Given(status=401, body=b""))
        server.will_answer("GET /api/jobs", *answers)
        for message in ("who is it", "HTTP 401"):
            with pytest.raises(NotAuthorised, match=message) as raised:
                api.get(path("jobs"))
            assert "ORACLE_ETL_API_KEY" in raised.value.hint


class TestAServer:
    def test_that_is_not_there_is_named(self) -> None:
        api = ApiClient("http://127.0.0.1:1", api_key=Secret(""))
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1 does not answer") as raised:
            api.get(path("jobs"))
        assert "oracle-etl serve" in raised.value.hint

    def test_that_answers_something_else_is_refused(
        self, api: ApiClient, server: AnsweringServer
    ) -> None:
        server.will_answer("GET /api/jobs", Given(body=b"[1]"))
        with pytest.raises(Unreachable, match="not a JSON document"):
            api.get(path("jobs"))

    def test_that_redirects_does_not_get_the_key_sent_elsewhere(
        self, api: ApiClient, server: AnsweringServer
    ) -> None:
        away = f"{server.url}/elsewhere"
        server.will_answer("GET /api/jobs", Given(status=302, headers={"Location": away}))
        with pytest.raises(ServerRefused, match="redirect"):
            api.get(path("jobs"))
        assert [each.path for each in server.asked] == ["/api/jobs"]

    @pytest.mark.parametrize(
        "url",
        [
            *("127.0.0.1:8080", "ftp://host", "http://", "nonsense", "http://[::1"),
            *("http://host:99999", "http://host:port", "http://a b", "http://\udce9"),
        ],
    )
    def test_needs_an_address(self, url: str) -> None:
        with pytest.raises(BadUsage, match="not the address"):
            ApiClient(url, api_key=Secret(""))

    @pytest.mark.parametrize("key", ["secret-1\r", "secret-1\n", " secret-1", "secret-1열쇠"])
    def test_is_not_sent_what_is_no_key(self, key: str) -> None:
        with pytest.raises(BadUsage, match="API key") as raised:
            ApiClient("http://127.0.0.1:1", api_key=Secret(key))
        assert "secret-1" not in f"{raised.value} {raised.value.hint}"

    def test_that_cannot_be_trusted_is_told_from_one_that_is_away(
        self, unknown_certificate: str
    ) -> None:
        api = ApiClient(unknown_certificate, api_key=Secret(""))
        with pytest.raises(Unreachable, match="certificate verify failed") as raised:
            api.get(path("jobs"))
        assert "REQUESTS_CA_BUNDLE" in raised.value.hint

    def test_behind_a_proxy_that_is_away_is_told_from_one_that_is(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        api = ApiClient("http://etl.example.org", api_key=Secret(""))
        with pytest.raises(Unreachable, match="the proxy on the way") as raised:
            api.get(path("jobs"))
        assert "HTTPS_PROXY" in raised.value.hint

    def test_of_something_else_that_refuses_is_suspected(
        self, api: ApiClient, server: AnsweringServer
    ) -> None:
        server.will_answer("GET /api/jobs", Given(status=404, body=b"<html>not here"))
        with pytest.raises(ServerRefused, match="HTTP 404") as raised:
            api.get(path("jobs"))
        assert "ORACLE_ETL_URL" in raised.value.hint

    def test_has_the_time_that_oracle_has_to_answer_it(self) -> None:
        assert SourceSettings().call_timeout < api_client._ANSWER_SECONDS


class TestAList:
    def test_goes_on_through_its_pages(self, api: ApiClient, server: AnsweringServer) -> None:
        first = {"jobs": [{"id": 1}, {"id": 2}], "next_page_token": "t"}
        server.will_answer("GET /api/jobs", Given.document(first))
        server.will_answer("GET /api/jobs?page_token=t", Given.document({"jobs": [{"id": 3}]}))
        found = api.pages(path("jobs"), "jobs", query={})
        assert [each["id"] for each in found] == [1, 2, 3]

    def test_asks_for_no_page_beyond_what_is_wanted(
        self, api: ApiClient, server: AnsweringServer
    ) -> None:
        first = {"jobs": [{"id": 1}, {"id": 2}], "next_page_token": "t"}
        server.will_answer("GET /api/jobs", Given.document(first))
        assert [each["id"] for each in api.pages(path("jobs"), "jobs", query={}, most=2)] == [1, 2]
        assert len(server.asked) == 1

    @pytest.mark.parametrize(
        ("most", "is_cut_off"), [(None, False), (1, True), (2, True), (3, False), (4, False)]
    )
    def test_tells_whether_there_was_more_than_was_wanted(
        self, api: ApiClient, server: AnsweringServer, most: int | None, *, is_cut_off: bool
    ) -> None:
        first = {"jobs": [{"id": 1}, {"id": 2}], "next_page_token": "t"}
        server.will_answer("GET /api/jobs", Given.document(first))
        server.will_answer("GET /api/jobs?page_token=t", Given.document({"jobs": [{"id": 3}]}))
        found = api.pages(path("jobs"), "jobs", query={}, most=most)
        assert len(list(found)) == min(most or 3, 3)
        assert found.is_cut_off is is_cut_off


class TestANameThatUsersType:
    @pytest.mark.parametrize("name", ["", ".", "..", "\udce9"])
    def test_that_would_be_another_path_is_refused(self, name: str) -> None:
        with pytest.raises(BadUsage):
            path("jobs", name)

    def test_that_is_not_text_is_refused(self, api: ApiClient) -> None:
        with pytest.raises(BadUsage, match="is not text"):
            api.get(path("tables"), query={"search": "\udce9"})


Watch = Callable[[], list[str | None]]


@pytest.fixture
def watch(api: ApiClient) -> Watch:
    return lambda: [event.id for event in api.events(path("jobs", "J", "events"))]


class TestAnEventStream:
    def test_ends_with_complete(self, server: AnsweringServer, watch: Watch) -> None:
        stream = PROGRESS.format(1) + COMPLETE.format(2) + PROGRESS.format(3)
        server.will_answer("GET /api/jobs/J/events", Given.events(stream))
        assert watch() == ["1", "2"]

    @pytest.mark.parametrize("cut", [True, False])
    def test_is_resumed_after_the_last_event_that_came(
        self, server: AnsweringServer, watch: Watch, *, cut: bool
    ) -> None:
        server.will_answer(
            "GET /api/jobs/J/events",
            Given.events(PROGRESS.format(1) + PROGRESS.format(2) + "id: 3\nev", cut=cut),
            Given.document({"code": "TOO_MANY_STREAMS"}, status=503),
            Given.events(COMPLETE.format(3)),
        )
        assert [each for each in watch() if each] == ["1", "2", "3"]
        assert [each.headers.get("Last-Event-ID") for each in server.asked] == [None, "2", "2"]

    def test_is_given_up_when_nothing_comes_any_more(
        self, server: AnsweringServer, watch: Watch, waited: list[float]
    ) -> None:
        server.will_answer("GET /api/jobs/J/events", Given.document({}, status=503))
        with pytest.raises(Unreachable):
            watch()
        assert len(server.asked) == 10
        assert waited == sorted(waited)

    def test_says_once_that_the_server_is_away(
        self, server: AnsweringServer, api: ApiClient
    ) -> None:
        away = Given.document({"message": "the state is away"}, status=503)
        ended, back = Given.events(PROGRESS.format(1)), Given.events(COMPLETE.format(2))
        server.will_answer("GET /api/jobs/J/events", ended, away, away, ended, away, back)
        events = list(api.events(path("jobs", "J", "events")))
        told = ["progress", "disconnected"]
        assert [each.name for each in events] == [*told, *told, "complete"]
        assert events[1].data == {"message": "the state is away"}

    def test_that_only_ever_ends_is_given_up(self, server: AnsweringServer, watch: Watch) -> None:
        server.will_answer("GET /api/jobs/J/events", Given.events(": heartbeat\n\n"))
        with pytest.raises(Unreachable, match="without an event"):
            watch()

    def test_in_which_nothing_happens_for_hours_is_followed_to_its_end(
        self, server: AnsweringServer
    ) -> None:
        heard = itertools.count(step=60)
        api = ApiClient(
            server.url, api_key=Secret(""), wait=lambda _: None, now=lambda: next(heard)
        )
        silent = [Given.events(": heartbeat\n\n")] * 50
        server.will_answer("GET /api/jobs/J/events", *silent, Given.events(COMPLETE.format(1)))
        assert [event.name for event in api.events(path("jobs", "J", "events"))] == ["complete"]

    def test_of_no_job_is_refused_at_once(self, server: AnsweringServer, watch: Watch) -> None:
        with pytest.raises(ServerRefused):
            watch()
        assert len(server.asked) == 1
