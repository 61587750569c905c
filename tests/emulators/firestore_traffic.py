"""What goes over the wire to Firestore's emulator: counted, and lost on demand."""

# ruff: noqa: ANN401 - interceptors of gRPC are untyped

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
from google.api_core.exceptions import GoogleAPICallError, ServiceUnavailable
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.firestore_v1.services.firestore.client import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports.grpc import FirestoreGrpcTransport
from google.cloud.firestore_v1.types import BatchGetDocumentsResponse, RunQueryResponse

from emulators.google_emulators import firestore_address
from oracle_etl.gateways.google.firestore import Database


class Traffic(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """Counts documents read and written, as Firestore bills them; lets calls fail on demand."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost_replies = 0
        self._meanwhile: dict[str, Callable[[], object]] = {}
        self._failures: defaultdict[str, deque[Exception]] = defaultdict(deque)
        self._breaks: deque[int] = deque()
        self.reads = 0
        self.writes = 0
        self.commits = 0
        self.written_to: Counter[str] = Counter()
        """Writes by collection."""
        self.longest_seconds: defaultdict[str, float] = defaultdict(float)
        """By call, how long its answer was waited for at the most."""

    def forget(self) -> None:
        """Count from 0 again."""
        self.reads = self.writes = self.commits = 0
        self.written_to.clear()

    def lose_the_next_replies(self, count: int) -> None:
        """Let commits be done and then seem to have failed."""
        self._lost_replies = count

    def before_the_next(self, call: str, act: Callable[[], object]) -> None:
        """Let others act before a call of a name goes out."""
        self._meanwhile[call] = act

    def fail_the_next(
        self,
        call: str,
        kind: type[GoogleAPICallError],
        *,
        says: str = "made by the test",
        times: int = 1,
    ) -> None:
        """Let calls of a name fail before anything is done."""
        self._failures[call].extend(kind(says) for _ in range(times))

    def break_the_next_answer(self, *, after: int) -> None:
        """Let the next answer to a query that has more documents break off behind so many."""
        self._breaks.append(after)

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], details: Any, request: Any
    ) -> Any:
        call = self._asked(details)
        reply = continuation(details, request)
        if call != "Commit":
            return reply
        reply.result()
        with self._lock:
            self.commits += 1
            self.writes += len(request.writes)
            self.written_to.update(_collection_of(each) for each in request.writes)
        if self._lost_replies:
            self._lost_replies -= 1
            raise ServiceUnavailable("made by the test")  # type: ignore[no-untyped-call]
        return reply

    def intercept_unary_stream(
        self, continuation: Callable[..., Any], details: Any, request: Any
    ) -> Any:
        self._asked(details)
        return self._counted(self._breaking(continuation(details, request)))

    def _asked(self, details: Any) -> str:
        call: str = details.method.rpartition("/")[2]
        self._meanwhile.pop(call, lambda: None)()
        with self._lock:
            self.longest_seconds[call] = max(self.longest_seconds[call], details.timeout)
            if self._failures[call]:
                raise self._failures[call].popleft()
        return call

    def _breaking(self, replies: Any) -> Iterator[Any]:
        documents = 0
        for reply in replies:
            if isinstance(reply, RunQueryResponse) and "document" in reply:
                if self._breaks and self._breaks[0] == documents:
                    self._breaks.popleft()
                    raise ServiceUnavailable("made by the test")  # type: ignore[no-untyped-call]
                documents += 1
            yield reply

    def _counted(self, replies: Any) -> Iterator[Any]:
        for reply in replies:
            with self._lock:
                self.reads += _is_a_document(reply)
            yield reply


def _collection_of(write: Any) -> str:
    path: str = write.update.name or write.delete
    return path.split("/")[-2]


def _is_a_document(reply: Any) -> bool:
    if isinstance(reply, BatchGetDocumentsResponse):
        # What is not there is paid for as well.
        return "found" in reply or "missing" in reply
    return isinstance(reply, RunQueryResponse) and "document" in reply


def watched_database(project: str, traffic: Traffic) -> Database:
    """Return the database of a test's own project, with its traffic watched."""

    def build() -> firestore.Client:
        client = firestore.Client(project=project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
        channel = grpc.intercept_channel(grpc.insecure_channel(firestore_address()), traffic)
        transport = FirestoreGrpcTransport(channel=channel)
        client._firestore_api_internal = FirestoreClient(transport=transport)
        return client

    return Database(build)
