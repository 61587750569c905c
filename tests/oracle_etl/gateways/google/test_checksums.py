"""The checksum as Cloud Storage writes it."""

from __future__ import annotations

import google_crc32c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_etl.gateways.google.cloud_storage import checksums


class TestTheText:
    @given(crc32c=st.integers(0, 2**32 - 1))
    def test_reads_back(self, crc32c: int) -> None:
        assert checksums.from_text(checksums.to_text(crc32c)) == crc32c

    def test_is_what_google_writes(self) -> None:
        assert checksums.to_text(google_crc32c.value(b"123456789")) == "4waSgw=="

    def test_of_something_else_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"base64|padding"):
            checksums.from_text("?")
