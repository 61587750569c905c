"""ROWIDs as single integers that order as Oracle orders ROWIDs."""

from __future__ import annotations

from oracle_standin.engine.errors import ora
from oracle_standin.values.rowids import RowId, parse_rowid

SLOT_BITS = 16
BLOCK_BITS = 32
FILE_BITS = 16
BLOCK_MASK = (1 << BLOCK_BITS) - 1
FILE_MASK = (1 << FILE_BITS) - 1
SLOT_MASK = (1 << SLOT_BITS) - 1
OBJECT_SHIFT = FILE_BITS + BLOCK_BITS + SLOT_BITS


def address(segment: int, file: int, block: int, slot: int) -> int:
    """Put a ROWID's four numbers into one."""
    return ((segment << FILE_BITS | file) << BLOCK_BITS | block) << SLOT_BITS | slot


def address_parts(value: int) -> tuple[int, int, int, int]:
    """Return segment, file, block and slot of an address."""
    return (
        value >> OBJECT_SHIFT,
        value >> BLOCK_BITS + SLOT_BITS & FILE_MASK,
        value >> SLOT_BITS & BLOCK_MASK,
        value & SLOT_MASK,
    )


def address_text(value: int) -> str:
    """Write an address as the eighteen characters of a ROWID."""
    return str(RowId(*address_parts(value)))


def parse_address(text: str) -> int:
    """Read the eighteen characters of a ROWID; ORA-01410 where they are none."""
    try:
        rowid = parse_rowid(text)
    except ValueError:
        raise ora(1410) from None
    return address(rowid.object, rowid.file, rowid.block, rowid.slot)
