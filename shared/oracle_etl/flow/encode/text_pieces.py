"""The file that arro3 writes text into: it keeps next to nothing, and notices what is no text."""

from __future__ import annotations

import codecs

from oracle_etl.flow.encode.encoder import Take

_AT_ONCE = 2**16
"""Bytes that are handed on together: arro3 writes 9 KB at a time, and each call costs as much."""
_DECODER = codecs.getincrementaldecoder("utf-8")


class Pieces:
    """Hands pieces on, some together; looks closer from the first byte that is not ASCII."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._waiting: list[bytes] = []
        self._size = 0
        self._decoder: codecs.IncrementalDecoder | None = None
        self._broken: UnicodeDecodeError | None = None

    def write(self, piece: bytes) -> int:
        """Take a piece in, and hand on what there is when it is enough."""
        size = len(piece)
        self._waiting.append(piece)
        self._size += size
        if self._size >= _AT_ONCE:
            self._hand_on()
        return size

    def end(self) -> UnicodeDecodeError | None:
        """Hand on what is left, and return what is wrong with the text as a whole."""
        if self._waiting:
            self._hand_on()
        if self._decoder is not None:
            self._decode(b"", is_last=True)
        return self._broken

    def _hand_on(self) -> None:
        text = b"".join(self._waiting)
        self._waiting, self._size = [], 0
        if self._decoder is not None or not text.isascii():
            self._decoder = self._decoder or _DECODER()
            self._decode(text, is_last=False)
        self._take(text)

    def _decode(self, piece: bytes, *, is_last: bool) -> None:
        if self._decoder is None or self._broken is not None:
            return
        try:
            self._decoder.decode(piece, is_last)
        except UnicodeDecodeError as error:
            self._broken = error

    def flush(self) -> None:
        """Do nothing: the end is told by `end`."""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Refuse: arro3 takes nothing for a file that has no such method, and never calls it."""
        raise OSError(f"pieces are handed on once: no place {offset} from {whence}")

    def read(self, size: int = -1) -> bytes:
        """Refuse, as above."""
        raise OSError(f"pieces are handed on once: not even {size} bytes are kept")
