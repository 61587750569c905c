"""A gRPC service on loopback made of plain functions, with faults on demand."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc  # type: ignore[import-untyped]  # it ships no types

StatusCode: TypeAlias = grpc.StatusCode


@contextmanager
def channel_to(address: str) -> Iterator[Any]:
    """Open a channel without encryption, for a service on loopback."""
    with grpc.insecure_channel(address) as channel:
        yield channel


class Rejected(Exception):
    """An answer with a status other than OK."""

    def __init__(self, code: StatusCode, message: str = "made by the test") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Method:
    """How one call is read, answered and written."""

    read: Callable[[bytes], Any]
    answer: Callable[[Any], Any]
    write: Callable[[Any], bytes]


class GrpcService:
    """Answers calls by their path, `/package.Service/Method`."""

    def __init__(self, methods: Mapping[str, Method]) -> None:
        self._methods = dict(methods)
        self._lock = threading.Lock()
        self._faults: deque[tuple[str, StatusCode, bool]] = deque()
        self.asked: list[str] = []
        """The names of the calls that came."""

    def fails_at(self, method: str, code: StatusCode) -> None:
        """Let the next such call fail before anything is done."""
        self._faults.append((method, code, False))

    def loses_the_reply_of(self, method: str) -> None:
        """Let the next such call be done and then seem to have failed."""
        self._faults.append((method, StatusCode.UNAVAILABLE, True))

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Answer on loopback until the block ends; gives host:port."""
        with ThreadPoolExecutor(max_workers=8) as pool:
            server = grpc.server(pool)
            server.add_generic_rpc_handlers((_Handler(self),))
            port = server.add_insecure_port("127.0.0.1:0")
            server.start()
            try:
                yield f"127.0.0.1:{port}"
            finally:
                server.stop(grace=None).wait()

    def method(self, path: str) -> Method | None:
        """Return how a call is answered."""
        return self._methods.get(path)

    def answer(self, path: str, request: object) -> object:
        """Answer one call."""
        name = path.rpartition("/")[2]
        with self._lock:
            self.asked.append(name)
            fault = self._faults.popleft() if self._faults and self._faults[0][0] == name else None
        if fault is not None and not fault[2]:
            raise Rejected(fault[1])
        reply = self._methods[path].answer(request)
        if fault is not None:
            raise Rejected(fault[1])
        return reply


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc]  # untyped, as above
    def __init__(self, service: GrpcService) -> None:
        self._service = service

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        method = self._service.method(details.method)
        if method is None:
            return None

        def answer(request: object, context: grpc.ServicerContext) -> object:
            try:
                return self._service.answer(details.method, request)
            except Rejected as error:
                return context.abort(error.code, error.message)

        return grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=method.read, response_serializer=method.write
        )
