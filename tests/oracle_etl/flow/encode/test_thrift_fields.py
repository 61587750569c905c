"""Thrift structs taken apart without being read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_etl.flow.encode.thrift_compact import BINARY, I32, I64, LIST, MAP, STRUCT, write_struct
from oracle_etl.flow.encode.thrift_fields import (
    each_of,
    fields_of,
    integer,
    integer_bytes,
    list_of,
    struct_of,
)
from thrift_structs import STRUCTS, Struct


class TestAStruct:
    @given(STRUCTS)
    def test_is_put_together_as_it_was(self, struct: Struct) -> None:
        written = write_struct(struct)
        fields, end = fields_of(written + b"more")
        assert (struct_of(fields), end) == (written, len(written))

    @given(STRUCTS)
    def test_has_the_numbers_and_types_of_its_fields(self, struct: Struct) -> None:
        fields, _ = fields_of(write_struct(struct))
        assert {number: type_ for number, (type_, _) in fields.items()} == {
            number: type_ for number, (type_, _) in struct.items()
        }

    def test_keeps_the_bytes_of_a_value(self) -> None:
        fields, _ = fields_of(write_struct({3: (BINARY, b"ab"), 70: (I32, 150)}))
        assert fields == {3: (BINARY, b"\x02ab"), 70: (I32, b"\xac\x02")}

    def test_reads_the_fields_that_are_named(self) -> None:
        groups: Struct = {4: (LIST, (STRUCT, [{1: (I64, 7)}, {1: (I64, -7)}])), 5: (I64, 1)}
        fields, _ = fields_of(write_struct(groups), reading={4: each_of(fields_of)})
        assert fields == {
            4: (LIST, [{1: (I64, b"\x0e")}, {1: (I64, b"\x0d")}]),
            5: (I64, b"\x02"),
        }

    def test_with_a_map_is_refused(self) -> None:
        with pytest.raises(ValueError, match="byte 1 of this one begins one"):
            fields_of(bytes((0x10 | MAP, 0, 0)))


class TestAList:
    @given(st.lists(STRUCTS, max_size=20))
    def test_of_structs_is_put_together_as_it_was(self, structs: list[Struct]) -> None:
        written = write_struct({1: (LIST, (STRUCT, structs))})
        fields, _ = fields_of(written)
        assert list_of([write_struct(each) for each in structs]) == fields[1][1]


class TestAnInteger:
    @given(st.integers(-(2**63), 2**63 - 1))
    def test_comes_back(self, number: int) -> None:
        assert integer(integer_bytes(number)) == number
