"""What an encoder is, whatever the format."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Protocol

Take = Callable[[bytes], object]
"""Does something with a piece of bytes."""


class PartRole(enum.StrEnum):
    """What the encoded bytes are to be."""

    WHOLE = "whole"
    """An object of its own, with its own header and trailer."""
    MEMBER = "member"
    """A piece that is put between `member_header` and `member_trailer` with others."""


class Encoder(Protocol):
    """Turns batches into an object's bytes, in order; for one part, used once."""

    @property
    def rows(self) -> int:
        """Rows encoded so far."""
        ...

    @property
    def plain_bytes(self) -> int:
        """Bytes before compression so far; of Parquet, the Arrow bytes taken in."""
        ...

    @property
    def plain_crc32(self) -> int:
        """CRC-32 of those bytes, as gzip's trailer has it; 0 where nothing is composed."""
        ...

    def encode(self, batch: Any, take: Take) -> None:  # noqa: ANN401  any object with the Arrow interface
        """Take a batch in and hand out the bytes that are ready, large ones in pieces.

        UnreadableValue, with the column's name, where a value cannot be written exactly.
        """
        ...

    def finish(self) -> bytes:
        """Return the last bytes."""
        ...
