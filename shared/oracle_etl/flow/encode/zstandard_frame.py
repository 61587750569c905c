"""One Zstandard frame. Frames are never put together: some readers stop after the first."""

from __future__ import annotations

import zstandard

DEFAULT_LEVEL = 3


class ZstandardFrame:
    """Compresses bytes into one frame, with a checksum."""

    plain_crc32 = 0

    def __init__(self, *, level: int) -> None:
        self._frame = zstandard.ZstdCompressor(level=level, write_checksum=True).compressobj()
        self.plain_bytes = 0

    def compress(self, plain: bytes) -> bytes:
        """Take bytes in and return what is ready."""
        self.plain_bytes += len(plain)
        return self._frame.compress(plain)

    def finish(self) -> bytes:
        """Return the last bytes."""
        return self._frame.flush()
