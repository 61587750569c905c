"""Rows on terminals of several widths."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from rich.cells import cell_len
from rich.console import Console

from command_line.terminal_table import print_table

JOB = "JOB-20260118-103000-1a2b"
HEADINGS = ("JOB", "STATUS", "RESULT")
ROWS = ((JOB, "completed", "1,234,567 rows, 45.6 MB, 1:02:03"), (JOB, "failed", ""))


def printed(width: int, *rows: tuple[str, ...], headings: tuple[str, ...] = HEADINGS) -> list[str]:
    page = io.StringIO()
    console = Console(
        file=page, force_terminal=True, force_interactive=False, width=width, color_system=None
    )
    print_table(console, headings, rows)
    return [each.rstrip() for each in page.getvalue().splitlines()]


class TestATerminalThatIsWideEnough:
    def test_shows_a_line_for_each_row(self) -> None:
        assert printed(100, *ROWS) == [
            "JOB                       STATUS     RESULT",
            f"{JOB}  completed  1,234,567 rows, 45.6 MB, 1:02:03",
            f"{JOB}  failed",
        ]

    def test_shows_the_headings_of_no_rows(self) -> None:
        assert printed(100) == ["JOB  STATUS  RESULT"]


class TestATerminalThatIsNarrow:
    def test_folds_sentences_and_leaves_ids_whole(self) -> None:
        lines = printed(52, *ROWS)
        assert [each.split()[:2] for each in lines if JOB in each] == [
            [JOB, "completed"],
            [JOB, "failed"],
        ]
        assert len(lines) > 3
        assert max(map(cell_len, lines)) <= 52

    @pytest.mark.parametrize("width", [1, 20, 40])
    def test_gets_whole_lines_where_it_has_no_room_for_the_ids(self, width: int) -> None:
        assert printed(width, *ROWS) == printed(100, *ROWS)

    def test_gets_korean_in_columns_too(self) -> None:
        lines = printed(8, ("매출", "x"), ("a", "y"), headings=("NAME", "K"))
        assert lines == ["NAME  K", "매출  x", "a     y"]
        wide = printed(4, ("매출", "x"), ("a", "y"), headings=("NAME", "K"))
        assert wide == lines


class TestRowsThatTakeTheirTimeToCome:
    def test_are_counted_while_they_come(self) -> None:
        page = io.StringIO()
        console = Console(file=page, force_terminal=True, width=60, color_system=None)

        def coming() -> Iterator[tuple[str, ...]]:
            yield ROWS[0]

        print_table(console, HEADINGS, coming())
        told, shown = page.getvalue().split("JOB  ", 1)
        assert f"1 so far, the last: {JOB}" in told
        assert "completed" in shown
