"""Changes of tables in Firestore: none is passed over, and none comes twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from builders import a_table
from contracts.job_book_basis import write
from emulators.watched_book import JOB, book, clock, database, google_project, traffic
from oracle_etl.gateways.google.firestore import Database, FirestoreJobBook
from oracle_etl.gateways.google.firestore.changes import MARGIN
from oracle_etl.gateways.google.firestore.documents import table_path
from oracle_etl.gateways.system_clock import SystemClock
from oracle_etl.model.work import WorkStatus

__all__ = ["book", "clock", "database", "google_project", "traffic"]
pytestmark = pytest.mark.emulators


class TestAChangeThatCommitsLate:
    """Its `changed_at` is earlier than the cursor, as if the commit had waited for a lock."""

    def commit_late(self, database: Database, by: timedelta) -> None:
        taken_up = datetime.now(UTC) - by  # noqa: TID251 - the emulator's time is the machine's
        database.client.document(table_path(JOB, "t1")).update({"changed_at": taken_up, "rows": 7})

    @pytest.fixture
    def cursor(self, book: FirestoreJobBook) -> str:
        write(book, *(a_table(f"t{at}", position=at) for at in range(3)))
        changes = book.table_changes(JOB, after=None, limit=10)
        assert len(changes.tables) == 3
        return changes.cursor

    def test_is_not_passed_over(
        self, book: FirestoreJobBook, database: Database, cursor: str
    ) -> None:
        self.commit_late(database, MARGIN / 2)
        changes = book.table_changes(JOB, after=cursor, limit=10)
        assert [(table.table_id, table.rows) for table in changes.tables] == [("t1", 7)]
        assert book.table_changes(JOB, after=changes.cursor, limit=10).tables == ()

    def test_is_not_passed_over_between_two_pages(
        self, book: FirestoreJobBook, database: Database, cursor: str
    ) -> None:
        for table_id in ("t0", "t2"):
            write(book, a_table(table_id, status=WorkStatus.RUNNING))
        first = book.table_changes(JOB, after=cursor, limit=1)
        self.commit_late(database, MARGIN / 2)
        seen = [table.table_id for table in first.tables]
        following = first.cursor
        for _ in range(10):
            changes = book.table_changes(JOB, after=following, limit=1)
            seen += [table.table_id for table in changes.tables]
            following = changes.cursor
        assert set(seen) == {"t0", "t1", "t2"}


class TestATableThatChangesBetweenTwoPages:
    """Pages of one table each, so that every look is made of many."""

    @pytest.fixture
    def book(self, database: Database) -> FirestoreJobBook:
        return FirestoreJobBook(database, clock=SystemClock(), keep_days=90)

    @pytest.fixture
    def cursor(self, book: FirestoreJobBook) -> str:
        write(book, *(a_table(f"t{at}", position=at) for at in range(3)))
        return book.table_changes(JOB, after=None, limit=1).cursor

    def told(self, book: FirestoreJobBook, cursor: str) -> list[tuple[str, WorkStatus]]:
        seen = []
        for _ in range(12):
            changes = book.table_changes(JOB, after=cursor, limit=1)
            seen += [(table.table_id, table.status) for table in changes.tables]
            cursor = changes.cursor
        return seen

    def test_comes_once_as_it_is_then(self, book: FirestoreJobBook, cursor: str) -> None:
        write(book, a_table("t1", position=1, status=WorkStatus.COMPLETED))
        told = self.told(book, cursor)
        assert told.count(("t1", WorkStatus.COMPLETED)) == 1
        assert told.count(("t2", WorkStatus.PENDING)) == 1

    def test_comes_also_to_whoever_was_away_for_longer_than_firestore_remembers(
        self, database: Database, cursor: str
    ) -> None:
        book = FirestoreJobBook(database, clock=LateClock(), keep_days=90)
        write(book, a_table("t1", position=1, status=WorkStatus.COMPLETED))
        told = self.told(book, cursor)
        assert ("t1", WorkStatus.COMPLETED) in told
        assert ("t1", WorkStatus.PENDING) not in told, "asked for as it was when the pass began"


class TestATableThatChangesWhileNobodyAsks:
    """Whoever asks then comes back in the middle of a pass, and takes an empty answer for all."""

    def test_comes_before_an_answer_is_empty(self, database: Database) -> None:
        book = FirestoreJobBook(database, clock=SystemClock(), keep_days=90)
        write(book, *(a_table(f"t{at}", position=at) for at in range(4)))
        cursor = book.table_changes(JOB, after=None, limit=2).cursor
        for at in range(4):
            write(book, a_table(f"t{at}", position=at, status=WorkStatus.COMPLETED))
        ended = []
        while (changes := book.table_changes(JOB, after=cursor, limit=2)).tables:
            ended += [each.table_id for each in changes.tables if each.status.ended]
            cursor = changes.cursor
        assert sorted(ended) == ["t0", "t1", "t2", "t3"]


class LateClock(SystemClock):
    """The system's clock, two hours later."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=2)
