"""The numbers of the fields in Parquet's own structs, as far as its files are put together here."""

from __future__ import annotations

FILE_ROWS, FILE_GROUPS = 3, 4
GROUP_COLUMNS, GROUP_PLAIN_SIZE, GROUP_FILE_OFFSET, GROUP_SIZE, GROUP_ORDINAL = 1, 2, 5, 6, 7
CHUNK_FILE_OFFSET, CHUNK_META = 2, 3
CHUNK_PAGE_INDEX = (4, 5, 6, 7)
META_ENCODINGS, META_VALUES, META_PLAIN_SIZE, META_SIZE = 2, 5, 6, 7
META_FIRST_PAGE = 9
META_OFFSETS = (META_FIRST_PAGE, 10, 11, 14)
META_ABOUT_VALUES = (12, 13, 16)
"""Statistics of a chunk's values, pages and sizes; all of them may be left out."""
PAGE_TYPE, PAGE_PLAIN_SIZE, PAGE_SIZE, PAGE_OF_DATA = 1, 2, 3, 5
DATA_VALUES, DATA_ENCODING, DATA_DEFINITIONS, DATA_REPETITIONS = 1, 2, 3, 4
DATA_PAGE = 0
PLAIN, RLE = 0, 3

MAGIC = b"PAR1"
FOOTER_LENGTH_BYTES = 4
TAIL_BYTES = len(MAGIC) + FOOTER_LENGTH_BYTES


def footer_of(file: bytes) -> bytes:
    """Return the bytes of a file's footer, without what tells where it begins."""
    length = int.from_bytes(file[-TAIL_BYTES : -len(MAGIC)], "little")
    return file[-TAIL_BYTES - length : -TAIL_BYTES]
