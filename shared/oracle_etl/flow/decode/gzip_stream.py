"""Unpack a gzip object that has to be one member, whole, with nothing behind it.

zlib does it, while ISA-L writes: what both agree on is gzip. Memory is bounded whatever the
bytes claim.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from oracle_etl.flow.decode.damage import Damaged

_GZIP = 31
_PLAIN_AT_ONCE = 1024 * 1024


class GzipStream:
    """Unpacks one member."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP)

    def plain(self, data: bytes) -> Iterator[bytes]:
        """Yield what these bytes unpack to, in pieces of bounded size."""
        more = bool(data)
        while more:
            if self._inflate.eof:
                raise Damaged(
                    "bytes follow the end of its gzip member, where some readers stop unasked"
                )
            try:
                plain = self._inflate.decompress(data, _PLAIN_AT_ONCE)
            except zlib.error as error:
                raise Damaged(f"it is no whole gzip member: {error}") from error
            if plain:
                yield plain
            data = self._inflate.unused_data or self._inflate.unconsumed_tail
            # zlib may have taken all bytes in and hold back what they unpack to.
            held_back = len(plain) == _PLAIN_AT_ONCE and not self._inflate.eof
            more = bool(data) or held_back

    def end(self) -> None:
        """Make sure that the member has ended, trailer and all."""
        if not self._inflate.eof:
            raise Damaged("it ends before its gzip member does")
