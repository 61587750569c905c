"""Large values on their way into Parquet: arro3 writes the row without them, and they are set in.

arro3 holds a value five times while it writes it: the page, the page's least and greatest value,
the compressed page, and what it hands on. Here a value is compressed in pieces straight from
where it lies, so that only its compressed page is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import zstandard
from arro3.core import Array, DataType, RecordBatch

from oracle_etl.flow.encode.arrow_text import TextBuffers
from oracle_etl.flow.encode.parquet_footer import (
    CHUNK_FILE_OFFSET,
    CHUNK_META,
    CHUNK_PAGE_INDEX,
    DATA_DEFINITIONS,
    DATA_ENCODING,
    DATA_PAGE,
    DATA_REPETITIONS,
    DATA_VALUES,
    FILE_GROUPS,
    GROUP_COLUMNS,
    GROUP_FILE_OFFSET,
    GROUP_PLAIN_SIZE,
    GROUP_SIZE,
    MAGIC,
    META_ABOUT_VALUES,
    META_ENCODINGS,
    META_FIRST_PAGE,
    META_OFFSETS,
    META_PLAIN_SIZE,
    META_SIZE,
    META_VALUES,
    PAGE_OF_DATA,
    PAGE_PLAIN_SIZE,
    PAGE_SIZE,
    PAGE_TYPE,
    PLAIN,
    RLE,
    footer_of,
)
from oracle_etl.flow.encode.thrift_compact import (
    I32,
    I64,
    LIST,
    STRUCT,
    Reader,
    Struct,
    write_struct,
)
from oracle_etl.model.errors import UnreadableValue

LARGE = 2**20
"""Bytes from which a value is worth the way of its own."""
LARGEST = 2**31 - 2**20
"""Bytes of the largest value: a page tells its sizes, packed and plain, in 32 bits with a sign."""
_PIECE = 2**20
_LENGTH_BYTES = 4
_IS_THERE = b"\x02\x00\x00\x00" + b"\x02\x01"
"""The definition level of one value that is not null: a run of one, after its length."""


def large_values(record: RecordBatch) -> Mapping[int, Array]:
    """Return the large values of a batch by their places; a row that has any comes alone."""
    if record.num_rows != 1 or record.nbytes < LARGE:
        return {}
    return {
        at: array
        for at, array in enumerate(record.columns)
        if _is_text(array.type) and _size(array, column=record.schema.field(at).name) >= LARGE
    }


def without(record: RecordBatch, large: Iterable[int]) -> RecordBatch:
    """Return the row with empty values in place of its large ones."""
    arrays = list(record.columns)
    for at in large:
        arrays[at] = Array([""], type=DataType.utf8()).cast(arrays[at].type)
    return RecordBatch.from_arrays(arrays, schema=record.schema)


class LargeRow:
    """The one row group of a file that was written without its large values, with them."""

    def __init__(
        self, file: bytes, record: RecordBatch, large: Mapping[int, Array], *, level: int
    ) -> None:
        self._file = file
        self._schema = record.schema
        self._large = large
        self._level = level
        self._footer = Reader(footer_of(file)).struct()
        [self._group] = self._footer[FILE_GROUPS][1][1]
        self._chunks: list[Struct] = self._group[GROUP_COLUMNS][1][1]

    def pieces(self, *, begins_file: bool) -> Iterator[bytes]:
        """Yield its data column by column; with the magic number before it where it is to begin.

        The places in the footer are right when the last piece is out.
        """
        if begins_file:
            yield MAGIC
        at = len(MAGIC)
        for number, chunk in enumerate(self._chunks):
            for piece in self._data(number, chunk, at=at):
                yield piece
                at += len(piece)
        _sum_up(self._group, self._chunks)

    def footer(self) -> bytes:
        """Return the footer that the file has with these data."""
        return write_struct(self._footer)

    def _data(self, number: int, chunk: Struct, *, at: int) -> Iterable[bytes]:
        if number not in self._large:
            return (_moved(chunk, self._file, to=at),)
        # A column without nulls has no levels that would tell them apart.
        levels = _IS_THERE if self._schema.field(number).nullable else b""
        plain: list[bytes | memoryview] = [levels, *_plain(self._large[number])]
        return _set_in(chunk, plain, at=at, level=self._level)


def _is_text(type_: DataType) -> bool:
    return DataType.is_large_string(type_) or DataType.is_large_binary(type_)


def _size(array: Array, *, column: str) -> int:
    """Return the bytes of an array's only value; it may be a slice of one that holds more."""
    if array.nbytes < LARGE or array.null_count:
        return 0
    first, end = TextBuffers.of(array).offsets.tolist()
    size: int = end - first
    if size > LARGEST:
        raise UnreadableValue(
            f"column {column} holds a value of {size} bytes, and a Parquet page no"
            f" more than {LARGEST}",
            hint="write jsonl.gz, or exclude the column",
        )
    return size


def _plain(array: Array) -> Iterator[memoryview]:
    """Yield an array's only value as Parquet's plain encoding has it, copying nothing."""
    text = TextBuffers.of(array)
    value = text.data.data[int(text.offsets[0]) : int(text.offsets[1])]
    yield memoryview(len(value).to_bytes(_LENGTH_BYTES, "little"))
    for start in range(0, len(value), _PIECE):
        yield value[start : start + _PIECE]


def _set_in(
    chunk: Struct, plain: Iterable[bytes | memoryview], *, at: int, level: int
) -> list[bytes]:
    """Return a chunk of one page, and make its entry in the footer say so."""
    compressor = zstandard.ZstdCompressor(level=level).compressobj()
    plain_size = 0
    pieces: list[bytes] = []
    for each in plain:
        plain_size += len(each)
        pieces.append(compressor.compress(each))
    pieces.append(compressor.flush())
    size = sum(map(len, pieces))
    header = _page_header(plain_size, size)
    meta = chunk[CHUNK_META][1]
    for number in (*META_OFFSETS, *META_ABOUT_VALUES):
        meta.pop(number, None)
    meta[META_ENCODINGS] = (LIST, (I32, [PLAIN, RLE]))
    meta[META_VALUES] = (I64, 1)
    meta[META_PLAIN_SIZE] = (I64, len(header) + plain_size)
    meta[META_SIZE] = (I64, len(header) + size)
    meta[META_FIRST_PAGE] = (I64, at)
    _without_index(chunk)
    return [header, *pieces]


def _page_header(plain_size: int, size: int) -> bytes:
    about = {DATA_VALUES: 1, DATA_ENCODING: PLAIN, DATA_DEFINITIONS: RLE, DATA_REPETITIONS: RLE}
    return write_struct(
        {
            PAGE_TYPE: (I32, DATA_PAGE),
            PAGE_PLAIN_SIZE: (I32, plain_size),
            PAGE_SIZE: (I32, size),
            PAGE_OF_DATA: (STRUCT, {number: (I32, value) for number, value in about.items()}),
        }
    )


def _moved(chunk: Struct, file: bytes, *, to: int) -> bytes:
    """Return a chunk as it was written, and make its entry say where it lies now."""
    meta = chunk[CHUNK_META][1]
    first = min(meta[number][1] for number in META_OFFSETS if number in meta)
    for number in META_OFFSETS:
        if number in meta:
            meta[number] = (I64, meta[number][1] - first + to)
    _without_index(chunk)
    return file[first : first + meta[META_SIZE][1]]


def _without_index(chunk: Struct) -> None:
    # Where the entry lies in the file is deprecated, and its readers take 0 for "not told".
    chunk[CHUNK_FILE_OFFSET] = (I64, 0)
    for number in CHUNK_PAGE_INDEX:
        chunk.pop(number, None)


def _sum_up(group: Struct, chunks: Sequence[Struct]) -> None:
    metas = [chunk[CHUNK_META][1] for chunk in chunks]
    group[GROUP_PLAIN_SIZE] = (I64, sum(meta[META_PLAIN_SIZE][1] for meta in metas))
    group[GROUP_SIZE] = (I64, sum(meta[META_SIZE][1] for meta in metas))
    group[GROUP_FILE_OFFSET] = (I64, len(MAGIC))
