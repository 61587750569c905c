"""Thrift's compact protocol."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    STRUCT,
    TRUE,
    Reader,
    Struct,
    write_struct,
)

int64 = st.integers(-(2**63), 2**63 - 1)
fields: st.SearchStrategy[Struct] = st.recursive(
    st.dictionaries(
        st.integers(1, 2000),
        st.one_of(
            st.tuples(st.sampled_from([I16, I32, I64]), int64),
            st.tuples(st.sampled_from([TRUE, FALSE]), st.none()),
            st.tuples(st.just(BYTE), st.binary(min_size=1, max_size=1)),
            st.tuples(st.just(DOUBLE), st.binary(min_size=8, max_size=8)),
            st.tuples(st.just(BINARY), st.binary(max_size=300)),
            st.tuples(st.just(LIST), st.tuples(st.just(I64), st.lists(int64, max_size=40))),
            st.tuples(
                st.just(LIST), st.tuples(st.just(TRUE), st.lists(st.integers(1, 2), max_size=9))
            ),
        ),
        max_size=6,
    ),
    lambda inner: st.dictionaries(
        st.integers(1, 40),
        st.one_of(
            st.tuples(st.just(STRUCT), inner),
            st.tuples(st.just(LIST), st.tuples(st.just(STRUCT), st.lists(inner, max_size=20))),
        ),
        max_size=3,
    ),
    max_leaves=6,
)


class TestAStruct:
    @given(fields)
    def test_reads_as_it_was_written(self, given_fields: Struct) -> None:
        assert Reader(write_struct(given_fields)).struct() == given_fields

    def test_is_written_as_the_protocol_says(self) -> None:
        # Field 1, i32 150: head 0x15, zigzag 300 as a varint; field 3, binary; the stop.
        written = write_struct({1: (I32, 150), 3: (BINARY, b"ab")})
        assert written == bytes((0x15, 0xAC, 0x02, 0x28, 0x02)) + b"ab" + b"\x00"

    def test_of_a_type_that_no_footer_has_is_refused(self) -> None:
        with pytest.raises(ValueError, match=str(int(MAP))):
            Reader(bytes((0x10 | MAP, 0, 0))).struct()
