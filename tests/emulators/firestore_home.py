"""Books and boards on Firestore's emulator."""

from __future__ import annotations

from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from oracle_etl.gateways.google.firestore import Database


def firestore_database(project: str) -> Database:
    """Return the database of a test's own project."""
    return Database(
        lambda: firestore.Client(project=project, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    )
