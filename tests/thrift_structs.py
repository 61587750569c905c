"""Structs of every shape that Thrift's compact protocol has."""

from __future__ import annotations

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
    STRUCT,
    TRUE,
    Struct,
)

__all__ = ["STRUCTS", "Struct"]

_INT64 = st.integers(-(2**63), 2**63 - 1)
STRUCTS: st.SearchStrategy[Struct] = st.recursive(
    st.dictionaries(
        st.integers(1, 2000),
        st.one_of(
            st.tuples(st.sampled_from([I16, I32, I64]), _INT64),
            st.tuples(st.sampled_from([TRUE, FALSE]), st.none()),
            st.tuples(st.just(BYTE), st.binary(min_size=1, max_size=1)),
            st.tuples(st.just(DOUBLE), st.binary(min_size=8, max_size=8)),
            st.tuples(st.just(BINARY), st.binary(max_size=300)),
            st.tuples(st.just(LIST), st.tuples(st.just(I64), st.lists(_INT64, max_size=40))),
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
