"""Pages of catalogues in Firestore: the API's instances share them, and a new one has them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from oracle_etl.gateways.google.firestore import documents
from oracle_etl.gateways.google.firestore.client import (
    RETRIED,
    TIMEOUT_SECONDS,
    Database,
    named_errors,
)
from oracle_etl.gateways.stored_documents import CATALOGUES
from oracle_etl.ports import CatalogueAsked, KeptCatalogue

_KEPT: Final = timedelta(days=7)
_LARGEST_BYTES: Final = 1_000_000


class FirestoreCatalogueShelf:
    """One document per page, packed; pages that nobody asks for any more expire."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, asked: CatalogueAsked) -> KeptCatalogue | None:
        """Return the page as it was last kept."""
        path = documents.catalogue_path(asked)
        with named_errors(f"reading {path}"):
            found = self._database.client.document(path).get(retry=RETRIED, timeout=TIMEOUT_SECONDS)
        packed = (found.to_dict() or {}).get("packed")
        return None if packed is None else CATALOGUES.from_packed(packed)

    def keep(self, asked: CatalogueAsked, kept: KeptCatalogue) -> None:
        """Keep a page in the place of an older one, unless it is larger than a document."""
        packed = CATALOGUES.to_packed(kept)
        if len(packed) > _LARGEST_BYTES:
            return
        path = documents.catalogue_path(asked)
        with named_errors(f"writing {path}"):
            self._database.client.document(path).set(
                {"packed": packed, "expire_at": kept.listed_at + _KEPT},
                retry=RETRIED,
                timeout=TIMEOUT_SECONDS,
            )
