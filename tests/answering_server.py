"""An HTTP server on loopback that gives the answers a test puts down, and keeps what was asked."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One answer; `cut` ends the connection without ending the body."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False

    @classmethod
    def document(cls, content: object, *, status: int = 200, **headers: str) -> Given:
        """Return an answer that is a JSON document."""
        return cls(status=status, body=json.dumps(content).encode(), headers=headers)

    @classmethod
    def events(cls, text: str, *, cut: bool = False) -> Given:
        """Return an answer that is a stream of events."""
        headers = {"Content-Type": "text/event-stream"}
        return cls(body=text.encode(), headers=headers, cut=cut)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class AnsweringServer:
    """Answers requests of a method and path with what was put down for them, in order.

    The last answer put down for a request is given again and again.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[tuple[str, str], deque[Given]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def will_answer(self, request: str, *answers: Given) -> None:
        """Put down answers for a request such as `GET /api/jobs`."""
        method, path = request.split(" ", 1)
        self._answers[method, path] = deque(answers)

    def answer(self, asked: Asked) -> Given:
        """Return what was put down."""
        self.asked.append(asked)
        answers = self._answers.get((asked.method, asked.path))
        if not answers:
            return Given.document({"code": "NOT_PUT_DOWN", "message": asked.path}, status=404)
        return answers.popleft() if len(answers) > 1 else answers[0]

    @contextmanager
    def running(self) -> Iterator[AnsweringServer]:
        """Serve while the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def _handler(answering: AnsweringServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def _reply(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size)
            given = answering.answer(
                Asked(
                    method=self.command,
                    path=self.path,
                    headers=dict(self.headers),
                    body=json.loads(body) if body else None,
                )
            )
            self.send_response(given.status)
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(given.body) + given.cut))
            self.end_headers()
            self.wfile.write(given.body)

        do_GET = do_POST = do_PATCH = do_DELETE = _reply  # noqa: N815 - the names it looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            """Say nothing: pytest's output belongs to the tests."""

    return Handler
