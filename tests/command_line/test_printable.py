from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line.printable import count, duration, moment, percent, printable, size


class TestAValue:
    @given(st.text())
    def test_never_sends_a_terminal_anything_but_letters(self, text: str) -> None:
        assert printable(text).isprintable()

    @given(st.text().filter(str.isprintable))
    def test_of_plain_letters_stays_as_it_is(self, text: str) -> None:
        assert printable(text) == text

    @given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
    def test_of_any_shape_is_one_line(self, value: object) -> None:
        assert "\n" not in printable(value)

    def test_that_tries_to_move_the_cursor_is_shown_instead(self) -> None:
        assert printable("a\x1b[2Jb\t\n") == r"a\x1b[2Jb\t\n"

    def test_of_korean_text_stays_readable(self) -> None:
        assert printable(["매출", None]) == json.dumps(["매출", None], ensure_ascii=False)

    @pytest.mark.parametrize(("value", "shown"), [(None, ""), (True, "yes"), (1.5, "1.5")])
    def test_is_written_as_people_say_it(self, value: object, shown: str) -> None:
        assert printable(value) == shown


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (count(1234567), "1,234,567"),
        (count(None), ""),
        (size(0), "0 B"),
        (size(999), "999 B"),
        (size(1500), "1.5 kB"),
        (size(45_678_901), "45.7 MB"),
        (size(3e15), "3000.0 TB"),
        (size(None), ""),
        (duration(2.44), "2.4 s"),
        (duration(123), "2:03"),
        (duration(3723), "1:02:03"),
        (duration(None), ""),
        (moment("2026-01-18T10:30:00.123456Z"), "2026-01-18 10:30:00Z"),
        (moment(None), ""),
        (percent(99.4), "99 %"),
        (percent(None), ""),
    ],
)
def test_a_figure_is_shown_with_its_unit(shown: str, expected: str) -> None:
    assert shown == expected
