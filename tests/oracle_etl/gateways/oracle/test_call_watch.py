"""The deadline of calls."""

from __future__ import annotations

import threading

from oracle_etl.gateways.oracle.call_watch import CallWatch

LONG_ENOUGH = 10.0


class TestACall:
    def test_that_lasts_too_long_is_broken_off(self) -> None:
        broken_off = threading.Event()
        with CallWatch(broken_off.set, seconds=0.05) as watch, watch.call():
            assert broken_off.wait(LONG_ENOUGH)

    def test_that_ends_in_time_is_left_alone(self) -> None:
        broken_off = threading.Event()
        with CallWatch(broken_off.set, seconds=LONG_ENOUGH) as watch:
            with watch.call():
                pass
            assert not broken_off.is_set()
        assert not broken_off.is_set()

    def test_that_comes_after_another_has_a_time_of_its_own(self) -> None:
        broken_off: list[int] = []
        second = threading.Event()

        def note() -> None:
            broken_off.append(1)
            second.set()

        with CallWatch(note, seconds=0.1) as watch:
            with watch.call():
                pass
            with watch.call():
                assert second.wait(LONG_ENOUGH)
        assert broken_off == [1]


class TestAWatchThatCloses:
    def test_leaves_no_thread(self) -> None:
        before = threading.active_count()
        with CallWatch(lambda: None, seconds=LONG_ENOUGH):
            assert threading.active_count() == before + 1
        assert threading.active_count() == before
