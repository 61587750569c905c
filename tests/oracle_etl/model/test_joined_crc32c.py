"""The checksum of bytes put together."""

from __future__ import annotations

import google_crc32c
from hypothesis import given
from hypothesis import strategies as st

from oracle_etl.model.joined_crc32c import joined_crc32c


class TestPiecesPutTogether:
    @given(pieces=st.lists(st.binary(max_size=300), max_size=40))
    def test_have_the_checksum_of_the_whole(self, pieces: list[bytes]) -> None:
        told = [(google_crc32c.value(piece), len(piece)) for piece in pieces]
        assert joined_crc32c(told) == google_crc32c.value(b"".join(pieces))

    def test_may_be_larger_than_memory(self) -> None:
        zeros = 2**20
        told = [(google_crc32c.value(bytes(zeros)), zeros)] * 5000
        doubled = [(joined_crc32c(told[:2500]), 2500 * zeros)] * 2
        assert joined_crc32c(told) == joined_crc32c(doubled)
