"""Cloud Storage, by the few requests of its JSON API that are needed."""

from oracle_etl.gateways.google.cloud_storage.store import (
    CloudStorageObjectStore,
    signed_in_session,
)

__all__ = ["CloudStorageObjectStore", "signed_in_session"]
