"""The HTTP API from the caller's side: requests, problems, pages and event streams."""

from __future__ import annotations

import ipaddress
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from command_line.event_stream import ServerEvent, read_events
from command_line.exits import BadUsage, NotAuthorised, ServerRefused, Stop, Unreachable
from oracle_etl.settings import Secret

Answer = dict[str, Any]

LARGEST_PAGE = 500

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 60.0
_SILENCE_SECONDS = 60.0
"""A stream is silent no longer than its heartbeat; after this it is taken for dead."""
_PATIENCE = 10
"""How often a broken stream is resumed without a single event in between."""
_LONGEST_WAIT_SECONDS = 15.0
_UNKNOWN_CALLER = 401
_UNAUTHORISED = {_UNKNOWN_CALLER, 403}
_OVERLOADED = 429
_SERVER_FAULT = 500


def path(*parts: str) -> str:
    """Return an API path; what users typed is quoted."""
    return "/api/" + "/".join(quote(part, safe="") for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server answered: the document, and the headers that matter."""

    body: Answer
    etag: str | None = None
    status: int = 200


class ApiClient:
    """Calls one server with one key."""

    def __init__(
        self, url: str, *, api_key: Secret, wait: Callable[[float], None] = time.sleep
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BadUsage(
                f"{url!r} is not the address of a server",
                hint="set ORACLE_ETL_URL or --url to something like http://127.0.0.1:8080",
            )
        self.url = url.rstrip("/")
        self._wait = wait
        self._session = requests.Session()
        # A proxy from the environment must not stand between this machine and itself.
        self._session.trust_env = not is_loopback(parts.hostname)
        if api_key:
            self._session.headers["X-API-Key"] = api_key.reveal()

    def get(self, path: str, *, query: Mapping[str, object] | None = None) -> Reply:
        """Read a document."""
        return self._call("GET", path, query=query)

    def post(
        self,
        path: str,
        body: Answer | None = None,
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask for something to be made or done."""
        return self._call("POST", path, query=query, body=body, headers=headers)

    def patch(
        self,
        path: str,
        body: Answer,
        *,
        etag: str | None,
        query: Mapping[str, object] | None = None,
    ) -> Reply:
        """Change a document, where it still is what the ETag stands for."""
        headers = {"If-Match": etag} if etag else None
        return self._call("PATCH", path, query=query, body=body, headers=headers)

    def delete(self, path: str) -> Reply:
        """Remove a document."""
        return self._call("DELETE", path)

    def pages(
        self, path: str, key: str, *, query: Mapping[str, object], most: int | None = None
    ) -> Iterator[Answer]:
        """Yield the items of a list, page after page, `most` of them at most."""
        return itertools.islice(self._all_pages(path, key, query), most)

    def _all_pages(self, path: str, key: str, query: Mapping[str, object]) -> Iterator[Answer]:
        token = None
        while True:
            page = self.get(path, query={**query, "page_token": token}).body
            yield from page[key]
            token = page.get("next_page_token")
            if not token:
                return

    def events(self, path: str) -> Iterator[ServerEvent]:
        """Yield a stream's events up to `complete`, resuming it wherever it breaks off."""
        last_id: str | None = None
        failures = 0
        while True:
            try:
                for event in self._stream(path, last_id):
                    last_id, failures = event.id or last_id, 0
                    yield event
                    if event.name == "complete":
                        return
                broken = Unreachable("the event stream ends again and again without an event")
            except Unreachable as error:
                broken = error
            failures += 1
            if failures == _PATIENCE:
                raise broken
            self._wait(min(2.0 ** (failures - 1), _LONGEST_WAIT_SECONDS))

    def _stream(self, path: str, last_id: str | None) -> Iterator[ServerEvent]:
        headers = {"Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        try:
            with self._session.get(
                self.url + path,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(_CONNECT_SECONDS, _SILENCE_SECONDS),
            ) as response:
                _check(response)
                # read1 returns what has arrived, whether or not the reply is chunked.
                arriving = iter(lambda: response.raw.read1(65536, decode_content=True), b"")
                yield from read_events(arriving)
        except (requests.RequestException, HTTPError) as error:
            raise self._unreachable(error) from error

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Answer | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        try:
            response = self._session.request(
                method,
                self.url + path,
                params={name: str(value) for name, value in given.items()},
                json=body,
                headers=dict(headers or {}),
                # The server's answer to a redirected request would not be ours to trust with a key.
                allow_redirects=False,
                timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
            )
        except requests.RequestException as error:
            raise self._unreachable(error) from error
        _check(response)
        return Reply(
            body=_document(response) if response.content else {},
            etag=response.headers.get("ETag"),
            status=response.status_code,
        )

    def _unreachable(self, error: Exception) -> Unreachable:
        late = isinstance(error, requests.Timeout)
        return Unreachable(
            f"{self.url} {'did not answer in time' if late else 'does not answer'}",
            hint="is the server running (`oracle-etl serve`), and is ORACLE_ETL_URL its address?",
        )


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _check(response: requests.Response) -> None:
    if response.ok and not response.is_redirect:
        return
    raise _stopped(response)


def _stopped(response: requests.Response) -> Stop:
    status = response.status_code
    if response.is_redirect:
        return ServerRefused(
            f"the server answers with a redirect to {response.headers['Location']}",
            hint="set ORACLE_ETL_URL to the address it should be",
        )
    problem = _problem(response)
    message = str(problem.get("message") or problem.get("detail") or f"HTTP {status}")
    hint = str(problem.get("hint") or "")
    # 403 ACCESS_DENIED is Oracle's word about the service's account, not ours about the caller.
    if status in _UNAUTHORISED and problem.get("code") != "ACCESS_DENIED":
        # The server's hint names the header; who calls through us gives the key another way.
        if status == _UNKNOWN_CALLER or not hint:
            hint = "set ORACLE_ETL_API_KEY to one of the server's AUTH_API_KEYS"
        return NotAuthorised(message, hint=hint, problem=problem)
    if status == _OVERLOADED or status >= _SERVER_FAULT:
        return Unreachable(message, hint=hint, problem=problem)
    return ServerRefused(message, hint=hint, problem=problem)


def _problem(response: requests.Response) -> Answer:
    try:
        return _document(response)
    except (Unreachable, requests.RequestException):
        return {"status": response.status_code, "message": f"HTTP {response.status_code}"}


def _document(response: requests.Response) -> Answer:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Unreachable(
            "the server's answer is not a JSON document",
            hint="is ORACLE_ETL_URL the address of an oracle-etl server?",
        )
    return body
