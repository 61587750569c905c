"""Catalogues kept in memory."""

from __future__ import annotations

from oracle_etl.ports import CatalogueAsked, KeptCatalogue


class MemoryShelf:
    """Forgets nothing."""

    def __init__(self) -> None:
        self._kept: dict[CatalogueAsked, KeptCatalogue] = {}

    def find(self, asked: CatalogueAsked) -> KeptCatalogue | None:
        """Return the page as it was last kept."""
        return self._kept.get(asked)

    def keep(self, asked: CatalogueAsked, kept: KeptCatalogue) -> None:
        """Keep a page in the place of an older one."""
        self._kept[asked] = kept
