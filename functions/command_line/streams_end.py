"""Let event streams end with the service that sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Event
from typing import Any

StartResponse = Callable[..., Any]
WebApplication = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class StreamsEnd:
    """Cuts event streams when the service ends; their clients come back with the last event's id.

    Without this, a browser that looks on would keep the service from ending for minutes.
    """

    def __init__(self, application: WebApplication, ending: Event) -> None:
        self._application = application
        self._ending = ending

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request as the application does."""
        is_stream = Event()

        def start(status: str, headers: list[tuple[str, str]], *more: object) -> object:
            if dict(headers).get("Content-Type", "").startswith("text/event-stream"):
                is_stream.set()
            return start_response(status, headers, *more)

        body = self._application(environ, start)
        return _Cut(body, self._ending) if is_stream.is_set() else body


class _Cut:
    def __init__(self, body: Iterable[bytes], ending: Event) -> None:
        self._body = body
        self._ending = ending

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._body:
            yield chunk
            if self._ending.is_set():
                return

    def close(self) -> None:
        """Close the application's body, as WSGI asks."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()
