from __future__ import annotations

from queue import SimpleQueue

import pytest

from command_line.upkeep import Upkeep

DEADLINE = 10.0


class TestTheUpkeep:
    def test_ticks_at_once_and_again_until_its_end(self) -> None:
        ticks: SimpleQueue[str] = SimpleQueue()
        upkeep = Upkeep(tick=lambda: ticks.put("tick"), stop_workers=lambda: None, every=0.001)
        upkeep.start()
        assert [ticks.get(timeout=DEADLINE) for _ in range(3)] == ["tick"] * 3
        upkeep.wait()

    def test_stops_the_workers_once_when_it_ends(self) -> None:
        done: SimpleQueue[str] = SimpleQueue()
        upkeep = Upkeep(
            tick=lambda: done.put("tick"), stop_workers=lambda: done.put("stopped"), every=3600
        )
        upkeep.start()
        assert done.get(timeout=DEADLINE) == "tick"
        upkeep.end()
        upkeep.wait()
        assert done.get(timeout=DEADLINE) == "stopped"
        assert done.empty()


class TestATickThatFails:
    def test_is_told_and_followed_by_the_next(self, caplog: pytest.LogCaptureFixture) -> None:
        ticks: SimpleQueue[str] = SimpleQueue()

        def fail() -> None:
            ticks.put("tick")
            raise RuntimeError("the disk is full")

        upkeep = Upkeep(tick=fail, stop_workers=lambda: None, every=0.001)
        upkeep.start()
        assert [ticks.get(timeout=DEADLINE) for _ in range(2)] == ["tick"] * 2
        upkeep.wait()
        assert "the disk is full" in caplog.text
