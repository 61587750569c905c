from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seerdb.common import oson as other_client

from oracle_standin.values.moments import Moment
from oracle_standin.values.oson import decode_oson, encode_oson, json_text

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**38), 10**38),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-1e9, max_value=1e9),
    st.floats(allow_nan=False),
    st.text(max_size=40),
    st.binary(max_size=40),
)
values: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda children: st.one_of(
        st.lists(children, max_size=6), st.dictionaries(st.text(max_size=20), children, max_size=6)
    ),
    max_leaves=20,
)


class TestAnImage:
    @given(values)
    def test_comes_back(self, value: Any) -> None:  # noqa: ANN401 - JSON is anything
        assert decode_oson(encode_oson(value)) == value

    @given(values)
    def test_is_read_alike_by_another_client(self, value: Any) -> None:  # noqa: ANN401 - as above
        assert other_client.decode_oson(encode_oson([value])) == [value]

    def test_of_moments_comes_back(self) -> None:
        value = [Moment(2024, 2, 29, 1, 2, 3), Moment(1, 1, 1, nanosecond=7)]
        assert decode_oson(encode_oson(value)) == value

    def test_of_many_names_and_long_texts_comes_back(self) -> None:
        value = {f"name {number}": "x" * number for number in range(1000)}
        assert decode_oson(encode_oson(value)) == value

    def test_as_another_client_writes_it_is_read(self) -> None:
        value = {"a": [1, Decimal("2.5"), "text", None, True, {"b": "x" * 200}], "c" * 300: b"raw"}
        assert decode_oson(other_client.encode_oson(value)) == value

    def test_is_written_as_text(self) -> None:
        value = {"글": [1, Decimal("1.50"), 'x"y', None, True, b"\x01\xff", 0.5], "e": {}}
        text = '{"글":[1,1.5,"x\\"y",null,true,"01ff",0.5],"e":{}}'
        assert json_text(encode_oson(value)) == text
        moments = [Moment(2024, 2, 29, 1, 2, 3), Moment(2024, 2, 29, nanosecond=5)]
        assert json_text(encode_oson(moments)) == (
            '["2024-02-29T01:02:03","2024-02-29T00:00:00.000000005"]'
        )

    @given(st.binary(max_size=60))
    def test_of_other_bytes_is_refused(self, noise: bytes) -> None:
        with pytest.raises(ValueError, match="OSON"):
            decode_oson(noise)

    def test_cannot_hold_long_names_or_other_types(self) -> None:
        with pytest.raises(ValueError, match="255"):
            encode_oson({"x" * 256: 1})
        with pytest.raises(ValueError, match="complex"):
            encode_oson([1j])
