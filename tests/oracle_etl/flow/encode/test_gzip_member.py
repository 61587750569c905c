"""Whole gzip members, and members put together from parts."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_etl.flow.encode.encoder import PartRole
from oracle_etl.flow.encode.gzip_member import GzipMember, member_header, member_trailer

GZIP = 31
LEVELS = [0, 1, 2, 3, 4, 6, 9]
pieces = st.lists(st.binary(max_size=3000), max_size=5)


def whole(plain: list[bytes], *, level: int = 2) -> bytes:
    member = GzipMember(role=PartRole.WHOLE, level=level)
    return b"".join(member.compress(each) for each in plain) + member.finish()


def composed(parts: list[list[bytes]], *, level: int = 2) -> bytes:
    body, sums = b"", []
    for part in parts:
        member = GzipMember(role=PartRole.MEMBER, level=level)
        body += b"".join(member.compress(each) for each in part) + member.finish()
        sums.append((member.plain_crc32, member.plain_bytes))
    return member_header() + body + member_trailer(sums)


def inflated(data: bytes) -> bytes:
    """Read one member and nothing behind it, as a plain inflater does."""
    inflater = zlib.decompressobj(GZIP)
    plain = inflater.decompress(data)
    assert inflater.eof
    assert inflater.unused_data == b""
    return plain


class TestAWholeMember:
    @pytest.mark.parametrize("level", LEVELS)
    @given(plain=pieces)
    def test_holds_what_went_in(self, level: int, plain: list[bytes]) -> None:
        assert inflated(whole(plain, level=level)) == b"".join(plain)

    def test_is_the_same_bytes_each_time(self) -> None:
        assert whole([b"one", b"two"]) == whole([b"one", b"two"])

    def test_counts_what_went_in(self) -> None:
        member = GzipMember(role=PartRole.WHOLE, level=2)
        member.compress(b"one")
        member.compress(b"two")
        assert (member.plain_bytes, member.plain_crc32) == (6, zlib.crc32(b"onetwo"))


class TestPartsPutTogether:
    @pytest.mark.parametrize("level", LEVELS)
    @given(parts=st.lists(pieces, max_size=5))
    def test_are_one_member(self, level: int, parts: list[list[bytes]]) -> None:
        plain = b"".join(b"".join(each) for each in parts)
        data = composed(parts, level=level)
        assert inflated(data) == plain
        assert gzip.decompress(data) == plain

    def test_may_come_in_any_number_also_none(self) -> None:
        assert inflated(composed([])) == b""

    def test_end_with_their_length_modulo_4_gib(self) -> None:
        lengths = {2**32 - 1: b"\xff" * 4, 2**32: bytes(4), 2**32 + 7: b"\7\0\0\0"}
        for length, written in lengths.items():
            assert member_trailer([(0, length)])[-4:] == written

    def test_that_repeat_each_other_stay_apart(self) -> None:
        # A part that referred back into the one before would break once they were reordered.
        part = [b"the same line again and again\n" * 1000]
        assert inflated(composed([part, [], part])) == part[0] * 2

    def test_are_read_by_the_systems_gunzip(self) -> None:
        gunzip = shutil.which("gunzip")
        assert gunzip, "this test needs gunzip, which every POSIX system has"
        data = composed([[b"first\n" * 5000], [b"second\n"], []])
        read = subprocess.run([gunzip, "-c"], input=data, capture_output=True, check=True)  # noqa: S603  its path was looked up above
        assert read.stdout == b"first\n" * 5000 + b"second\n"

    def test_are_read_in_small_steps(self) -> None:
        plain = [bytes(range(256)) * 300, b"x" * 100_000]
        with gzip.open(io.BytesIO(composed([[each] for each in plain]))) as file:
            assert b"".join(iter(lambda: file.read(999), b"")) == b"".join(plain)
