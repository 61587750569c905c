"""Thrift's compact protocol, as far as a Parquet footer needs it: values without a schema.

A struct is a dict of field number to (type, value), in order; a list is (type, values). What
was read is written back byte for byte unless somebody changed it.
"""

from __future__ import annotations

from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
_INTEGERS = frozenset({I16, I32, I64})
_LISTS = frozenset({LIST, SET})
_LONG_LIST = 15
_SIZES = {BYTE: 1, DOUBLE: 8}
_NEAR = 15
"""A field number that far or less beyond the last one fits beside the type."""

Struct = dict[int, tuple[int, Any]]


class Reader:
    """Reads values from the start of some bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self) -> Struct:
        """Read a struct."""
        fields: Struct = {}
        number = 0
        while head := self._byte():
            step, type_ = head >> 4, head & 15
            number = number + step if step else from_zigzag(self._varint())
            fields[number] = (type_, self._value(type_))
        return fields

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        data, at = self._data, self._at
        value, shift = data[at] & 127, 7
        while data[at] > 127:  # noqa: PLR2004  the bit that says: more follows
            at += 1
            value |= (data[at] & 127) << shift
            shift += 7
        self._at = at + 1
        return value

    def _bytes(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]

    def _list(self) -> tuple[int, list[Any]]:
        head = self._byte()
        count, type_ = head >> 4, head & 15
        if count == _LONG_LIST:
            count = self._varint()
        # In a list a boolean takes a byte of its own; in a struct it is the type.
        read = self._byte if type_ in {TRUE, FALSE} else lambda: self._value(type_)
        return type_, [read() for _ in range(count)]

    def _value(self, type_: int) -> Any:  # noqa: ANN401  a struct's fields are of any type
        if type_ in {TRUE, FALSE}:
            return None
        if type_ in _INTEGERS:
            return from_zigzag(self._varint())
        if type_ == BINARY:
            return self._bytes(self._varint())
        if type_ == STRUCT:
            return self.struct()
        if type_ in _LISTS:
            return self._list()
        if type_ not in _SIZES:
            raise ValueError(f"a Parquet footer has no Thrift type {type_}")
        return self._bytes(_SIZES[type_])


def write_struct(fields: Struct) -> bytes:
    """Return a struct's bytes."""
    out = bytearray()
    last = 0
    for number, (type_, value) in sorted(fields.items()):
        step = number - last
        if 0 < step <= _NEAR:
            out.append(step << 4 | type_)
        else:
            out.append(type_)
            out += varint(to_zigzag(number))
        last = number
        out += _written(type_, value)
    out.append(0)
    return bytes(out)


def _written(type_: int, value: Any) -> bytes:  # noqa: ANN401  a struct's fields are of any type
    if type_ in {TRUE, FALSE}:
        return b""
    if type_ in _INTEGERS:
        return varint(to_zigzag(value))
    if type_ in _LISTS:
        return _written_list(*value)
    if type_ == STRUCT:
        return write_struct(value)
    prefix = varint(len(value)) if type_ == BINARY else b""
    return prefix + bytes(value)


def _written_list(type_: int, values: list[Any]) -> bytes:
    count = len(values)
    short = count < _LONG_LIST
    head = bytes((count << 4 | type_,)) if short else bytes((0xF0 | type_,)) + varint(count)
    if type_ in {TRUE, FALSE}:
        return head + bytes(values)
    return head + b"".join(_written(type_, each) for each in values)


def varint(value: int) -> bytes:
    """Return a number that is not negative, seven bits a byte."""
    if value <= 127:  # noqa: PLR2004  seven bits a byte
        return value.to_bytes(1, "little")
    out = bytearray()
    while value > 127:  # noqa: PLR2004  seven bits a byte
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def from_zigzag(value: int) -> int:
    """Return the number that was folded so that small negative ones are short."""
    return (value >> 1) ^ -(value & 1)


def to_zigzag(value: int) -> int:
    """Fold a number of 64 bits."""
    return (value << 1) ^ (value >> 63)
