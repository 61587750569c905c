"""The checksum of objects put together."""

from __future__ import annotations

import google_crc32c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_etl.gateways.google.cloud_storage import checksums


class TestPiecesPutTogether:
    @given(pieces=st.lists(st.binary(max_size=300), max_size=40))
    def test_have_the_checksum_of_the_whole(self, pieces: list[bytes]) -> None:
        told = [(google_crc32c.value(piece), len(piece)) for piece in pieces]
        assert checksums.joined(told) == google_crc32c.value(b"".join(pieces))

    def test_may_be_larger_than_memory(self) -> None:
        zeros = 2**20
        told = [(google_crc32c.value(bytes(zeros)), zeros)] * 5000
        doubled = [(checksums.joined(told[:2500]), 2500 * zeros)] * 2
        assert checksums.joined(told) == checksums.joined(doubled)


class TestTheText:
    @given(crc32c=st.integers(0, 2**32 - 1))
    def test_reads_back(self, crc32c: int) -> None:
        assert checksums.from_text(checksums.to_text(crc32c)) == crc32c

    def test_is_what_google_writes(self) -> None:
        assert checksums.to_text(google_crc32c.value(b"123456789")) == "4waSgw=="

    def test_of_something_else_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"base64|padding"):
            checksums.from_text("?")
