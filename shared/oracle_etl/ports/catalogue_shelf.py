"""What a source's catalogue lists, and where its pages are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oracle_etl.model.names import TableName
from oracle_etl.ports.pages import PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class TableListing:
    """One line of the catalogue."""

    table: TableName
    kind: str
    columns: int
    estimated_rows: int | None
    estimated_bytes: int | None
    counted_rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueAsked:
    """Which page of a source's catalogue is meant, and how it is narrowed."""

    source: str
    page: PageRequest
    schema: str | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCatalogue:
    """A page of a catalogue, and when the source gave it."""

    items: tuple[TableListing, ...]
    next_token: str | None
    listed_at: datetime


class CatalogueShelf(Protocol):
    """Where pages of catalogues are kept, so that listing need not wait for Oracle."""

    def find(self, asked: CatalogueAsked) -> KeptCatalogue | None:
        """Return the page as it was last kept, None where it never was or was lost."""
        ...

    def keep(self, asked: CatalogueAsked, kept: KeptCatalogue) -> None:
        """Keep a page in the place of an older one."""
        ...
