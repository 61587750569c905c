"""ROWIDs: where a row lives, as numbers, as eighteen characters, and as the wire sends it.

The text has six characters for the object, three for the file, six for the block and three for
the row's slot, in base 64. Logical ROWIDs (of index-organised tables) name a row by its key
instead: a star and base-64 characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
VALUES = {character: value for value, character in enumerate(ALPHABET)}
OBJECT_END, FILE_END, BLOCK_END, SLOT_END = 6, 9, 15, 18
TEXT_LENGTH = SLOT_END
LOGICAL_MARK = "*"
LOGICAL_KIND = b"\x02"
PHYSICAL_KIND = b"\x01"
BITS = 6


@dataclass(frozen=True, slots=True, order=True)
class RowId:
    """A physical ROWID; they order by object, file, block and slot."""

    object: int
    file: int
    block: int
    slot: int

    def __str__(self) -> str:
        fields = ((self.object, 6), (self.file, 3), (self.block, 6), (self.slot, 3))
        return "".join(starmap(_characters, fields))


def parse_rowid(text: str) -> RowId:
    """Read the eighteen characters; ValueError where they are no ROWID."""
    if len(text) != TEXT_LENGTH or not VALUES.keys() >= set(text):
        raise ValueError(f"{text[:TEXT_LENGTH]!r} is not a ROWID of {TEXT_LENGTH} characters")
    return RowId(
        _number(text[:OBJECT_END]),
        _number(text[OBJECT_END:FILE_END]),
        _number(text[FILE_END:BLOCK_END]),
        _number(text[BLOCK_END:]),
    )


def physical_bytes(rowid: RowId) -> bytes:
    """Write a physical ROWID as a UROWID column carries it: thirteen bytes."""
    return (
        PHYSICAL_KIND
        + rowid.object.to_bytes(4, "big")
        + rowid.file.to_bytes(2, "big")
        + rowid.block.to_bytes(4, "big")
        + rowid.slot.to_bytes(2, "big")
    )


def logical_text(key: bytes) -> str:
    """Write a logical ROWID of a key's bytes; the thin driver wants at least twelve of them."""
    bits = "".join(f"{byte:08b}" for byte in key)
    bits += "0" * (-len(bits) % BITS)
    groups = (bits[i : i + BITS] for i in range(0, len(bits), BITS))
    return LOGICAL_MARK + "".join(ALPHABET[int(group, 2)] for group in groups)


def logical_bytes(text: str) -> bytes:
    """Read a logical ROWID's characters into the bytes that a UROWID column carries."""
    bits = "".join(f"{VALUES[character]:06b}" for character in text[len(LOGICAL_MARK) :])
    return LOGICAL_KIND + bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8))


def _characters(value: int, count: int) -> str:
    return "".join(ALPHABET[value >> BITS * place & 0x3F] for place in reversed(range(count)))


def _number(text: str) -> int:
    value = 0
    for character in text:
        value = value << BITS | VALUES[character]
    return value
