from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from rich.console import Console

from command_line.exits import ServerRefused
from command_line.output import JsonLines, Readable, View, an_output

VIEW = View(event="thing", columns={"NAME": lambda thing: thing["name"], "SIZE": lambda _: 12})
THINGS = [{"name": "a\tb"}, {"name": "[red]x"}]
STOP = ServerRefused(
    "no\x1b such job",
    hint="list them",
    problem={"code": "C", "details": {"id": "must be\x07 known"}, "trace_id": "t-1"},
)


@pytest.fixture
def page() -> io.StringIO:
    return io.StringIO()


class TestAPipe:
    @pytest.fixture
    def output(self, page: io.StringIO) -> Readable:
        return Readable(Console(file=page, width=20), Console(file=page, width=20))

    def test_gets_lines_with_tabs_and_nothing_cut_off(
        self, output: Readable, page: io.StringIO
    ) -> None:
        output.rows(VIEW, [*THINGS, {"name": "long" * 30}])
        assert page.getvalue().splitlines() == [
            "NAME\tSIZE",
            "a\\tb\t12",
            "[red]x\t12",
            f"{'long' * 30}\t12",
        ]

    def test_gets_the_headings_of_a_list_that_is_empty(
        self, output: Readable, page: io.StringIO
    ) -> None:
        output.rows(VIEW, [])
        assert page.getvalue() == "NAME\tSIZE\n"

    def test_gets_nothing_of_a_list_that_is_refused(
        self, output: Readable, page: io.StringIO
    ) -> None:
        def refused() -> Iterator[dict[str, str]]:
            raise STOP
            yield {}

        with pytest.raises(ServerRefused):
            output.rows(VIEW, refused())
        assert page.getvalue() == ""

    def test_gets_a_document_field_by_field(self, output: Readable, page: io.StringIO) -> None:
        output.document(VIEW, {"name": "n", "tables": ["a", "b"]})
        assert page.getvalue() == 'name\tn\ntables\t["a", "b"]\n'

    def test_gets_a_problem_with_its_fields_and_what_to_do(
        self, output: Readable, page: io.StringIO
    ) -> None:
        output.stopped(STOP)
        assert page.getvalue().splitlines() == [
            r"Error: no\x1b such job",
            r"  id: must be\x07 known",
            "  list them",
            "  trace id t-1",
        ]


class TestAnEncodingThatLacksLetters:
    def test_shows_them_by_their_number(self) -> None:
        stream = io.TextIOWrapper(io.BytesIO(), encoding="euc-kr")
        output = an_output(as_json=False, stdout=stream, stderr=stream)
        output.note("✓ 매출")
        output.rows(VIEW, [{"name": "✓"}])
        output.stopped(ServerRefused("✗"))
        written = stream.buffer.getvalue()
        assert written.decode("euc-kr").splitlines() == [
            r"\u2713 매출",
            "NAME\tSIZE",
            "\\u2713\t12",
            r"Error: \u2717",
        ]


class TestWhatIsSaidBesideTheResult:
    def test_is_no_row_of_it(self, page: io.StringIO) -> None:
        errors = io.StringIO()
        Readable(Console(file=page), Console(file=errors)).aside("there are more")
        assert (page.getvalue(), errors.getvalue()) == ("", "there are more\n")


def _terminal(page: io.StringIO) -> Console:
    return Console(
        file=page, force_terminal=True, force_interactive=False, width=60, color_system=None
    )


class TestATerminal:
    def test_gets_columns_that_no_name_can_break(self, page: io.StringIO) -> None:
        console = _terminal(page)
        Readable(console, console).rows(VIEW, THINGS)
        lines = [line.split() for line in page.getvalue().splitlines()]
        assert lines == [["NAME", "SIZE"], ["a\\tb", "12"], ["[red]x", "12"]]

    def test_gets_what_came_before_a_list_broke_off(self, page: io.StringIO) -> None:
        def broken_off() -> Iterator[dict[str, str]]:
            yield {"name": "first"}
            raise STOP

        console = _terminal(page)
        with pytest.raises(ServerRefused):
            Readable(console, console).rows(VIEW, broken_off())
        assert page.getvalue().split() == ["NAME", "SIZE", "first", "12"]

    def test_gets_a_document_as_a_list(self, page: io.StringIO) -> None:
        console = _terminal(page)
        Readable(console, console).document(VIEW, {"name": "n", "매출": "/a/long/path" * 9})
        assert page.getvalue().splitlines() == ["name  n", f"매출  {'/a/long/path' * 9}"]


class TestAProgram:
    def test_gets_one_event_a_line(self, page: io.StringIO) -> None:
        output = JsonLines(page)
        output.rows(VIEW, THINGS)
        output.document(VIEW, {"name": "매출"})
        output.note("for people")
        events = [json.loads(line) for line in page.getvalue().splitlines()]
        assert events == [
            {"v": 1, "event": "thing", "data": each} for each in (*THINGS, {"name": "매출"})
        ]

    def test_gets_the_problem_with_the_exit_code_as_last_event(self, page: io.StringIO) -> None:
        JsonLines(page).stopped(STOP)
        event = json.loads(page.getvalue())
        assert (event["event"], event["data"]["code"]) == ("problem", "C")
        assert event["data"]["exit_code"] == 3

    def test_is_told_nothing_beside_its_events(self, page: io.StringIO) -> None:
        JsonLines(page).aside("for people")
        assert page.getvalue() == ""

    @pytest.mark.parametrize("encoding", ["utf-8", "euc-kr", "ascii"])
    @pytest.mark.parametrize("name", ["매출", "é ✓ \U0001f600", "\ud800"])
    def test_gets_every_letter_through_whatever_encoding(self, encoding: str, name: str) -> None:
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        an_output(as_json=True, stdout=stream, stderr=stream).event("thing", {"name": name})
        written = stream.buffer.getvalue()
        assert json.loads(written.decode(encoding))["data"] == {"name": name}

    def test_is_told_from_people_by_what_was_asked_for(self, page: io.StringIO) -> None:
        assert isinstance(an_output(as_json=True, stdout=page, stderr=page), JsonLines)
        assert isinstance(an_output(as_json=False, stdout=page, stderr=page), Readable)
