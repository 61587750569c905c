"""What goes over the wire to Firestore's emulator: counted, and lost on demand."""

# ruff: noqa: ANN401 - interceptors of gRPC are untyped

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
from google.api_core.exceptions import Aborted, ServiceUnavailable
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.firestore_v1.services.firestore.client import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports.grpc import FirestoreGrpcTransport
from google.cloud.firestore_v1.types import BatchGetDocumentsResponse, RunQueryResponse

from emulators.google_emulators import firestore_address
from oracle_etl.gateways.google.firestore import Database

_COMMIT = "/google.firestore.v1.Firestore/Commit"


class Traffic(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """Counts documents read and written, as Firestore bills them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost_replies = 0
        self._aborted = 0
        self.reads = 0
        self.writes = 0
        self.commits = 0
        self.written_to: Counter[str] = Counter()
        """Writes by collection."""

    def forget(self) -> None:
        """Count from 0 again."""
        self.reads = self.writes = self.commits = 0
        self.written_to.clear()

    def lose_the_next_replies(self, count: int) -> None:
        """Let commits be done and then seem to have failed."""
        self._lost_replies = count

    def abort_the_next_commits(self, count: int) -> None:
        """Let commits fail as if others had won."""
        self._aborted = count

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], details: Any, request: Any
    ) -> Any:
        if details.method != _COMMIT:
            return continuation(details, request)
        if self._aborted:
            self._aborted -= 1
            raise Aborted("made by the test")  # type: ignore[no-untyped-call]
        reply = continuation(details, request)
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
        return self._counted(continuation(details, request))

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
