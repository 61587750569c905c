"""Trying again within a call: longer waits each time, an end, and no waiting for people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.google.patience import Patience, patiently
from oracle_etl.model.errors import StoreAway, StoreRefused, TransportError


class Failing:
    """Fails so many times, then succeeds."""

    def __init__(self, times: int, error: TransportError) -> None:
        self.tries = 0
        self._times = times
        self._error = error

    def __call__(self) -> str:
        self.tries += 1
        if self.tries <= self._times:
            raise self._error
        return "done"


PATIENCE = Patience(repeats=4, first_wait_seconds=1, longest_wait_seconds=4)


class TestACallThatFails:
    def test_in_passing_is_repeated_until_it_succeeds(self) -> None:
        call = Failing(4, StoreAway("away"))
        assert patiently(call, patience=PATIENCE, clock=SteppedClock()) == "done"

    def test_for_longer_than_the_patience_fails(self) -> None:
        call = Failing(5, StoreAway("away"))
        with pytest.raises(StoreAway):
            patiently(call, patience=PATIENCE, clock=SteppedClock())
        assert call.tries == 5

    def test_slowly_is_not_repeated_for_longer_than_that(self) -> None:
        clock = SteppedClock()
        tries = []

        def call() -> None:
            tries.append(clock.monotonic())
            clock.wait(40)
            raise StoreAway("no answer")

        patience = replace(PATIENCE, longest_seconds=60)
        with pytest.raises(StoreAway):
            patiently(call, patience=patience, clock=clock)
        assert len(tries) == 2

    @pytest.mark.parametrize(
        "error", [StoreRefused("no"), StoreAway("away", hint="grant a role")], ids=["good", "hint"]
    )
    def test_until_somebody_acts_is_not_repeated(self, error: TransportError) -> None:
        call, clock = Failing(1, error), SteppedClock()
        with pytest.raises(type(error)):
            patiently(call, patience=PATIENCE, clock=clock)
        assert (call.tries, clock.monotonic()) == (1, 0)


class TestWaits:
    def test_double_up_to_a_limit_and_differ_by_chance(self) -> None:
        for _ in range(50):
            for wait, longest in zip(PATIENCE.waits(), (1, 2, 4, 4), strict=True):
                assert longest / 2 <= wait <= longest
        assert len({next(PATIENCE.waits()) for _ in range(50)}) > 1
