from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console

from command_line.bars import EventLines, LiveBars, PlainLines, a_watcher
from command_line.event_stream import ServerEvent
from command_line.output import JsonLines, Readable


def progress(rows: int, percent: float | None = None, **more: Any) -> ServerEvent:  # noqa: ANN401 - fields of an event
    data = {
        "table": "HR.EMP",
        "rows_processed": rows,
        "rows_per_second": 1000.0,
        "bytes_transferred": rows * 10,
        "progress_percent": percent,
        "eta_seconds": 9.0,
        **more,
    }
    return ServerEvent(name="progress", data=data)


START = ServerEvent(name="table_start", data={"table": "HR.EMP"})
DONE = ServerEvent(
    name="table_complete",
    data={
        "table": "HR.EMP",
        "total_rows": 1234,
        "bytes_transferred": 5600,
        "duration_seconds": 2.4,
    },
)
WRONG = {"table": "HR.EMP", "message": "no such table", "hint": "grant SELECT", "code": "X"}


@pytest.fixture
def page() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def plain(page: io.StringIO) -> Readable:
    return Readable(Console(file=page, highlight=False), Console(file=page))


class TestWithoutATerminal:
    def test_a_table_is_told_from_start_to_end(self, plain: Readable, page: io.StringIO) -> None:
        with a_watcher(plain) as watcher:
            assert isinstance(watcher, PlainLines)
            for event in (START, progress(500, 40.6), DONE):
                watcher.show(event)
        assert page.getvalue().splitlines() == [
            "HR.EMP: started",
            "HR.EMP: 41 %, 500 rows, 1,000 rows/s, 5.0 kB, 9.0 s left",
            "HR.EMP: 1,234 rows, 5.6 kB, 2.4 s",
        ]

    def test_progress_is_told_once_for_each_tenth(self, plain: Readable, page: io.StringIO) -> None:
        with a_watcher(plain) as watcher:
            for percent in range(0, 101, 2):
                watcher.show(progress(percent, float(percent)))
        assert len(page.getvalue().splitlines()) == 10

    def test_progress_towards_nobody_knows_how_much_is_told_ever_more_seldom(
        self, plain: Readable, page: io.StringIO
    ) -> None:
        with a_watcher(plain) as watcher:
            for rows in range(0, 100_000, 100):
                watcher.show(progress(rows))
        assert len(page.getvalue().splitlines()) < 20

    def test_an_error_is_told_with_what_to_do(self, plain: Readable, page: io.StringIO) -> None:
        with a_watcher(plain) as watcher:
            watcher.show(ServerEvent(name="error", data=WRONG))
            watcher.show(ServerEvent(name="error", data={"table": None, "message": "all failed"}))
            watcher.show(ServerEvent(name="error", data={**WRONG, "will_retry": True}))
        assert page.getvalue().splitlines() == [
            "failed: HR.EMP: no such table. grant SELECT",
            "failed: all failed",
            "stumbled: HR.EMP: no such table. grant SELECT",
        ]

    def test_a_server_that_is_away_is_told(self, plain: Readable, page: io.StringIO) -> None:
        with a_watcher(plain) as watcher:
            watcher.show(ServerEvent(name="disconnected", data={"message": "it is away"}))
        assert page.getvalue() == "it is away; trying again\n"

    def test_a_warning_is_told_once(self, plain: Readable, page: io.StringIO) -> None:
        with a_watcher(plain) as watcher:
            for rows in (1, 2):
                watcher.show(progress(rows, 1.0, warning="undo ends \x1b too early"))
            watcher.show(progress(3, 1.0, warning=None))
        assert page.getvalue().splitlines() == [r"warning: undo ends \x1b too early"]


class TestForAProgram:
    def test_every_event_is_passed_on_as_it_came(self, page: io.StringIO) -> None:
        with a_watcher(JsonLines(page)) as watcher:
            assert isinstance(watcher, EventLines)
            watcher.show(DONE)
        assert json.loads(page.getvalue()) == {
            "v": 1,
            "event": "table_complete",
            "data": DONE.data,
        }


class TestOnATerminal:
    @pytest.fixture
    def terminal(self, page: io.StringIO) -> Readable:
        console = Console(file=page, force_terminal=True, width=120, color_system=None)
        return Readable(console, console)

    def test_a_bar_shows_rows_speed_bytes_percent_and_time_left(
        self, terminal: Readable, page: io.StringIO
    ) -> None:
        with a_watcher(terminal) as watcher:
            assert isinstance(watcher, LiveBars)
            watcher.show(START)
            watcher.show(progress(500, 40.6))
        assert "HR.EMP" in page.getvalue()
        assert "41 %, 500 rows, 1,000 rows/s, 5.0 kB, 9.0 s left" in page.getvalue()

    def test_what_ended_is_left_standing_as_a_line(
        self, terminal: Readable, page: io.StringIO
    ) -> None:
        with a_watcher(terminal) as watcher:
            for event in (START, progress(1), DONE, ServerEvent(name="error", data=WRONG)):
                watcher.show(event)
        assert "✓ HR.EMP: 1,234 rows, 5.6 kB, 2.4 s" in page.getvalue()
        assert "✗ HR.EMP: no such table. grant SELECT" in page.getvalue()

    def test_a_warning_stands_above_the_bars_once(
        self, terminal: Readable, page: io.StringIO
    ) -> None:
        with LiveBars(terminal.console) as watcher:
            for rows in (1, 2):
                watcher.show(progress(rows, warning="undo ends too early"))
            assert watcher.running == ("HR.EMP",)
        assert page.getvalue().count("! undo ends too early") == 1

    def test_a_table_that_is_tried_again_keeps_its_bar(
        self, terminal: Readable, page: io.StringIO
    ) -> None:
        with LiveBars(terminal.console) as watcher:
            watcher.show(progress(1))
            watcher.show(ServerEvent(name="error", data={**WRONG, "will_retry": True}))
            assert watcher.running == ("HR.EMP",)
        assert "↻ HR.EMP: no such table" in page.getvalue()

    def test_a_server_that_is_away_is_told_above_the_bars(
        self, terminal: Readable, page: io.StringIO
    ) -> None:
        with a_watcher(terminal) as watcher:
            watcher.show(ServerEvent(name="disconnected", data={"message": "it is away"}))
        assert "! it is away; trying again" in page.getvalue()

    def test_a_cancelled_table_leaves_its_bar(self, terminal: Readable) -> None:
        with LiveBars(terminal.console) as watcher:
            watcher.show(progress(1))
            watcher.show(progress(1, stage="cancelled"))
            assert watcher.running == ()

    def test_a_table_s_name_cannot_steer_the_terminal(
        self, terminal: Readable, page: io.StringIO
    ) -> None:
        with a_watcher(terminal) as watcher:
            watcher.show(ServerEvent(name="table_complete", data={"table": "\x1b[2J[red]"}))
        assert r"✓ \x1b[2J[red]: 0 rows" in page.getvalue()
