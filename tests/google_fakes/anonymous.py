"""Clients and stores that sign in as nobody, for fakes that let everybody in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from fakes.stepped_clock import SteppedClock
from google_fakes.cloud_storage_server import FakeCloudStorage
from oracle_etl.gateways.google.cloud_storage import CloudStorageObjectStore
from oracle_etl.gateways.google.patience import Patience

CHUNK = 256 * 1024
"""The smallest chunk that Cloud Storage allows, so that tests are quick."""


def anonymous_client(cloud: FakeCloudStorage) -> storage.Client:
    """Build Google's client without credentials, led to a fake."""
    return storage.Client(
        project=None,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": cloud.endpoint},
    )


@contextmanager
def store_on(
    cloud: FakeCloudStorage, *, chunk_bytes: int = CHUNK, repeats: int = 6
) -> Iterator[CloudStorageObjectStore]:
    """Give a store whose waits cost no time."""
    client = anonymous_client(cloud)
    store = CloudStorageObjectStore(
        lambda: client,
        clock=SteppedClock(),
        patience=Patience(repeats=repeats),
        chunk_bytes=chunk_bytes,
    )
    try:
        yield store
    finally:
        client.close()
        store._client.connection.close()
