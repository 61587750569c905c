"""Cloud Storage, through google-cloud-storage and an upload that publishes whole objects only."""

from oracle_etl.gateways.google.cloud_storage.client import signed_in_client
from oracle_etl.gateways.google.cloud_storage.store import CloudStorageObjectStore

__all__ = ["CloudStorageObjectStore", "signed_in_client"]
