"""Cells: a value's bytes in the form in which rows carry them."""

from __future__ import annotations

from oracle_standin.port import Cell

NULL: Cell = b"\x00"
EMPTY: Cell = b"\xfe\x00"
"""A value of no bytes that is not NULL: an empty LOB. Text has none, '' being NULL."""

LONGEST_PLAIN = 252
"""Bytes that one length byte can announce; above it a value travels in chunks."""

CHUNK_MARK = 254
CHUNK_BYTES = 32767
NULL_LENGTHS = frozenset({0, 255})


def sized_integer(value: int) -> bytes:
    """Write a non-negative integer as a length byte and that many big-endian bytes."""
    size = (value.bit_length() + 7) // 8
    return bytes((size,)) + value.to_bytes(size, "big")


def cell(content: bytes | None) -> Cell:
    """Turn a value's bytes into a cell; None is NULL, no bytes is an empty LOB."""
    if content is None:
        return NULL
    size = len(content)
    if not size:
        return EMPTY
    if size <= LONGEST_PLAIN:
        return bytes((size,)) + content
    parts = [bytes((CHUNK_MARK,))]
    for start in range(0, size, CHUNK_BYTES):
        chunk = content[start : start + CHUNK_BYTES]
        parts += (sized_integer(len(chunk)), chunk)
    parts.append(b"\x00")
    return b"".join(parts)


def content(cell: Cell) -> bytes | None:
    """Return the value's bytes that a cell carries, None for NULL."""
    if cell[0] in NULL_LENGTHS:
        return None
    if cell[0] != CHUNK_MARK:
        return cell[1:]
    parts = []
    position = 1
    while size_bytes := cell[position]:
        start = position + 1 + size_bytes
        position = start + int.from_bytes(cell[position + 1 : start], "big")
        parts.append(cell[start:position])
    return b"".join(parts)
