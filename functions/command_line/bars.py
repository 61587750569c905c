"""A job's events while they happen: live bars on a terminal, plain lines without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from command_line.event_stream import ServerEvent
from command_line.output import JsonLines, Output, Readable
from command_line.printable import count, duration, percent, printable, size

_STEP_PERCENT = 10
_WIDEST_NAME = 40


class Watcher(Protocol):
    """Shows events as they come; a context, so that a terminal is left as it was."""

    def __enter__(self) -> Self:
        """Begin to show."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop showing."""
        ...

    def show(self, event: ServerEvent) -> None:
        """Show one event."""
        ...


def a_watcher(output: Output) -> Watcher:
    """Return the watcher that suits where the command's output goes."""
    match output:
        case Readable() if output.console.is_terminal:
            return LiveBars(output.console)
        case JsonLines():
            return EventLines(output)
        case _:
            return PlainLines(output)


class _LeavesNothing:
    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing behind."""


class EventLines(_LeavesNothing):
    """The server's events, passed on to a program."""

    def __init__(self, output: JsonLines) -> None:
        self._output = output

    def show(self, event: ServerEvent) -> None:
        """Print the event."""
        self._output.event(event.name, event.data)


class PlainLines(_LeavesNothing):
    """A line whenever a table starts, has come a tenth further, and ends."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._shown: dict[str, float] = {}
        self._warnings = _Warnings()

    def show(self, event: ServerEvent) -> None:
        """Print a line where there is news."""
        name = printable(event.data.get("table"))
        for warning in self._warnings.new(event.data):
            self._output.note(f"warning: {warning}")
        match event.name:
            case "table_start":
                self._output.note(f"{name}: started")
            case "progress" if self._is_news(name, event.data):
                self._output.note(f"{name}: {_so_far(event.data)}")
            case "table_complete":
                self._output.note(f"{name}: {_done(event.data)}")
            case "disconnected":
                self._output.note(_trying_again(event.data))
            case "error":
                self._output.note(f"{_ended_with(event.data)}: {_wrong(event.data)}")

    def _is_news(self, name: str, data: Mapping[str, Any]) -> bool:
        share = data.get("progress_percent")
        # Without a percentage, a line whenever the rows have doubled says enough.
        steps = (
            float(share) // _STEP_PERCENT
            if share is not None
            else float(int(data.get("rows_processed") or 0).bit_length())
        )
        is_news = steps > self._shown.get(name, 0.0)
        self._shown[name] = max(steps, self._shown.get(name, 0.0))
        return is_news


class LiveBars:
    """A bar for each table that runs; what has ended scrolls away above them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: dict[str, TaskID] = {}
        self._warnings = _Warnings()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            _Figures(),
            console=console,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    @property
    def running(self) -> tuple[str, ...]:
        """The tables that have a bar."""
        return tuple(self._bars)

    def show(self, event: ServerEvent) -> None:
        """Move the table's bar, or replace it by a line."""
        name = printable(event.data.get("table"))
        data = event.data
        for warning in self._warnings.new(data):
            self._say(f"! {warning}", "yellow")
        match event.name:
            case "progress" if data.get("stage") == "cancelled":
                self._drop(name)
            case "table_start" | "progress":
                self._move(name, data)
            case "table_complete":
                self._drop(name)
                self._say(f"✓ {name}: {_done(data)}", "green")
            case "disconnected":
                self._say(f"! {_trying_again(data)}", "yellow")
            case "error" if data.get("will_retry"):
                self._say(f"↻ {_wrong(data)}", "yellow")
            case "error":
                self._drop(name)
                self._say(f"✗ {_wrong(data)}", "red")

    def _move(self, name: str, data: Mapping[str, Any]) -> None:
        bar = self._bars.get(name)
        if bar is None:
            bar = self._progress.add_task(name[:_WIDEST_NAME], total=None, figures="")
            self._bars[name] = bar
        share = data.get("progress_percent")
        total = None if share is None else 100.0
        self._progress.update(bar, total=total, completed=share or 0.0, figures=_so_far(data))

    def _drop(self, name: str) -> None:
        bar = self._bars.pop(name, None)
        if bar is not None:
            self._progress.remove_task(bar)

    def _say(self, line: str, style: str) -> None:
        self._console.print(Text(line, style=style))


class _Warnings:
    """What tables are warned of, which each event repeats until their next stage."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def new(self, data: Mapping[str, Any]) -> Iterator[str]:
        """Yield an event's warning where it was not told before."""
        warning = data.get("warning")
        if warning is not None and warning not in self._told:
            self._told.add(warning)
            yield printable(warning)


class _Figures(ProgressColumn):
    """The figures beside a bar."""

    def render(self, task: Task) -> Text:
        """Return them as they were told last."""
        return Text(str(task.fields.get("figures", "")))


def _so_far(data: Mapping[str, Any]) -> str:
    speed = data.get("rows_per_second")
    left = data.get("eta_seconds")
    parts = [
        percent(data.get("progress_percent")),
        f"{count(data.get('rows_processed') or 0)} rows",
        f"{count(speed)} rows/s" if speed else "",
        size(data.get("bytes_transferred")),
        f"{duration(left)} left" if left else "",
    ]
    return ", ".join(part for part in parts if part)


def _done(data: Mapping[str, Any]) -> str:
    rows = f"{count(data.get('total_rows') or 0)} rows"
    took = duration(data.get("duration_seconds"))
    return ", ".join(part for part in (rows, size(data.get("bytes_transferred")), took) if part)


def _ended_with(data: Mapping[str, Any]) -> str:
    return "stumbled" if data.get("will_retry") else "failed"


def _trying_again(data: Mapping[str, Any]) -> str:
    return f"{printable(data.get('message'))}; trying again"


def _wrong(data: Mapping[str, Any]) -> str:
    table = printable(data.get("table"))
    said = printable(data.get("message") or "failed")
    hint = printable(data.get("hint"))
    return ". ".join(part for part in (f"{table}: {said}" if table else said, hint) if part)
