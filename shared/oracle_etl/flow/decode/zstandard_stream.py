"""Unpack a Zstandard object that has to be one frame, whole, with nothing behind it."""

from __future__ import annotations

from collections.abc import Iterator

import zstandard

from oracle_etl.flow.decode.damage import Damaged

_PACKED_AT_ONCE = 1024
"""A block of three bytes may unpack to 128 KiB, so these few unpack to 43 MiB at the most."""


class ZstandardStream:
    """Unpacks one frame."""

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor().decompressobj()

    def plain(self, data: bytes) -> Iterator[bytes]:
        """Yield what these bytes unpack to, in pieces of bounded size."""
        for first in range(0, len(data), _PACKED_AT_ONCE):
            packed = data[first : first + _PACKED_AT_ONCE]
            if self._frame.eof:
                raise _something_behind()
            try:
                plain = self._frame.decompress(packed)
            except zstandard.ZstdError as error:
                raise Damaged(f"it is no whole Zstandard frame: {error}") from error
            if plain:
                yield plain
            if self._frame.unused_data:
                raise _something_behind()

    def end(self) -> None:
        """Make sure that the frame has ended, checksum and all."""
        if not self._frame.eof:
            raise Damaged("it ends before its Zstandard frame does")


def _something_behind() -> Damaged:
    return Damaged("bytes follow the end of its Zstandard frame, where some readers stop unasked")
