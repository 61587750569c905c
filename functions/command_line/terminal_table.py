"""Lay rows out for a terminal of any width, so that ids and names stay whole to be copied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

_GAP = 2
_NARROWEST_PROSE = 10


def print_table(console: Console, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; columns of sentences are folded where that makes room enough for the others.

    Where it does not, no column is: a terminal that is too narrow folds the lines itself. Rows may
    take hours to come: how many there are is told meanwhile, and those that came before the list
    broke off are shown.
    """
    seen: list[Sequence[str]] = []
    try:
        with _telling(console) as tell:
            for row in rows:
                seen.append(row)
                tell(f"{len(seen)} so far, the last: {row[0]}")
    except (Exception, KeyboardInterrupt):
        if seen:
            _print(console, headings, seen)
        raise
    _print(console, headings, seen)


@contextmanager
def _telling(console: Console) -> Iterator[Callable[[str], None]]:
    if not console.is_interactive:
        yield lambda _: None
        return
    with console.status("looking ...", spinner="line") as status:
        yield lambda told: status.update(Text(told))


def _print(console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    is_prose = [any(" " in each for each in column) for column in zip(*rows, strict=True)]
    least = [
        min(width, _NARROWEST_PROSE) if prose else width
        for width, prose in zip(widths, is_prose or [False] * len(widths), strict=True)
    ]
    if sum(least) + _GAP * (len(widths) - 1) <= console.width:
        console.print(_folded(headings, rows, is_prose))
        return
    for number, row in enumerate((headings, *rows)):
        line = _laid_out(row, widths)
        console.print(Text(line, style="" if number else "bold"), soft_wrap=True)


def _folded(
    headings: Sequence[str], rows: Sequence[Sequence[str]], is_prose: Sequence[bool]
) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", no_wrap=bool(rows) and not is_prose[number])
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _laid_out(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))
    return (" " * _GAP).join(cells).rstrip()
