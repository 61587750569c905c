"""A small Cloud Storage on loopback: the parts of its JSON API that oracle-etl uses, with faults.

Resumable sessions answer 308 with the range they hold, preconditions are kept, checksums are
compared, at most 32 objects are composed at once. What it cannot do it answers with 501.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from google_fakes.storage_contents import Contents, Held, Rejected, Session, crc32c_text
from google_fakes.storage_faults import (
    Answer,
    BreakWithin,
    Claim,
    Damage,
    Fault,
    Faults,
    Forget,
    KeepOnly,
    LoseReply,
    LoseRequest,
    Replace,
    Step,
)

_GRANULE = 256 * 1024
_PAGE = 100


class _Broken(Exception):
    """The connection is to break without an answer."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    breaks_after: int | None = None
    """How many bytes of the body come, where the connection breaks within it."""

    @classmethod
    def of(cls, value: object) -> _Reply:
        return cls(200, json.dumps(value).encode(), (("Content-Type", "application/json"),))


@dataclass(frozen=True, slots=True)
class _ContentRange:
    """`bytes 0-9/*`, `bytes 0-9/10`, `bytes */*` or `bytes */10`."""

    first: int | None
    total: int | None

    @classmethod
    def parse(cls, text: str) -> _ContentRange:
        span, _, total = text.removeprefix("bytes ").partition("/")
        first = None if span == "*" else int(span.split("-")[0])
        return cls(first, None if total == "*" else int(total))


class FakeCloudStorage:
    """The server: what it holds, what is to go wrong, and what it was asked."""

    def __init__(self, *buckets: str) -> None:
        self.contents = Contents(*buckets)
        self.faults = Faults()
        self.asked: list[Step] = []
        """Every request's kind, in the order in which they came."""
        handler = type("_BoundHandler", (_Handler,), {"cloud": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @property
    def endpoint(self) -> str:
        """The address to use in place of https://storage.googleapis.com."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Return everything that is published in a bucket."""
        return self.contents.objects(bucket)

    @contextmanager
    def serving(self) -> Iterator[FakeCloudStorage]:
        """Answer requests until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    cloud: ClassVar[FakeCloudStorage]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing: a test's output is its result."""

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.left = int(self.headers.get("Content-Length", "0"))
        try:
            step, reply = self._route(parts.path)
            self.cloud.asked.append(step)
            self._answer(self._faulty(step, reply))
        except Rejected as error:
            self._answer(_error(error.status, error.message))
        except (_Broken, ConnectionError):
            self.close_connection = True

    def _route(self, path: str) -> tuple[Step, Any]:
        if path.startswith("/upload/"):
            return self._upload_route(path)
        path = path.removeprefix("/download")
        _, _, rest = path.partition("/storage/v1/b/")
        pieces = [unquote(piece) for piece in rest.split("/")]
        match (self.command, pieces):
            case ("GET", [bucket, "o"]):
                return Step.LIST, lambda _: self._list(bucket)
            case ("GET", [bucket, "o", name]) if self.query.get("alt") == "media":
                return Step.READ, lambda fault: self._read(bucket, name, fault)
            case ("GET", [bucket, "o", name]):
                return Step.STAT, lambda _: self._stat(bucket, name)
            case ("DELETE", [bucket, "o", name]):
                return Step.DELETE, lambda _: self._delete(bucket, name)
            case ("POST", [bucket, "o", name, "compose"]):
                return Step.COMPOSE, lambda fault: self._compose(bucket, name, fault)
        raise Rejected(501, f"the fake does not know {self.command} {path}")

    def _upload_route(self, path: str) -> tuple[Step, Any]:
        upload_id = self.query.get("upload_id", "")
        if self.command == "POST":
            bucket = unquote(path.split("/")[5])
            return Step.START, lambda _: self._start(bucket)
        if self.command == "DELETE":
            return Step.CANCEL, lambda _: self._cancel(upload_id)
        span = _ContentRange.parse(self.headers["Content-Range"])
        if span.first is None and span.total != 0:
            return Step.PROBE, lambda fault: self._probe(upload_id, span, fault)
        step = Step.CHUNK if span.total is None else Step.FINISH
        return step, lambda fault: self._chunk(upload_id, span, fault)

    def _faulty(self, step: Step, act: Any) -> _Reply:  # noqa: ANN401  one of the lambdas above
        fault = self.cloud.faults.take(step)
        match fault:
            case Answer(status, message):
                raise Rejected(status, message)
            case LoseRequest():
                raise _Broken
            case LoseReply():
                act(None)
                raise _Broken
            case _:
                reply: _Reply = act(fault)
                return reply

    def _start(self, bucket: str) -> _Reply:
        about = json.loads(self._body())
        match = self.query.get("ifGenerationMatch")
        upload_id = self.cloud.contents.start(
            Session(
                bucket=bucket,
                name=about["name"],
                content_type=self.headers.get("X-Upload-Content-Type", ""),
                if_generation_match=None if match is None else int(match),
            )
        )
        here = f"{self.cloud.endpoint}/upload/storage/v1/b/x/o?upload_id={upload_id}"
        return _Reply(200, headers=(("Location", here),))

    def _probe(self, upload_id: str, span: _ContentRange, fault: Fault | None) -> _Reply:
        if isinstance(fault, Forget):
            self.cloud.contents.sessions.pop(upload_id)
        session = self.cloud.contents.session(upload_id)
        if session.result is None and span.total == len(session.received):
            self.cloud.contents.finish(session)
        return self._standing(session)

    def _chunk(self, upload_id: str, span: _ContentRange, fault: Fault | None) -> _Reply:
        session = self.cloud.contents.session(upload_id)
        if session.result is not None:
            return self._standing(session)
        if span.first not in {None, len(session.received)}:
            raise Rejected(503, "the chunk does not start where the session stands")
        if isinstance(fault, Claim):
            self._body()
            return _holding(fault.size)
        if span.total is None and self.left % _GRANULE:
            raise Rejected(400, "chunks are multiples of 256 KiB")
        self._receive(session, fault)
        if len(session.received) == span.total:
            self._finish(session, fault)
        return self._standing(session)

    def _receive(self, session: Session, fault: Fault | None) -> None:
        match fault:
            case KeepOnly(size):
                session.received += self._body()[:size]
            case BreakWithin(size):
                session.received += self.rfile.read(min(size, self.left))
                raise _Broken
            case _:
                session.received += self._body()

    def _finish(self, session: Session, fault: Fault | None) -> None:
        contents = self.cloud.contents
        announced = self.headers.get("x-goog-hash", "")
        if announced not in {"", f"crc32c={crc32c_text(bytes(session.received))}"}:
            raise Rejected(400, "the checksum announced is not that of the bytes received")
        if isinstance(fault, Replace):
            contents.put(session.bucket, session.name, fault.content)
        held = contents.finish(session)
        if isinstance(fault, Damage):
            session.result = contents.damage(held)

    def _standing(self, session: Session) -> _Reply:
        if session.result is not None:
            return _Reply.of(session.result.metadata())
        return _holding(len(session.received))

    def _cancel(self, upload_id: str) -> _Reply:
        self.cloud.contents.session(upload_id)
        del self.cloud.contents.sessions[upload_id]
        return _Reply(499)

    def _stat(self, bucket: str, name: str) -> _Reply:
        return _Reply.of(self._named(bucket, name).metadata())

    def _read(self, bucket: str, name: str, fault: Fault | None) -> _Reply:
        content = self._named(bucket, name).content
        span = self.headers.get("Range")
        if span is not None:
            first, last = (int(each) for each in span.removeprefix("bytes=").split("-"))
            if first >= len(content):
                raise Rejected(416, "the range starts behind the end")
            content = content[first : last + 1]
        if isinstance(fault, Damage):
            content = bytes([content[0] ^ 1]) + content[1:]
        if isinstance(fault, KeepOnly):
            content = content[: fault.size]
        breaks_after = fault.size if isinstance(fault, BreakWithin) else None
        return _Reply(200 if span is None else 206, content, breaks_after=breaks_after)

    def _delete(self, bucket: str, name: str) -> _Reply:
        self.cloud.contents.delete(bucket, name, self._generation())
        return _Reply(204)

    def _list(self, bucket: str) -> _Reply:
        names = self.cloud.contents.names(bucket, self.query.get("prefix", ""))
        first = int(self.query.get("pageToken", "0"))
        page: dict[str, object] = {"items": [{"name": each} for each in names[first:][:_PAGE]]}
        if len(names) > first + _PAGE:
            page["nextPageToken"] = str(first + _PAGE)
        return _Reply.of(page)

    def _compose(self, bucket: str, name: str, fault: Fault | None) -> _Reply:
        asked = json.loads(self._body())
        sources = asked["sourceObjects"]
        if not 1 <= len(sources) <= 32:
            raise Rejected(400, "from 1 to 32 objects are composed at once")
        contents = self.cloud.contents
        held = [contents.get(bucket, each["name"], int(each["generation"])) for each in sources]
        match = self.query.get("ifGenerationMatch")
        if isinstance(fault, Replace):
            contents.put(bucket, name, fault.content)
        made = contents.put(
            bucket,
            name,
            b"".join(each.content for each in held),
            content_type=asked["destination"]["contentType"],
            if_generation_match=None if match is None else int(match),
        )
        return _Reply.of((contents.damage(made) if isinstance(fault, Damage) else made).metadata())

    def _named(self, bucket: str, name: str) -> Held:
        return self.cloud.contents.get(bucket, name, self._generation())

    def _generation(self) -> int | None:
        text = self.query.get("generation")
        return None if text is None else int(text)

    def _body(self) -> bytes:
        body = self.rfile.read(self.left)
        self.left = 0
        if len(body) < int(self.headers.get("Content-Length", "0")):
            raise _Broken
        return body

    def _answer(self, reply: _Reply) -> None:
        if self.left or reply.breaks_after is not None:
            # The body was not read, so the connection cannot carry another request.
            self.close_connection = True
        if reply.status == 499:
            self.send_response(499, "Client Closed Request")
        else:
            self.send_response(HTTPStatus(reply.status))
        for key, value in reply.headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body[: reply.breaks_after])


def _holding(size: int) -> _Reply:
    return _Reply(308, headers=(("Range", f"bytes=0-{size - 1}"),) if size else ())


def _error(status: int, message: str) -> _Reply:
    # Over several lines, as Cloud Storage writes it.
    body = json.dumps({"error": {"code": status, "message": message}}, indent=2).encode()
    return _Reply(status, body, (("Content-Type", "application/json"),))
