from __future__ import annotations

import itertools
from pathlib import Path
from queue import SimpleQueue

import pytest

from command_line.upkeep import Upkeep
from flow_home import a_home
from oracle_etl.flow.tick import tick
from oracle_etl.model.errors import BookAway, TransportError

DEADLINE = 10.0


class TestTheUpkeep:
    def test_ticks_at_once_and_again_until_its_end(self) -> None:
        ticks: SimpleQueue[str] = SimpleQueue()

        def tick() -> tuple[str, ...]:
            ticks.put("tick")
            return ()

        upkeep = Upkeep(tick=tick, stop_workers=lambda: None, every=0.001)
        upkeep.start()
        assert [ticks.get(timeout=DEADLINE) for _ in range(3)] == ["tick"] * 3
        upkeep.wait()

    def test_stops_the_workers_once_when_it_ends(self) -> None:
        done: SimpleQueue[str] = SimpleQueue()

        def tick() -> tuple[str, ...]:
            done.put("tick")
            return ()

        upkeep = Upkeep(tick=tick, stop_workers=lambda: done.put("stopped"), every=3600)
        upkeep.start()
        assert done.get(timeout=DEADLINE) == "tick"
        upkeep.end()
        upkeep.wait()
        assert done.get(timeout=DEADLINE) == "stopped"
        assert done.empty()


class TestATickThatFails:
    def test_is_told_and_followed_by_the_next(self, caplog: pytest.LogCaptureFixture) -> None:
        ticks: SimpleQueue[str] = SimpleQueue()

        def fail() -> tuple[str, ...]:
            ticks.put("tick")
            raise RuntimeError("the disk is full")

        upkeep = Upkeep(tick=fail, stop_workers=lambda: None, every=0.001)
        upkeep.start()
        assert [ticks.get(timeout=DEADLINE) for _ in range(2)] == ["tick"] * 2
        upkeep.wait()
        [record] = caplog.records
        assert "the disk is full" in record.message
        assert record.exc_info


def told(
    caplog: pytest.LogCaptureFixture, *outcomes: TransportError | tuple[str, ...], every: float = 1
) -> list[str]:
    """Return what is logged while the ticks end so one after the other, so many seconds apart."""
    left = list(outcomes)
    seconds = itertools.count(step=every)

    def tick() -> tuple[str, ...]:
        outcome = left.pop(0) if left else ()
        if not left:
            upkeep.end()
        if isinstance(outcome, TransportError):
            raise outcome
        return outcome

    upkeep = Upkeep(
        tick=tick, stop_workers=lambda: None, every=0.001, now=lambda: float(next(seconds))
    )
    upkeep.start()
    upkeep.ending.wait(DEADLINE)
    upkeep.wait()
    assert not left
    assert "Traceback" not in caplog.text
    return [each.message for each in caplog.records]


class TestATickThatCannotDoAll:
    def test_tells_each_thing_once_a_minute(self, caplog: pytest.LogCaptureFixture) -> None:
        said = told(caplog, *[("job 1: no room", "job 2: no room")] * 100, every=0.5)
        first, second = (f"the tick could not do all: job {each}: no room" for each in (1, 2))
        assert said == [first, second] * 2

    def test_tells_it_again_after_it_was_well(self, caplog: pytest.LogCaptureFixture) -> None:
        assert len(told(caplog, ("no room",), (), ("no room",))) == 2


class TestATickThatFindsTheStateAway:
    def test_tells_it_in_one_line_and_once(self, caplog: pytest.LogCaptureFixture) -> None:
        away = BookAway("the state is away", hint="bring it back")
        line = "no tick can be done: the state is away (bring it back)"
        assert told(caplog, away, away, away) == [line]

    def test_tells_another_reason_too(self, caplog: pytest.LogCaptureFixture) -> None:
        said = told(caplog, BookAway("busy"), BookAway("full"))
        assert said == ["no tick can be done: busy", "no tick can be done: full"]

    def test_tells_it_again_after_it_was_well(self, caplog: pytest.LogCaptureFixture) -> None:
        assert len(told(caplog, BookAway("busy"), (), BookAway("busy"))) == 2

    def test_may_have_found_a_folder_in_its_place(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "state.db").mkdir()
        home = a_home(tmp_path)
        with pytest.raises(BookAway) as raised:
            tick(outside=home)
        [line] = told(caplog, raised.value)
        assert "the state file cannot be used" in line
        home.close()
