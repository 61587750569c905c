"""The pieces of a text on their way to the compressor."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_etl.flow.encode.text_pieces import Pieces


def passed_on(pieces: list[bytes]) -> tuple[list[bytes], bool]:
    """Return what came out, and whether it was found broken."""
    taken: list[bytes] = []
    target = Pieces(taken.append)
    for each in pieces:
        assert target.write(each) == len(each)
    return taken, target.end() is not None


class TestText:
    @given(text=st.text(), cuts=st.lists(st.integers(0, 40), max_size=4))
    def test_is_whole_wherever_it_is_cut(self, text: str, cuts: list[int]) -> None:
        data = text.encode()
        bounds = [0, *sorted(min(each, len(data)) for each in cuts), len(data)]
        pieces = [data[low:high] for low, high in pairwise(bounds)]
        taken, is_broken = passed_on(pieces)
        assert (b"".join(taken), is_broken) == (data, False)

    @given(sizes=st.lists(st.integers(0, 60_000), max_size=12), rest=st.sampled_from(["", "글"]))
    def test_is_handed_on_in_few_pieces_of_which_none_is_lost(
        self, sizes: list[int], rest: str
    ) -> None:
        pieces = [*(b"x" * size for size in sizes), rest.encode()]
        taken, is_broken = passed_on(pieces)
        assert (b"".join(taken), is_broken) == (b"".join(pieces), False)
        assert len(taken) <= sum(map(len, pieces)) // 2**16 + 1


class TestBytesThatAreNoText:
    def test_are_noticed_in_the_middle(self) -> None:
        assert passed_on([b"a\xff", b"b"])[1]

    def test_are_noticed_before_text_that_is_whole(self) -> None:
        assert passed_on(["ö".encode()[:1], b"a"])[1]

    def test_are_noticed_at_the_end(self) -> None:
        assert passed_on([b"a", "ö".encode()[:1]])[1]


class TestPiecesThatWereHandedOn:
    def test_are_not_there_to_be_read_again(self) -> None:
        target = Pieces(lambda _: None)
        target.write(b"a")
        with pytest.raises(OSError, match="handed on once"):
            target.seek(0)
        with pytest.raises(OSError, match="handed on once"):
            target.read()
