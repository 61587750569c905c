"""Row groups of small Parquet files, as the entries that one footer for all of them has."""

from __future__ import annotations

from oracle_etl.flow.encode.parquet_footer import (
    CHUNK_FILE_OFFSET,
    CHUNK_META,
    CHUNK_PAGE_INDEX,
    FILE_GROUPS,
    FILE_ROWS,
    FOOTER_LENGTH_BYTES,
    GROUP_COLUMNS,
    GROUP_FILE_OFFSET,
    GROUP_ORDINAL,
    MAGIC,
    META_OFFSETS,
    META_SIZE,
)
from oracle_etl.flow.encode.thrift_compact import I64, LIST, STRUCT
from oracle_etl.flow.encode.thrift_fields import (
    Fields,
    each_of,
    fields_of,
    integer,
    integer_bytes,
    list_of,
    struct_of,
)
from oracle_etl.model.errors import UnreadableValue

MOST_GROUPS = 2**15 - 1
"""Their number has 16 bits with a sign."""


def _chunk_at(data: bytes, at: int) -> tuple[Fields, int]:
    return fields_of(data, at, reading={CHUNK_META: fields_of})


def _group_at(data: bytes, at: int) -> tuple[Fields, int]:
    return fields_of(data, at, reading={GROUP_COLUMNS: each_of(_chunk_at)})


def _file_at(data: bytes, at: int) -> tuple[Fields, int]:
    return fields_of(data, at, reading={FILE_GROUPS: each_of(_group_at)})


class Footer:
    """Gathers row groups and becomes the footer of all of them."""

    def __init__(self) -> None:
        self._file: Fields = {}
        self._groups: list[bytes] = []

    @property
    def is_empty(self) -> bool:
        """Whether there is no row group yet."""
        return not self._groups

    def adopt(self, footer_bytes: bytes, *, at: int) -> tuple[int, int]:
        """Keep the entries of a small file's row groups; return from where to where it has data.

        The data are to be put at a place of the whole.
        """
        footer, _ = _file_at(footer_bytes, 0)
        # The first file's magic number begins the whole.
        first = len(MAGIC) if at else 0
        end = len(MAGIC)
        if len(self._groups) >= MOST_GROUPS:
            raise UnreadableValue(
                f"a Parquet file has no more than {MOST_GROUPS} row groups, of which each row with"
                " a value of 1 MiB or more takes one",
                hint="write jsonl.gz, or exclude the columns of large values",
            )
        for group in footer[FILE_GROUPS][1]:
            entry, group_end = _moved(group, at - first, ordinal=len(self._groups))
            self._groups.append(entry)
            end = max(end, group_end)
        self._file = self._file or footer
        return first, end

    def written(self, *, rows: int) -> bytes:
        """Return the end of the whole file."""
        about = {
            FILE_ROWS: (I64, integer_bytes(rows)),
            FILE_GROUPS: (LIST, list_of(self._groups)),
        }
        footer = struct_of(self._file | about)
        return footer + len(footer).to_bytes(FOOTER_LENGTH_BYTES, "little") + MAGIC


def _moved(group: Fields, shift: int, *, ordinal: int) -> tuple[bytes, int]:
    """Return a row group's entry after its move, and where its data ended before."""
    chunks: list[bytes] = []
    end = 0
    for chunk in group[GROUP_COLUMNS][1]:
        meta = chunk[CHUNK_META][1]
        # Behind the data lie page indexes, whose offsets point into it; they are left out.
        start = min(integer(meta[number][1]) for number in META_OFFSETS if number in meta)
        end = max(end, start + integer(meta[META_SIZE][1]))
        for number in META_OFFSETS:
            _add(meta, number, shift)
        kept = {number: each for number, each in chunk.items() if number not in CHUNK_PAGE_INDEX}
        kept[CHUNK_META] = (STRUCT, struct_of(meta))
        _add(kept, CHUNK_FILE_OFFSET, shift)
        chunks.append(struct_of(kept))
    _add(group, GROUP_FILE_OFFSET, shift)
    group[GROUP_ORDINAL] = (group[GROUP_ORDINAL][0], integer_bytes(ordinal))
    group[GROUP_COLUMNS] = (LIST, list_of(chunks))
    return struct_of(group), end


def _add(fields: Fields, number: int, shift: int) -> None:
    # 0 says that the place is not given.
    if number in fields and (value := integer(fields[number][1])):
        fields[number] = (fields[number][0], integer_bytes(value + shift))
