"""The HTTP API from the caller's side: requests, problems, pages and event streams."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from command_line.api_problems import document_in, not_reached, refuse_problems
from command_line.event_stream import ServerEvent, read_events
from command_line.exits import BadUsage, Unreachable
from oracle_etl.loopback import is_loopback
from oracle_etl.settings import Secret

Answer = dict[str, Any]

LARGEST_PAGE = 500

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 660.0
"""Longer than the server waits for Oracle (ORACLE_CALL_TIMEOUT), so that it can say so itself."""
_SILENCE_SECONDS = 60.0
"""A stream is silent no longer than its heartbeat; after this it is taken for dead."""
_ALIVE_SECONDS = 10.0
"""A stream that was heard for so long was not broken: in a job that waits, nothing happens."""
_PATIENCE = 10
"""How often a broken stream is resumed without a single event in between."""
_LONGEST_WAIT_SECONDS = 15.0


def path(*parts: str) -> str:
    """Return an API path; what users typed is quoted."""
    return "/api/" + "/".join(quote(_named(part), safe="") for part in parts)


def _named(part: str) -> str:
    # These would name another path, as those of an empty variable in a script do.
    if part in {"", ".", ".."}:
        raise BadUsage(f"{part!r} is no id and no name", hint="is a variable empty?")
    return _as_text(part)


def _as_text(typed: str) -> str:
    try:
        typed.encode()
    except UnicodeEncodeError as error:
        raise BadUsage(f"{typed!r} is not text", hint="write it in UTF-8") from error
    return typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server answered: the document, and the headers that matter."""

    body: Answer
    etag: str | None = None
    status: int = 200


class ApiClient:
    """Calls one server with one key."""

    def __init__(
        self,
        url: str,
        *,
        api_key: Secret,
        wait: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        host = _host_of(url)
        self.url = url.rstrip("/")
        self._wait = wait
        self._now = now
        self._heard_at = now()
        self._session = requests.Session()
        # A proxy from the environment must not stand between this machine and itself.
        self._session.trust_env = not is_loopback(host)
        if api_key:
            self._session.headers["X-API-Key"] = _sendable(api_key)

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
    ) -> Pages:
        """Return the items of a list, page after page, `most` of them at most."""
        return Pages(
            lambda token: self.get(path, query={**query, "page_token": token}).body, key, most
        )

    def events(self, path: str) -> Iterator[ServerEvent]:
        """Yield a stream's events up to `complete`, resuming it wherever it breaks off.

        Where the server is away, a `disconnected` of our own says so once.
        """
        last_id: str | None = None
        failures, is_away = 0, False
        while True:
            began = self._heard_at = self._now()
            try:
                for event in self._stream(path, last_id):
                    last_id, failures, is_away = event.id or last_id, 0, False
                    yield event
                    if event.name == "complete":
                        return
                broken = Unreachable("the event stream ends again and again without an event")
                is_away = False
            except Unreachable as error:
                broken = error
                if not is_away:
                    yield ServerEvent(name="disconnected", data={"message": error.message})
                is_away = True
            is_alive = self._heard_at - began >= _ALIVE_SECONDS
            failures = 1 if is_alive else failures + 1
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
                refuse_problems(response)
                yield from read_events(self._arriving(response))
        except (requests.RequestException, HTTPError) as error:
            raise not_reached(self.url, error) from error

    def _arriving(self, response: requests.Response) -> Iterator[bytes]:
        # read1 returns what has arrived, whether or not the reply is chunked.
        while chunk := response.raw.read1(65536, decode_content=True):
            self._heard_at = self._now()
            yield chunk

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
                params={name: _as_text(f"{value}") for name, value in given.items()},
                json=body,
                headers=dict(headers or {}),
                # The server's answer to a redirected request would not be ours to trust with a key.
                allow_redirects=False,
                timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
            )
        except requests.RequestException as error:
            raise not_reached(self.url, error) from error
        refuse_problems(response)
        return Reply(
            body=document_in(response) if response.content else {},
            etag=response.headers.get("ETag"),
            status=response.status_code,
        )


class Pages:
    """A list, asked for page by page as far as it is read."""

    def __init__(self, ask: Callable[[str | None], Answer], key: str, most: int | None) -> None:
        self._ask = ask
        self._key = key
        self._most = most
        self.is_cut_off = False
        """Whether there is more than was wanted; known at the end."""

    def __iter__(self) -> Iterator[Answer]:
        """Yield the items."""
        token, wanted = None, self._most
        while True:
            page = self._ask(token)
            items, token = page[self._key], page.get("next_page_token")
            if wanted is not None and len(items) >= wanted:
                self.is_cut_off = len(items) > wanted or bool(token)
                yield from items[:wanted]
                return
            yield from items
            if not token:
                return
            wanted = None if wanted is None else wanted - len(items)


def _host_of(url: str) -> str:
    """Return the host of a server's address; BadUsage where it is none."""
    try:
        parts = urlsplit(url)
        # It knows more of what cannot be asked than this module should.
        requests.Request("GET", url).prepare()
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadUsage(
            f"{url!r} is not the address of a server",
            hint="set ORACLE_ETL_URL or --url to something like http://127.0.0.1:8080",
        )
    return parts.hostname


def _sendable(api_key: Secret) -> str:
    key = api_key.reveal()
    if key != key.strip() or not (key.isascii() and key.isprintable()):
        raise BadUsage(
            "the API key has what no key can have: a blank or an end of line around it, or a "
            "letter beyond ASCII",
            hint="set ORACLE_ETL_API_KEY to the key alone",
        )
    return key
