"""The file that arro3 writes text into: it keeps nothing, and notices bytes that are no text."""

from __future__ import annotations

import codecs

from oracle_etl.flow.encode.encoder import Take

_DECODER = codecs.getincrementaldecoder("utf-8")


class Pieces:
    """Hands every piece on; looks closer from the first byte that is not ASCII."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._decoder: codecs.IncrementalDecoder | None = None
        self._broken: UnicodeDecodeError | None = None

    def write(self, piece: bytes) -> int:
        """Hand a piece on."""
        if self._decoder is not None or not piece.isascii():
            self._decoder = self._decoder or _DECODER()
            self._decode(piece, is_last=False)
        self._take(piece)
        return len(piece)

    def broken(self) -> UnicodeDecodeError | None:
        """Return, after the last piece, what is wrong with the text as a whole."""
        if self._decoder is not None:
            self._decode(b"", is_last=True)
        return self._broken

    def _decode(self, piece: bytes, *, is_last: bool) -> None:
        if self._decoder is None or self._broken is not None:
            return
        try:
            self._decoder.decode(piece, is_last)
        except UnicodeDecodeError as error:
            self._broken = error

    def flush(self) -> None:
        """Do nothing: no piece is kept."""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Refuse: arro3 takes nothing for a file that has no such method, and never calls it."""
        raise OSError(f"pieces are handed on once: no place {offset} from {whence}")

    def read(self, size: int = -1) -> bytes:
        """Refuse, as above."""
        raise OSError(f"pieces are handed on once: not even {size} bytes are kept")
