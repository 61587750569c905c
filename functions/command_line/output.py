"""What a command says: tables for people, tab-separated lines for pipes, events for programs.

With --json every line of stdout is one event, `{"v": 1, "event": NAME, "data": {...}}`. Within
version 1, fields are added but never renamed or removed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Protocol, TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from command_line.exits import Stop
from command_line.printable import printable
from command_line.terminal_table import print_table

EVENT_VERSION = 1

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How one kind of document is shown: its event's name, and its columns for people."""

    event: str
    columns: Mapping[str, Callable[[Document], object]]
    whole: Callable[[Document], Document] = dict
    """What of a single document people are shown."""


class Output(Protocol):
    """Where a command says what it found."""

    def rows(self, view: View, items: Iterable[Document]) -> None:
        """Show a list."""
        ...

    def document(self, view: View, item: Document) -> None:
        """Show one document whole."""
        ...

    def event(self, name: str, data: Document) -> None:
        """Tell a program that something happened; people are told in other words."""
        ...

    def note(self, text: str) -> None:
        """Tell people something; programs are told by an event."""
        ...

    def aside(self, text: str) -> None:
        """Tell people something beside the result, which a pipe shall not take for a part of it."""
        ...

    def stopped(self, stop: Stop) -> None:
        """Tell why the command could not do what was asked."""
        ...


class JsonLines:
    """One event a line, for programs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # Where the stream cannot hold every letter, JSON has a way of its own to write it.
        self._is_ascii = not _holds_every_letter(stream)

    def rows(self, view: View, items: Iterable[Document]) -> None:
        """Print an event for each item, as it comes."""
        for item in items:
            self.event(view.event, item)

    def document(self, view: View, item: Document) -> None:
        """Print the document as one event."""
        self.event(view.event, item)

    def event(self, name: str, data: Document) -> None:
        """Print one event at once, so that a program that reads along sees it."""
        event = {"v": EVENT_VERSION, "event": name, "data": data}
        self._stream.write(json.dumps(event, ensure_ascii=self._is_ascii, default=str) + "\n")
        self._stream.flush()

    def note(self, text: str) -> None:
        """Say nothing: an event says it."""

    def aside(self, text: str) -> None:
        """Say nothing, as with a note."""

    def stopped(self, stop: Stop) -> None:
        """Print the problem as the last event."""
        self.event("problem", {**stop.problem, "exit_code": stop.exit_code})


class Readable:
    """Words and tables, for people and their pipes."""

    def __init__(self, console: Console, errors: Console) -> None:
        self.console = console
        self._errors = errors

    def rows(self, view: View, items: Iterable[Document]) -> None:
        """Print a table; without a terminal, lines with tabs, nothing cut off."""
        cells = ([printable(of(item)) for of in view.columns.values()] for item in items)
        if not self.console.is_terminal:
            # The first item before the headings: a list that is refused has none.
            first = list(islice(cells, 1))
            self._lines(chain([list(view.columns)], first, cells))
            return
        print_table(self.console, list(view.columns), cells)

    def document(self, view: View, item: Document) -> None:
        """Print the fields of one document, name and value."""
        fields = [[name, printable(value)] for name, value in view.whole(item).items()]
        if not self.console.is_terminal:
            self._lines(fields)
            return
        width = max((cell_len(name) for name, _ in fields), default=0)
        for name, value in fields:
            line = Text.assemble((set_cell_size(name, width), "bold"), "  ", value)
            self.console.print(line, soft_wrap=True)

    def event(self, name: str, data: Document) -> None:
        """Say nothing: people are told in other words."""

    def note(self, text: str) -> None:
        """Print a sentence; what came from a server passes `printable` first."""
        self.console.print(Text(text), soft_wrap=True)

    def aside(self, text: str) -> None:
        """Print a sentence on stderr."""
        self._errors.print(Text(text, style="default"), soft_wrap=True)

    def stopped(self, stop: Stop) -> None:
        """Print what went wrong, which fields, and what to do."""
        self._errors.print(Text(f"Error: {_sentences(stop.message)}"), soft_wrap=True)
        for field, said in _fields(stop.problem):
            self._errors.print(Text(f"  {printable(field)}: {printable(said)}"), soft_wrap=True)
        if stop.hint:
            hint = _sentences(stop.hint).replace("\n", "\n  ")
            self._errors.print(Text(f"  {hint}"), soft_wrap=True)
        if trace := stop.problem.get("trace_id"):
            self._errors.print(Text(f"  trace id {printable(trace)}"), soft_wrap=True)

    def _lines(self, rows: Iterable[list[str]]) -> None:
        for row in rows:
            # Written as it is: the console would turn tabs into spaces. And at once: the next row
            # may be hours away.
            self.console.file.write("\t".join(row) + "\n")
            self.console.file.flush()


def _holds_every_letter(stream: TextIO) -> bool:
    return (stream.encoding or "utf-8").lower().replace("-", "").startswith("utf")


def _sentences(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())


def _fields(problem: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    """Return the fields that are concerned, but for those that the message tells all about."""
    details = problem.get("details")
    told = str(problem.get("message"))
    named = details.items() if isinstance(details, Mapping) else ()
    return [(field, said) for field, said in named if f"{said}" not in told]


def an_output(*, as_json: bool, stdout: TextIO, stderr: TextIO) -> Output:
    """Return the output that the caller asked for."""
    for stream in (stdout, stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A letter that the encoding lacks, as a tick in EUC-KR, must not end the command.
            stream.reconfigure(errors="backslashreplace")
    if as_json:
        return JsonLines(stdout)
    # Colour and width follow the terminal; highlighting would colour what users typed.
    return Readable(
        _Page(file=stdout, highlight=False), _Page(file=stderr, highlight=False, style="red")
    )


class _Page(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command how it ends; rich would end it with 1."""
        raise BrokenPipeError
