"""Thrift's compact protocol."""

from __future__ import annotations

import pytest
from hypothesis import given

from oracle_etl.flow.encode.thrift_compact import BINARY, I32, MAP, Reader, write_struct
from thrift_structs import STRUCTS, Struct


class TestAStruct:
    @given(STRUCTS)
    def test_reads_as_it_was_written(self, given_fields: Struct) -> None:
        assert Reader(write_struct(given_fields)).struct() == given_fields

    def test_is_written_as_the_protocol_says(self) -> None:
        # Field 1, i32 150: head 0x15, zigzag 300 as a varint; field 3, binary; the stop.
        written = write_struct({1: (I32, 150), 3: (BINARY, b"ab")})
        assert written == bytes((0x15, 0xAC, 0x02, 0x28, 0x02)) + b"ab" + b"\x00"

    def test_of_a_type_that_no_footer_has_is_refused(self) -> None:
        with pytest.raises(ValueError, match=str(int(MAP))):
            Reader(bytes((0x10 | MAP, 0, 0))).struct()
