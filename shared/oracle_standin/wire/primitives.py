"""The few shapes that every message is made of."""

from __future__ import annotations

from collections.abc import Callable

from oracle_standin.values.cells import CHUNK_MARK, NULL_LENGTHS, cell, sized_integer
from oracle_standin.wire.packets import ProtocolBroken

SIGN = 0x80
LONGEST_INTEGER = 8
LONGEST_VALUE = 1 << 30
LONGEST_NAME = 1024


def integer(value: int) -> bytes:
    """Write an integer: a length byte, whose highest bit is the sign, and big-endian bytes."""
    if value >= 0:
        return sized_integer(value)
    written = sized_integer(-value)
    return bytes((written[0] | SIGN,)) + written[1:]


def counted(value: bytes | str) -> bytes:
    """Write bytes behind two lengths; nothing but a zero where there are none."""
    data = value.encode() if isinstance(value, str) else value
    return integer(len(data)) + cell(data) if data else b"\x00"


class Incoming:
    """Reads a request as it arrives; a request may be cut into packets anywhere."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._data = b""
        self._position = 0

    def forget(self) -> None:
        """Drop what is left of the packets at hand."""
        self._data, self._position = b"", 0

    def raw(self, count: int) -> bytes:
        """Read bytes as they are."""
        if not 0 <= count <= LONGEST_VALUE:
            raise ProtocolBroken(f"a value of {count} bytes")
        end = self._position + count
        if end > len(self._data):
            self._gather(count)
            end = self._position + count
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def byte(self) -> int:
        """Read one byte."""
        return self.raw(1)[0]

    def skip_zero(self) -> None:
        """Read past a zero byte where there is one."""
        if self.byte():
            self._position -= 1

    def integer(self) -> int:
        """Read an integer of any length."""
        head = self.byte()
        size = head & ~SIGN
        if size > LONGEST_INTEGER:
            raise ProtocolBroken(f"an integer of {size} bytes")
        value = int.from_bytes(self.raw(size), "big")
        return -value if head & SIGN else value

    def sized(self) -> bytes | None:
        """Read bytes behind one length; None where they are NULL."""
        size = self.byte()
        if size in NULL_LENGTHS:
            return None
        return self.chunks() if size == CHUNK_MARK else self.raw(size)

    def chunks(self) -> bytes:
        """Read the chunks behind a chunk mark."""
        parts = []
        total = 0
        while size := self.integer():
            total += size
            if not 0 < total <= LONGEST_VALUE:
                raise ProtocolBroken(f"a value of more than {LONGEST_VALUE} bytes")
            parts.append(self.raw(size))
        return b"".join(parts)

    def counted(self) -> bytes:
        """Read bytes behind two lengths."""
        return (self.sized() or b"") if self.integer() else b""

    def text(self) -> str:
        """Read text behind two lengths."""
        return _decoded(self.counted())

    def sized_text(self) -> str:
        """Read text behind one length; '' where it is NULL."""
        return _decoded(self.sized() or b"")

    def skip_integers(self, count: int) -> None:
        """Read integers that say nothing to a stand-in."""
        for _ in range(count):
            self.integer()

    def terminated(self) -> bytes:
        """Read bytes up to a zero."""
        found = bytearray()
        while value := self.byte():
            found.append(value)
            if len(found) > LONGEST_NAME:
                raise ProtocolBroken("a name without an end")
        return bytes(found)

    def _gather(self, count: int) -> None:
        parts = [self._data[self._position :]]
        size = len(parts[0])
        while size < count:
            parts.append(self._more())
            size += len(parts[-1])
        self._data, self._position = b"".join(parts), 0


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ProtocolBroken("a text that is not UTF-8") from error
