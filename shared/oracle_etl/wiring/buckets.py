"""Objects in Cloud Storage, for the Google home and for an embedded home that writes to buckets."""

from __future__ import annotations

from functools import partial

from oracle_etl.gateways.google.cloud_storage import CloudStorageObjectStore, signed_in_client
from oracle_etl.ports import Clock
from oracle_etl.settings import GoogleSettings


def cloud_storage(google: GoogleSettings, *, clock: Clock) -> CloudStorageObjectStore:
    """Build the store; it signs in when it is first used."""
    return CloudStorageObjectStore(
        partial(signed_in_client, google.credentials_file),
        clock=clock,
        chunk_bytes=google.upload_chunk_bytes,
    )
