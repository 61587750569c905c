from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_etl.flow.decode import Damaged, Unpacking, open_counter, open_unpacking
from oracle_etl.flow.decode.object_lines import object_lines
from oracle_etl.model.transport import Format

Pack = Callable[[bytes], bytes]
PACKED: list[tuple[Format, Pack]] = [
    (Format.JSONL_GZ, gzip.compress),
    (Format.JSONL_ZST, zstandard.ZstdCompressor(write_checksum=True).compress),
]
MIB = 1024 * 1024
FEW = settings(max_examples=50, deadline=None)


def unpacked(unpacking: Unpacking, *chunks: bytes) -> bytes:
    plain = b"".join(piece for chunk in chunks for piece in unpacking.plain(chunk))
    unpacking.end()
    return plain


def cut(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


@pytest.mark.parametrize(("format_", "pack"), PACKED)
class TestAWholeStream:
    @FEW
    @given(plain=st.binary(max_size=3000), size=st.integers(1, 400))
    def test_unpacks_to_what_was_packed_however_it_comes(
        self, format_: Format, pack: Pack, plain: bytes, size: int
    ) -> None:
        assert unpacked(open_unpacking(format_), *cut(pack(plain), size)) == plain

    @pytest.mark.parametrize("size", [MIB - 1, MIB, MIB + 1, 5 * MIB])
    def test_unpacks_in_bounded_pieces(self, format_: Format, pack: Pack, size: int) -> None:
        plain = bytes(size)
        unpacking = open_unpacking(format_)
        pieces = [len(piece) for piece in unpacking.plain(pack(plain))]
        unpacking.end()
        assert sum(pieces) == size
        assert max(pieces) <= 43 * MIB


class TestAGzipStreamThatStopsAnywhere:
    # So that one step of unpacking ends within the last run of bytes, with nothing left to take.
    PLAIN = bytes(MIB + 100)

    @pytest.mark.parametrize("left_out", range(1, 30))
    def test_has_given_all_that_its_bytes_unpack_to(self, left_out: int) -> None:
        cut_off = gzip.compress(self.PLAIN)[:-left_out]
        given = b"".join(open_unpacking(Format.JSONL_GZ).plain(cut_off))
        assert given == zlib.decompressobj(wbits=31).decompress(cut_off)


@pytest.mark.parametrize(("format_", "pack"), PACKED)
class TestADamagedStream:
    @FEW
    @given(plain=st.binary(min_size=1, max_size=300), share=st.floats(0, 1, exclude_max=True))
    def test_that_is_cut_off_is_found(
        self, format_: Format, pack: Pack, plain: bytes, share: float
    ) -> None:
        whole = pack(plain)
        with pytest.raises(Damaged, match="ends before"):
            unpacked(open_unpacking(format_), whole[: int(len(whole) * share)])

    @FEW
    @given(more=st.binary(min_size=1, max_size=3000), size=st.integers(1, 4000))
    def test_with_something_behind_it_is_found(
        self, format_: Format, pack: Pack, more: bytes, size: int
    ) -> None:
        with pytest.raises(Damaged, match="bytes follow the end"):
            unpacked(open_unpacking(format_), *cut(pack(b"row\n") + more, size))

    def test_with_a_second_stream_behind_it_is_found(self, format_: Format, pack: Pack) -> None:
        with pytest.raises(Damaged, match="bytes follow the end"):
            unpacked(open_unpacking(format_), pack(b"a\n"), pack(b"b\n"))

    def test_of_something_else_is_found(self, format_: Format, pack: Pack) -> None:
        del pack
        with pytest.raises(Damaged, match="it is no whole"):
            unpacked(open_unpacking(format_), b"something else, and long enough for a header")


class TestATrailer:
    @pytest.mark.parametrize("at", range(1, 9))
    def test_that_is_wrong_is_found(self, at: int) -> None:
        content = bytearray(gzip.compress(b"row\n"))
        content[-at] ^= 1
        with pytest.raises(Damaged, match="it is no whole gzip member"):
            unpacked(open_unpacking(Format.JSONL_GZ), bytes(content))

    def test_of_zstandard_that_is_wrong_is_found(self) -> None:
        content = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(b"row\n" * 9))
        content[-1] ^= 1
        with pytest.raises(Damaged, match="it is no whole Zstandard frame"):
            unpacked(open_unpacking(Format.JSONL_ZST), bytes(content))


class TestTheLinesOfAnObject:
    @FEW
    @given(
        lines=st.lists(st.binary().map(lambda line: line.replace(b"\n", b""))),
        size=st.integers(1, 50),
    )
    def test_come_one_by_one_wherever_the_bytes_are_cut(
        self, lines: list[bytes], size: int
    ) -> None:
        # Flushed after each line, so that what unpacks is cut at any place too.
        packing = zlib.compressobj(wbits=31)
        content = b"".join(
            packing.compress(line + b"\n") + packing.flush(zlib.Z_SYNC_FLUSH) for line in lines
        )
        content += packing.flush()
        assert list(object_lines(cut(content, size), Format.JSONL_GZ)) == lines


class TestALineWithoutEnd:
    def test_does_not_fill_the_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("oracle_etl.flow.decode.row_counters._LONGEST_LINE", 3 * MIB)
        counter = open_counter(Format.JSONL_GZ, columns=frozenset())
        with pytest.raises(Damaged, match="line 2 is longer than"):
            counter.take(gzip.compress(b"{}\n" + bytes(9 * MIB)))
