from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from builders import NOON
from oracle_etl.model.progress import Progress


class TestProgressTowardsACountedTotal:
    def test_is_the_share_of_rows_carried(self) -> None:
        assert Progress(rows=25, rows_total=100, is_estimate=False).percent == 25.0

    def test_of_an_empty_table_is_complete(self) -> None:
        assert Progress(rows=0, rows_total=0, is_estimate=False).percent == 100.0

    def test_tells_the_seconds_left_at_the_present_speed(self) -> None:
        progress = Progress(rows=25, rows_total=100, is_estimate=False, rows_per_second=5)
        assert progress.eta_seconds == 15.0


class TestProgressTowardsAnEstimate:
    @given(rows=st.integers(0, 10**12), total=st.integers(0, 10**12))
    def test_never_says_that_all_is_done(self, rows: int, total: int) -> None:
        percent = Progress(rows=rows, rows_total=total).percent
        assert percent is not None
        assert 0 <= percent <= 99

    def test_that_was_too_low_leaves_no_time(self) -> None:
        assert Progress(rows=9, rows_total=5, rows_per_second=1).eta_seconds == 0.0


class TestProgressWithoutATotal:
    def test_has_no_percent_and_no_end(self) -> None:
        progress = Progress(rows=9, rows_per_second=3)
        assert (progress.percent, progress.eta_seconds) == (None, None)

    def test_that_stands_still_has_no_end(self) -> None:
        assert Progress(rows=1, rows_total=9).eta_seconds is None


class TestProgressThatGoesOn:
    def test_adds_rows_and_bytes(self) -> None:
        progress = Progress(rows=1, bytes=10).carried(rows=2, size=5, at=NOON, rows_per_second=7.0)
        assert (progress.rows, progress.bytes, progress.rows_per_second) == (3, 15, 7.0)

    def test_is_exact_at_the_end_whatever_was_estimated(self) -> None:
        progress = Progress(rows=1, rows_total=99).ended(rows=5, size=50, at=NOON)
        assert (progress.rows, progress.percent, progress.is_estimate) == (5, 100.0, False)
