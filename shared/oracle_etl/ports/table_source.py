"""Where tables are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from oracle_etl.model.columns import TableShape
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.ports.catalogue_shelf import TableListing
from oracle_etl.ports.pages import Page, PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """What a connection test found."""

    source: str
    reachable: bool
    latency_ms: float | None = None
    version: str | None = None
    character_set: str | None = None
    national_character_set: str | None = None
    mode: str = "thin"
    pool: Mapping[str, int] | None = None
    code: str | None = None
    """Which error it was, where it is not reachable."""
    error: str | None = None
    hint: str = ""


class Batches(Protocol):
    """The batches of one reading: Arrow record batches, in order, once."""

    def count(self) -> int:
        """Count the rows on the reading's own session and snapshot; before the first batch."""
        ...

    def cancel(self) -> None:
        """Break the call under way off, from another thread; the reading then cannot go on."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Yield objects with the Arrow PyCapsule interface, none of them empty."""
        ...


class TableSource(Protocol):
    """An Oracle database. SourceAway, LoginRefused, TableNotFound, UndoGone, ... as they are."""

    def status(self) -> SourceStatus:
        """Test the connection; never raises for what Oracle answers."""
        ...

    def catalogue(
        self, page: PageRequest, *, schema: str | None = None, search: str | None = None
    ) -> Page[TableListing]:
        """Return the tables and views that the account may read, by owner and name."""
        ...

    def schema(self) -> str:
        """Return the account's own schema, where unowned names are looked up first."""
        ...

    def query_shape(self, name: str, query: str) -> TableShape:
        """Return the columns of a statement that a transport names; its kind is QUERY."""
        ...

    def shape(self, table: TableName) -> TableShape:
        """Return what the dictionary says; an unowned name is looked up as Oracle would."""
        ...

    def database(self) -> str:
        """Return what tells the database from its clones and from its neighbours."""
        ...

    def current_scn(self) -> int | None:
        """Return the SCN of now, None where no way to ask is granted."""
        ...

    def can_flash_back(self, table: TableName, scn: int) -> bool:
        """Tell whether the account may read the table at an SCN, by trying.

        UndoGone or TableChanged where it might, but for what has happened since.
        """
        ...

    def count(self, reading: Reading) -> int:
        """Count the rows that the reading would give."""
        ...

    def boundaries(self, reading: Reading, *, parts: int) -> Sequence[str]:
        """Return up to `parts - 1` ROWIDs, in order, that cut the reading into similar parts."""
        ...

    def read(self, reading: Reading, *, batch_bytes: int) -> AbstractContextManager[Batches]:
        """Read rows in batches of about `batch_bytes`, each column in its plan's form."""
        ...

    def undo_retention_seconds(self) -> int | None:
        """Return how far undo is meant to reach, None where the account may not ask."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
