from __future__ import annotations

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


class TestATickThatFindsTheStateAway:
    def told(self, caplog: pytest.LogCaptureFixture, *outcomes: TransportError | None) -> list[str]:
        """Return what is logged, with tracebacks, while the ticks end so one after the other."""
        left = list(outcomes)

        def tick() -> None:
            error = left.pop(0) if left else None
            if not left:
                upkeep.end()
            if error is not None:
                raise error

        upkeep = Upkeep(tick=tick, stop_workers=lambda: None, every=0.001)
        upkeep.start()
        upkeep.ending.wait(DEADLINE)
        upkeep.wait()
        assert not left
        assert "Traceback" not in caplog.text
        return [each.message for each in caplog.records]

    def test_tells_it_in_one_line_and_once(self, caplog: pytest.LogCaptureFixture) -> None:
        away = BookAway("the state is away", hint="bring it back")
        line = "no tick can be done: the state is away (bring it back)"
        assert self.told(caplog, away, away, away) == [line]

    def test_tells_another_reason_too(self, caplog: pytest.LogCaptureFixture) -> None:
        said = self.told(caplog, BookAway("busy"), BookAway("full"))
        assert said == ["no tick can be done: busy", "no tick can be done: full"]

    def test_tells_it_again_after_it_was_well(self, caplog: pytest.LogCaptureFixture) -> None:
        assert len(self.told(caplog, BookAway("busy"), None, BookAway("busy"))) == 2

    def test_may_have_found_a_folder_in_its_place(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "state.db").mkdir()
        home = a_home(tmp_path)
        with pytest.raises(BookAway) as raised:
            tick(outside=home)
        [line] = self.told(caplog, raised.value)
        assert "the state file cannot be used" in line
        home.close()
