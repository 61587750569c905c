"""OSON: the binary form in which a JSON column travels.

A header, then the names of all fields in the order of their hashes, then a tree of nodes in which
objects and arrays point at their children by offset. Written here: names of up to 255 bytes,
32-bit offsets. Read here: that, and what the python-oracledb driver writes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from oracle_standin.values.floats import (
    decode_binary_double,
    decode_binary_float,
    encode_binary_double,
)
from oracle_standin.values.intervals import decode_interval_ds
from oracle_standin.values.moments import (
    Moment,
    decode_date,
    decode_timestamp,
    decode_timestamp_tz,
    encode_timestamp,
)
from oracle_standin.values.number import decode_number, encode_number

MAGIC = b"\xff\x4a\x5a"
SHORT_NAMES, LONG_NAMES = 1, 3
INLINE_LEAF, LENGTH_IN_CODE = 0x02, 0x04
RELATIVE_OFFSETS, WIDE_COUNT, IS_SCALAR = 0x01, 0x08, 0x10
HASH_OF_ONE_BYTE, TWO_BYTE_COUNT, WIDE_NAMES = 0x0100, 0x0400, 0x0800
WIDE_TREE, TINY_NODES_COUNTED = 0x1000, 0x2000
LONGEST_NAME = MOST_IN_A_BYTE = 255
LONGEST_NARROW = 65535

NULL, TRUE, FALSE = 0x30, 0x31, 0x32
SHORT_TEXT, SIZED_NUMBER, DOUBLE = 0x33, 0x34, 0x36
TEXT, LONG_TEXT, TIMESTAMP, BINARY, LONG_BINARY = 0x37, 0x38, 0x39, 0x3A, 0x3B
DATE, INTERVAL_DS, TIMESTAMP_TZ, WHOLE_TIMESTAMP, ID, FLOAT = 0x3C, 0x3E, 0x7C, 0x7D, 0x7E, 0x7F
OBJECT, ARRAY = 0x84, 0xC0
CONTAINER_MARK, ARRAY_MARK = 0x80, 0x40
COUNT_BITS, COUNT_OF_TWO, COUNT_OF_FOUR, SHARED_NAMES = 0x18, 0x08, 0x10, 0x18
WIDE_OFFSETS = 0x20

Json = Any
"""None, bool, int, float, Decimal, str, bytes, Moment, a sequence, or a mapping from str."""


def encode_oson(value: Json) -> bytes:
    """Write a JSON value; ValueError for a name or a type that it cannot hold."""
    flags = INLINE_LEAF | LENGTH_IN_CODE
    if not isinstance(value, (Mapping, Sequence)) or isinstance(value, (str, bytes)):
        return _scalar(_leaf(value), flags | IS_SCALAR)
    names = sorted(dict.fromkeys(_names(value)), key=_name_order)
    id_format, id_flag = _id_format(len(names))
    tree = bytearray()
    _add(tree, value, {name.decode(): number for number, name in enumerate(names, 1)}, id_format)
    written = [bytes((len(name),)) + name for name in names]
    segment = b"".join(written)
    size_format, size_flag = ("I", WIDE_NAMES) if len(segment) > LONGEST_NARROW else ("H", 0)
    tree_format, tree_flag = ("I", WIDE_TREE) if len(tree) > LONGEST_NARROW else ("H", 0)
    flags |= HASH_OF_ONE_BYTE | TINY_NODES_COUNTED | id_flag | size_flag | tree_flag
    header = struct.Struct(f">BH{id_format}{size_format}{tree_format}H")
    return b"".join(
        (
            MAGIC,
            header.pack(SHORT_NAMES, flags, len(names), len(segment), len(tree), 0),
            bytes(_hash(name) & 0xFF for name in names),
            struct.pack(f">{len(names)}{size_format}", *_offsets(written)),
            segment,
            tree,
        )
    )


def _id_format(names: int) -> tuple[str, int]:
    """Return how a field's number is written, and the flag that says so."""
    if names <= MOST_IN_A_BYTE:
        return "B", 0
    return ("H", TWO_BYTE_COUNT) if names <= LONGEST_NARROW else ("I", WIDE_COUNT)


def _scalar(node: bytes, flags: int) -> bytes:
    if len(node) > LONGEST_NARROW:
        return MAGIC + struct.pack(">BHI", SHORT_NAMES, flags | WIDE_TREE, len(node)) + node
    return MAGIC + struct.pack(">BHH", SHORT_NAMES, flags, len(node)) + node


def decode_oson(content: bytes) -> Json:
    """Read a JSON value; ValueError where the bytes are no OSON."""
    try:
        return _Reader(content).root()
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise ValueError("the bytes are no OSON") from error


def json_text(content: bytes) -> str:
    """Write an image as JSON text, with numbers as they are; bytes become hexadecimal."""
    return _text(decode_oson(content))


def _text(value: Json) -> str:
    if isinstance(value, Mapping):
        fields = (
            f"{json.dumps(name, ensure_ascii=False)}:{_text(child)}"
            for name, child in value.items()
        )
        return f"{{{','.join(fields)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, (bytes, Moment, tuple)):
        return json.dumps(value.hex() if isinstance(value, bytes) else _moment_text(value))
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _moment_text(value: Moment | tuple[int, ...]) -> str:
    if not isinstance(value, Moment):
        days, hours, minutes, seconds, nanoseconds = value
        return f"P{days}DT{hours}H{minutes}M{seconds}.{abs(nanoseconds):09d}S"
    day = f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    return f"{day}T{value.hour:02d}:{value.minute:02d}:{value.second:02d}" + (
        f".{value.nanosecond:09d}" if value.nanosecond else ""
    )


def _names(value: Json) -> Iterator[bytes]:
    if isinstance(value, Mapping):
        for name, child in value.items():
            encoded = name.encode()
            if len(encoded) > LONGEST_NAME:
                raise ValueError(f"a field name of more than {LONGEST_NAME} bytes")
            yield encoded
            yield from _names(child)
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        for child in value:
            yield from _names(child)


def _hash(name: bytes) -> int:
    """Hash a name as OSON orders them: FNV-1a of 32 bits."""
    value = 0x811C9DC5
    for byte in name:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def _name_order(name: bytes) -> tuple[int, int, bytes]:
    return _hash(name) & 0xFF, len(name), name


def _offsets(written: Sequence[bytes]) -> Iterator[int]:
    offset = 0
    for name in written:
        yield offset
        offset += len(name)


def _add(tree: bytearray, value: Json, numbers: Mapping[str, int], id_format: str) -> None:
    """Append a value's node and, for a container, its children's nodes behind it."""
    if isinstance(value, Mapping):
        kind, ids = OBJECT, [numbers[name] for name in value]
        children = list(value.values())
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        kind, ids, children = ARRAY, [], list(value)
    else:
        tree += _leaf(value)
        return
    count_format, count_bits = _count_format(len(children))
    tree += struct.pack(f">B{count_format}", kind | WIDE_OFFSETS | count_bits, len(children))
    tree += struct.pack(f">{len(ids)}{id_format}", *ids)
    offsets_at = len(tree)
    tree += bytes(4 * len(children))
    for index, child in enumerate(children):
        struct.pack_into(">I", tree, offsets_at + 4 * index, len(tree))
        _add(tree, child, numbers, id_format)


def _count_format(children: int) -> tuple[str, int]:
    """Return how a container's count is written, and the bits of its code that say so."""
    if children <= MOST_IN_A_BYTE:
        return "B", 0
    return ("H", COUNT_OF_TWO) if children <= LONGEST_NARROW else ("I", COUNT_OF_FOUR)


def _leaf(value: Json) -> bytes:
    if value is None:
        return bytes((NULL,))
    for kind, write in LEAVES:
        if isinstance(value, kind):
            return write(value)
    raise ValueError(f"JSON holds no {type(value).__name__}")


def _sized(code: int, data: bytes) -> bytes:
    return struct.pack(">BI", code, len(data)) + data


def _number(value: Decimal | int) -> bytes:
    stored = encode_number(value)
    return bytes((SIZED_NUMBER, len(stored))) + stored


def _moment(value: Moment) -> bytes:
    stored = encode_timestamp(value)
    return bytes((TIMESTAMP if value.nanosecond else WHOLE_TIMESTAMP,)) + stored


LEAVES: tuple[tuple[type | tuple[type, ...], Callable[[Any], bytes]], ...] = (
    (bool, lambda value: bytes((TRUE if value else FALSE,))),
    ((int, Decimal), _number),
    (float, lambda value: bytes((DOUBLE,)) + encode_binary_double(value)),
    (str, lambda value: _sized(LONG_TEXT, value.encode())),
    (bytes, lambda value: _sized(LONG_BINARY, value)),
    (Moment, _moment),
)

CONSTANTS = {NULL: None, TRUE: True, FALSE: False}
FIXED: dict[int, tuple[int, Callable[[bytes], Any]]] = {
    DOUBLE: (8, decode_binary_double),
    FLOAT: (4, decode_binary_float),
    DATE: (7, decode_date),
    WHOLE_TIMESTAMP: (7, decode_date),
    TIMESTAMP: (11, decode_timestamp),
    TIMESTAMP_TZ: (13, decode_timestamp_tz),
    INTERVAL_DS: (11, decode_interval_ds),
}
VARIABLE: dict[int, tuple[int, Callable[[bytes], Any]]] = {
    SHORT_TEXT: (1, bytes.decode),
    TEXT: (2, bytes.decode),
    LONG_TEXT: (4, bytes.decode),
    SIZED_NUMBER: (1, decode_number),
    ID: (1, bytes),
    BINARY: (2, bytes),
    LONG_BINARY: (4, bytes),
}
"""How many bytes tell the length of each, and how to read it."""


class _Reader:
    """Reads one image."""

    def __init__(self, content: bytes) -> None:
        if content[:3] != MAGIC or content[3] not in (SHORT_NAMES, LONG_NAMES):
            raise ValueError("the bytes are no OSON")
        self._content = content
        self._at = 4
        self._flags = self._integer(2)
        self._names: list[str] = []
        self._tree = 0
        self._id_bytes = 1

    def root(self) -> Json:
        if self._flags & IS_SCALAR:
            self._integer(4 if self._flags & WIDE_TREE else 2)
        else:
            self._read_header()
        self._tree = self._at
        return self._node(self._at)

    def _integer(self, size: int) -> int:
        return int.from_bytes(self._bytes(size), "big")

    def _bytes(self, size: int) -> bytes:
        if self._at + size > len(self._content):
            raise IndexError(size)
        self._at += size
        return self._content[self._at - size : self._at]

    def _read_header(self) -> None:
        if self._flags & WIDE_COUNT:
            self._id_bytes = 4
        elif self._flags & TWO_BYTE_COUNT:
            self._id_bytes = 2
        count = self._integer(self._id_bytes)
        offset_bytes = 4 if self._flags & WIDE_NAMES else 2
        size = self._integer(offset_bytes)
        long_names = None
        if self._content[3] == LONG_NAMES:
            long_offsets = 2 if self._integer(2) & HASH_OF_ONE_BYTE else 4
            long_names = (self._integer(4), self._integer(4), long_offsets)
        self._integer(4 if self._flags & WIDE_TREE else 2)
        self._integer(2)
        self._read_names(count, size, offset_bytes, length_bytes=1)
        if long_names is not None:
            self._read_names(*long_names, length_bytes=2)

    def _read_names(self, count: int, size: int, offset_bytes: int, *, length_bytes: int) -> None:
        self._bytes(count * length_bytes)
        offsets = [self._integer(offset_bytes) for _ in range(count)]
        segment = self._bytes(size)
        for offset in offsets:
            start = offset + length_bytes
            length = int.from_bytes(segment[offset:start], "big")
            self._names.append(segment[start : start + length].decode())

    def _node(self, at: int) -> Json:
        self._at = at
        code = self._integer(1)
        if code & CONTAINER_MARK:
            return self._container(code, at - self._tree)
        if code in CONSTANTS:
            return CONSTANTS[code]
        if code in FIXED:
            size, read = FIXED[code]
            return read(self._bytes(size))
        if code in VARIABLE:
            length_bytes, read = VARIABLE[code]
            return read(self._bytes(self._integer(length_bytes)))
        return self._short(code)

    def _short(self, code: int) -> Json:
        """Read a leaf whose length is part of its code."""
        high, low = code & 0xF0, code & 0x0F
        if high in (0x20, 0x60):
            return decode_number(self._bytes(low + 1))
        if high in (0x40, 0x50):
            return decode_number(self._bytes(low))
        if code < 0x20:  # noqa: PLR2004 - texts of up to 31 bytes
            return self._bytes(code).decode()
        raise ValueError(f"an OSON node of type {code:#x} is beyond this reader")

    def _container(self, code: int, container: int) -> Json:
        if code & COUNT_BITS == SHARED_NAMES:
            ids, offsets_at = self._shared_ids(code)
        else:
            count = self._count(code)
            if code & ARRAY_MARK:
                return [self._node(at) for at in self._children(code, container, count, self._at)]
            ids = [self._integer(self._id_bytes) for _ in range(count)]
            offsets_at = self._at
        places = self._children(code, container, len(ids), offsets_at)
        named = zip(ids, places, strict=True)
        return {self._names[number - 1]: self._node(at) for number, at in named}

    def _shared_ids(self, code: int) -> tuple[list[int], int]:
        other = self._integer(4 if code & WIDE_OFFSETS else 2)
        offsets_at = self._at
        self._at = self._tree + other
        count = self._count(self._integer(1))
        return [self._integer(self._id_bytes) for _ in range(count)], offsets_at

    def _count(self, code: int) -> int:
        return self._integer({0: 1, COUNT_OF_TWO: 2, COUNT_OF_FOUR: 4}[code & COUNT_BITS])

    def _children(self, code: int, container: int, count: int, at: int) -> list[int]:
        self._at = at
        size = 4 if code & WIDE_OFFSETS else 2
        start = self._tree + (container if self._flags & RELATIVE_OFFSETS else 0)
        return [start + self._integer(size) for _ in range(count)]
