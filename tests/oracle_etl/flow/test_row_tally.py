from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from oracle_etl.flow.row_tally import NO_ROWS, suspects, tally

ROWS = st.lists(st.sampled_from([b"a", b"b", b"c", b"", b"aa"]) | st.binary(max_size=4))


class TestTallies:
    @given(rows=ROWS, data=st.data())
    def test_are_equal_in_any_order(self, rows: list[bytes], data: st.DataObject) -> None:
        assert tally(rows) == tally(data.draw(st.permutations(rows)))

    @given(left=ROWS, right=ROWS)
    def test_are_equal_for_equal_sets_of_rows_alone(
        self, left: list[bytes], right: list[bytes]
    ) -> None:
        assert (tally(left) == tally(right)) == (Counter(left) == Counter(right))

    @given(left=ROWS, right=ROWS)
    def test_of_parts_make_that_of_the_whole(self, left: list[bytes], right: list[bytes]) -> None:
        assert NO_ROWS.plus(tally(left)).plus(tally(right)) == tally(left + right)

    def test_count_their_rows(self) -> None:
        assert tally([b"a", b"a", b""]).rows == 3


class TestSuspects:
    @given(left=ROWS, right=ROWS)
    def test_are_all_rows_of_which_there_are_more_on_one_side(
        self, left: list[bytes], right: list[bytes]
    ) -> None:
        where = suspects(tally(left), tally(right))
        ours = Counter(row for _, row in where.among(left))
        theirs = Counter(row for _, row in where.among(right))
        assert ours - theirs == Counter(left) - Counter(right)
        assert theirs - ours == Counter(right) - Counter(left)
        assert where.is_all

    def test_are_found_in_sets_that_count_as_many_everywhere(self) -> None:
        left, right = [b"214"], [b"420"]
        assert tally(left).counts == tally(right).counts, "they fall into one bucket"
        where = suspects(tally(left), tally(right))
        assert [row for _, row in where.among([*left, *right, b"same"])] == [*left, *right]

    def test_are_told_apart_by_their_digests(self) -> None:
        where = suspects(tally([b"a", b"b"]), tally([]))
        assert len({digest for digest, _ in where.among([b"a", b"a", b"b"])}) == 2

    def test_are_no_more_than_memory_may_hold(self) -> None:
        left = [b"%d" % number for number in range(1000)]
        where = suspects(tally(left), tally([]), most=100)
        assert not where.is_all
        assert 0 < sum(1 for _ in where.among(left)) <= 100

    def test_are_one_set_at_least_however_large(self) -> None:
        where = suspects(tally([b"a"] * 1000), tally([]), most=100)
        assert sum(1 for _ in where.among([b"a"] * 1000)) == 1000
