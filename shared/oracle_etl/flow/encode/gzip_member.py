"""One gzip member, whole or put together from parts that were compressed apart.

A part is a run of raw deflate blocks ended by a full flush: it ends on a byte, and what follows
may not refer back into it. So parts laid one after the other, between one header and one
trailer, are one member. Readers exist that stop after a file's first member without an error,
which is why parts are never concatenated as members of their own.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from isal import isal_zlib

from oracle_etl.flow.encode.encoder import PartRole

DEFAULT_LEVEL = 1
_ISAL_LEVELS = range(4)
_HEADER = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF))
"""Deflate, no name, no time, so that the same rows give the same bytes."""
_LAST_BLOCK = b"\x03\x00"
"""An empty block that is marked as the last one."""
_RAW_DEFLATE = -15


class GzipMember:
    """Compresses bytes into a whole member, or into a part of one.

    Levels 0 to 3 are ISA-L's, 4 to 9 zlib's: smaller, and several times slower.
    """

    def __init__(self, *, role: PartRole, level: int) -> None:
        self._role = role
        self._pending_header = member_header() if role is PartRole.WHOLE else b""
        self._deflate = (
            isal_zlib.compressobj(level, isal_zlib.DEFLATED, _RAW_DEFLATE)
            if level in _ISAL_LEVELS
            else zlib.compressobj(level, zlib.DEFLATED, _RAW_DEFLATE)
        )
        self.plain_bytes = 0
        self.plain_crc32 = 0

    def compress(self, plain: bytes) -> bytes:
        """Take bytes in and return what is ready."""
        self.plain_bytes += len(plain)
        self.plain_crc32 = isal_zlib.crc32(plain, self.plain_crc32)
        header, self._pending_header = self._pending_header, b""
        # ISA-L would open a block for no bytes at all, and an empty part stays open then.
        return header + (self._deflate.compress(plain) if plain else b"")

    def finish(self) -> bytes:
        """Return the last bytes: a trailer after a whole member, a full flush after a part."""
        if self._role is PartRole.MEMBER:
            return self._deflate.flush(zlib.Z_FULL_FLUSH) if self.plain_bytes else b""
        trailer = _trailer(self.plain_crc32, self.plain_bytes)
        return self.compress(b"") + self._deflate.flush() + trailer


def member_header() -> bytes:
    """Return what comes before the first part."""
    return _HEADER


def member_trailer(parts: Sequence[tuple[int, int]]) -> bytes:
    """Return what comes after the last part; for each part its CRC-32 and its plain bytes."""
    crc32, total = 0, 0
    for part_crc32, length in parts:
        crc32 = isal_zlib.crc32_combine(crc32, part_crc32, length)
        total += length
    return _LAST_BLOCK + _trailer(crc32, total)


def _trailer(crc32: int, length: int) -> bytes:
    return struct.pack("<LL", crc32, length & 0xFFFFFFFF)
