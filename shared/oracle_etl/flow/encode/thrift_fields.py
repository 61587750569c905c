"""A Thrift struct's fields as the bytes they are, found without being read.

A Parquet footer has thousands of values, of which a few have to change when a row group moves.
So a value is stepped over here, its bytes are kept, and only what changes is taken apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from oracle_etl.flow.encode.thrift_compact import (
    BINARY,
    BYTE,
    DOUBLE,
    FALSE,
    I16,
    I32,
    I64,
    LIST,
    MAP,
    SET,
    STRUCT,
    TRUE,
    from_zigzag,
    to_zigzag,
    varint,
)

Fields = dict[int, tuple[int, Any]]
"""By their numbers: the type of each value and its bytes, or what was read in their place."""
Read = Callable[[bytes, int], tuple[Any, int]]
"""Reads the value that begins at a place, and tells where it ends."""
_Past = Callable[[bytes, int], int]
"""Returns where the value ends that begins at a place."""

_MORE = 0x80
"""The bit of a varint's byte that says: more follows."""
_LONG_LIST, _NEAR = 15, 15
_NOTHING: Mapping[int, Read] = MappingProxyType({})


def fields_of(
    data: bytes, at: int = 0, *, reading: Mapping[int, Read] = _NOTHING
) -> tuple[Fields, int]:
    """Return the fields of the struct that begins at a place, and where it ends.

    Fields that are to be read more closely are named with how, so that nothing is passed twice.
    """
    found: Fields = {}
    number = 0
    while head := data[at]:
        step, type_ = head >> 4, head & 15
        at += 1
        if step:
            number += step
        else:
            end = _past_integer(data, at)
            number, at = integer(data[at:end]), end
        if number in reading:
            value, at = reading[number](data, at)
        else:
            start, at = at, _PAST[type_](data, at)
            value = data[start:at]
        found[number] = (type_, value)
    return found, at + 1


def struct_of(fields: Fields) -> bytes:
    """Return the bytes of a struct with these fields, whose values are bytes."""
    pieces: list[bytes] = []
    last = 0
    for number, (type_, value) in sorted(fields.items()):
        step = number - last
        if 0 < step <= _NEAR:
            pieces += (bytes((step << 4 | type_,)), value)
        else:
            pieces += (bytes((type_,)), varint(to_zigzag(number)), value)
        last = number
    return b"".join((*pieces, b"\0"))


def each_of(read: Read) -> Read:
    """Return what reads a list of such values."""

    def read_list(data: bytes, at: int) -> tuple[list[Any], int]:
        _, count, at = _list_head(data, at)
        values: list[Any] = []
        for _ in range(count):
            value, at = read(data, at)
            values.append(value)
        return values, at

    return read_list


def list_of(structs: Sequence[bytes]) -> bytes:
    """Return the bytes of a list of structs."""
    count = len(structs)
    short = count < _LONG_LIST
    head = bytes((count << 4 | STRUCT,)) if short else bytes((0xF0 | STRUCT,)) + varint(count)
    return b"".join((head, *structs))


def integer(value: bytes) -> int:
    """Return the number that an integer's bytes stand for."""
    number, _ = _varint_at(value, 0)
    return from_zigzag(number)


def integer_bytes(number: int) -> bytes:
    """Return a number as the bytes of an integer."""
    return varint(to_zigzag(number))


def _varint_at(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while (byte := data[at]) >= _MORE:
        value |= (byte ^ _MORE) << shift
        shift += 7
        at += 1
    return value | byte << shift, at + 1


def _list_head(data: bytes, at: int) -> tuple[int, int, int]:
    head = data[at]
    if head >> 4 < _LONG_LIST:
        return head & 15, head >> 4, at + 1
    count, at = _varint_at(data, at + 1)
    return head & 15, count, at


def _past_integer(data: bytes, at: int) -> int:
    while data[at] >= _MORE:
        at += 1
    return at + 1


def _past_binary(data: bytes, at: int) -> int:
    length, at = _varint_at(data, at)
    return at + length


def _past_list(data: bytes, at: int) -> int:
    type_, count, at = _list_head(data, at)
    if type_ in {TRUE, FALSE}:
        return at + count
    past = _PAST[type_]
    for _ in range(count):
        at = past(data, at)
    return at


def _past_struct(data: bytes, at: int) -> int:
    while head := data[at]:
        at = at + 1 if head >> 4 else _past_integer(data, at + 1)
        at = _PAST[head & 15](data, at)
    return at + 1


def _past_map(_data: bytes, at: int) -> int:
    raise ValueError(f"a Parquet footer has no map, and byte {at} of this one begins one")


_PAST: dict[int, _Past] = {
    # In a struct a boolean is told by its type alone.
    TRUE: lambda _data, at: at,
    FALSE: lambda _data, at: at,
    BYTE: lambda _data, at: at + 1,
    I16: _past_integer,
    I32: _past_integer,
    I64: _past_integer,
    DOUBLE: lambda _data, at: at + 8,
    BINARY: _past_binary,
    LIST: _past_list,
    SET: _past_list,
    MAP: _past_map,
    STRUCT: _past_struct,
}
