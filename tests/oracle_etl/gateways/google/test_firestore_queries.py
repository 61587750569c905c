"""Answers to queries that break off in their middle."""

from __future__ import annotations

import pytest

from builders import a_table, later
from contracts.job_book_basis import write
from emulators.firestore_traffic import Traffic
from emulators.watched_book import JOB, book, clock, database, google_project, traffic
from oracle_etl.gateways.google.firestore import FirestoreJobBook
from oracle_etl.ports import PageRequest

__all__ = ["book", "clock", "database", "google_project", "traffic"]
pytestmark = pytest.mark.emulators


@pytest.fixture
def tables(book: FirestoreJobBook) -> list[str]:
    names = [f"t{position:05d}" for position in range(5)]
    write(book, *(a_table(name, position=at) for at, name in enumerate(names)))
    return names


@pytest.mark.parametrize("after", [0, 1, 3])
class TestAnAnswerThatBreaksOff:
    def test_is_asked_for_again_where_only_names_come(
        self, book: FirestoreJobBook, traffic: Traffic, tables: list[str], after: int
    ) -> None:
        traffic.break_the_next_answer(after=after)
        found = book.claimable(JOB, later(0), limit=10)
        assert [each.table_id for each in found] == tables

    def test_brings_no_more_than_was_asked_for(
        self, book: FirestoreJobBook, traffic: Traffic, tables: list[str], after: int
    ) -> None:
        traffic.break_the_next_answer(after=after)
        page = book.tables(JOB, PageRequest(size=4))
        assert [each.table_id for each in page.items] == tables[:4]
        rest = book.tables(JOB, PageRequest(size=4, token=page.next_token))
        assert [each.table_id for each in rest.items] == tables[4:]
