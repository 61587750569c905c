"""JSON Lines through a compressor: the encoder of jsonl.gz and jsonl.zst."""

from __future__ import annotations

from typing import Any, Protocol

from oracle_etl.flow.encode.encoder import Take
from oracle_etl.flow.encode.json_lines import JsonLines

_AT_ONCE = 2**20
"""Compressed bytes that are handed out together; few batches have more."""


class Compressor(Protocol):
    """Compresses a stream of bytes and counts what it took in."""

    plain_bytes: int
    plain_crc32: int

    def compress(self, plain: bytes) -> bytes:
        """Take bytes in and return what is ready."""
        ...

    def finish(self) -> bytes:
        """Return the last bytes."""
        ...


class LineEncoder:
    """An encoder whose object is compressed lines."""

    def __init__(self, lines: JsonLines, compressor: Compressor) -> None:
        self._lines = lines
        self._compressor = compressor

    @property
    def rows(self) -> int:
        """Rows so far."""
        return self._lines.rows

    @property
    def plain_bytes(self) -> int:
        """Bytes of JSON so far."""
        return self._compressor.plain_bytes

    @property
    def plain_crc32(self) -> int:
        """Their CRC-32, where the compressor keeps one."""
        return self._compressor.plain_crc32

    def encode(self, batch: Any, take: Take) -> None:  # noqa: ANN401  any object with the Arrow interface
        """Write a batch and hand out the compressed bytes that are ready."""
        ready = bytearray()
        pack = self._compressor.compress

        def compress(piece: bytes) -> None:
            nonlocal ready
            ready += pack(piece)
            if len(ready) >= _AT_ONCE:
                full, ready = ready, bytearray()
                take(bytes(full))

        self._lines.write(batch, compress)
        if ready:
            take(bytes(ready))

    def finish(self) -> bytes:
        """Return the last compressed bytes."""
        return self._compressor.finish()
