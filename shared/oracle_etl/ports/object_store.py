"""Where objects are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from oracle_etl.model.objects import StoredObject


class ObjectWriter(Protocol):
    """An object being written."""

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        ...

    def stored(self) -> StoredObject:
        """Return what was stored, once the `with` block has ended well; RuntimeError before."""
        ...


class ObjectStore(Protocol):
    """Objects, each whole or absent."""

    def create(
        self, bucket: str, name: str, *, content_type: str
    ) -> AbstractContextManager[ObjectWriter]:
        """Write an object that appears when the block ends well and never otherwise.

        The name must be new: ObjectConflict where it exists with other content; an object of
        the same size and checksum is taken as this one after a lost reply.
        """
        ...

    def compose(
        self, bucket: str, name: str, sources: Sequence[StoredObject], *, content_type: str
    ) -> StoredObject:
        """Join objects, in order, into a new one, as `create` does. Sources stay."""
        ...

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        """Return what stands under a name, None where nothing does."""
        ...

    def open(
        self, stored: StoredObject, *, first_byte: int = 0, size: int | None = None
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Read the bytes of exactly this generation; NoSuchObject where it is gone."""
        ...

    def remove(self, stored: StoredObject) -> None:
        """Remove exactly this generation; nothing happens where it is gone."""
        ...

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        """Return the names that start with a prefix, in order."""
        ...

    def location(self, bucket: str, name: str) -> str:
        """Return the object's address as a person writes it: gs://... or a path."""
        ...

    def verify(self, bucket: str) -> None:
        """Prove that objects can be written; StoreRefused with what to do where not."""
        ...
