"""Cloud Storage, by the few requests of its JSON API that are needed."""

from oracle_etl.gateways.google.cloud_storage.store import CloudStorageObjectStore

__all__ = ["CloudStorageObjectStore"]
