"""Objects in the store, and what of a table lies in each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One whole object; `generation` tells this writing of the name from any other."""

    bucket: str
    name: str
    generation: str
    size: int
    crc32c: int
    """Castagnoli checksum of all bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An object that is about to be put at a final name, written down before it is.

    It tells what we put there, should nobody have written down that we did, from what others did.
    """

    name: str
    size: int
    crc32c: int

    @classmethod
    def of(cls, stored: StoredObject) -> Intent:
        """Return the intent that an object fulfils."""
        return cls(name=stored.name, size=stored.size, crc32c=stored.crc32c)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What one attempt at a part wrote: the attempt's object and what it holds."""

    object: StoredObject
    rows: int
    sha256: str
    """Of the object's bytes, in hexadecimal."""
    plain_bytes: int = 0
    """Bytes before compression."""
    plain_crc32: int = 0
    """Of those bytes, as gzip's trailer wants it, so that parts can be put together."""
    counted_rows: int | None = None
    """COUNT(*) at the same SCN under the same predicate; None where not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Where one part lies in a final object."""

    first_byte: int
    bytes: int
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalObject:
    """An object that consumers read."""

    object: StoredObject
    rows: int
    sha256: str | None
    """Of the whole object; None where it was composed, then each piece has its own."""
    pieces: tuple[Piece, ...] = ()
    plain_bytes: int = 0
    """Bytes before compression; 0 where an older release wrote it down."""
