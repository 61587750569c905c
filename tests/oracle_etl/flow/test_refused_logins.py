"""A login that was refused is known to all processes of a home, for some minutes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.away import Away
from flow_home import a_home
from oracle_etl.flow.refused_logins import RefusedLogins
from oracle_etl.model.errors import BookAway
from oracle_etl.outside import Outside


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    made = a_home(tmp_path)
    yield made
    made.close()


class TestALoginThatWasRefused:
    def test_is_known_to_others_until_five_minutes_are_over(self, home: Outside) -> None:
        RefusedLogins(book=home.book, clock=home.clock).note("scott-1")
        others = RefusedLogins(book=home.book, clock=home.clock)
        assert others.is_known("scott-1")
        home.clock.wait(299)
        assert others.is_known("scott-1")
        home.clock.wait(1)
        assert not others.is_known("scott-1")

    def test_says_nothing_of_another(self, home: Outside) -> None:
        refused = RefusedLogins(book=home.book, clock=home.clock)
        refused.note("scott-1")
        assert not refused.is_known("scott-2")


class TestABookThatIsAway:
    def test_keeps_nobody_from_logging_in(self, home: Outside) -> None:
        book: Any = Away(BookAway("nobody answers"))
        refused = RefusedLogins(book=book, clock=home.clock)
        refused.note("scott-1")
        assert not refused.is_known("scott-1")
