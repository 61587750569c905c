"""Sessions and stores that sign in as nobody, for fakes that let everybody in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession

from fakes.stepped_clock import SteppedClock
from google_fakes.cloud_storage_server import FakeCloudStorage
from oracle_etl.gateways.google.cloud_storage import CloudStorageObjectStore
from oracle_etl.gateways.google.patience import Patience

CHUNK = 256 * 1024
"""The smallest chunk that Cloud Storage allows, so that tests are quick."""


def anonymous_session() -> AuthorizedSession:
    """Open a session without credentials."""
    return AuthorizedSession(AnonymousCredentials())  # type: ignore[no-untyped-call]


@contextmanager
def store_on(
    cloud: FakeCloudStorage, *, chunk_bytes: int = CHUNK, repeats: int = 6
) -> Iterator[CloudStorageObjectStore]:
    """Give a store whose waits cost no time."""
    session = anonymous_session()
    try:
        yield CloudStorageObjectStore(
            lambda: session,
            clock=SteppedClock(),
            endpoint=cloud.endpoint,
            patience=Patience(repeats=repeats),
            chunk_bytes=chunk_bytes,
        )
    finally:
        session.close()  # type: ignore[no-untyped-call]
