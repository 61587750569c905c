"""What the book in Firestore does beyond its contract: costs, lost replies, late commits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from google.api_core.exceptions import Aborted, FailedPrecondition

from builders import (
    NOON,
    a_job,
    a_part,
    a_plan,
    a_receipt,
    a_slot,
    a_table,
    a_transport,
    an_extract,
    later,
)
from contracts.job_book_basis import write
from emulators.emulator_fixtures import google_project
from emulators.firestore_traffic import Traffic, watched_database
from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.google.firestore import Database, FirestoreJobBook
from oracle_etl.gateways.google.firestore.changes import MARGIN
from oracle_etl.gateways.google.firestore.documents import job_path, plan_path, table_path
from oracle_etl.gateways.google.patience import Patience
from oracle_etl.model.errors import BookAway, InvalidRequest, NoSuchJob
from oracle_etl.model.job import Counts
from oracle_etl.model.work import WorkStatus
from oracle_etl.ports import Entries

__all__ = ["google_project"]
pytestmark = pytest.mark.emulators
JOB = "JOB-20260301-120000-0001"


@pytest.fixture
def traffic() -> Traffic:
    return Traffic()


@pytest.fixture
def database(google_project: str, traffic: Traffic) -> Database:
    return watched_database(google_project, traffic)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def book(database: Database, clock: SteppedClock) -> FirestoreJobBook:
    return FirestoreJobBook(
        database, clock=clock, keep_days=90, patience=Patience(repeats=3, first_wait_seconds=1)
    )


def count_rows(rows: int) -> Callable[[Entries], None]:
    return lambda entries: entries.count_job(JOB, Counts(rows=rows))


def claim(entries: Entries) -> None:
    assert entries.job(JOB) is not None
    table = entries.table(JOB, "t00000")
    assert table is not None
    entries.count_running_tables(JOB)
    entries.put_table(table.claimed("w1", now=NOON, lease_seconds=60))


def complete(entries: Entries) -> None:
    table = entries.table(JOB, "t00000")
    assert table is not None
    read = table.extracted(1, an_extract(), now=NOON)
    entries.put_table(read.completed(1, (), now=NOON))
    entries.count_job(JOB, Counts(tables_completed=1, rows=14))


class TestWhatIsPaidFor:
    def test_a_fan_out_writes_each_table_once_and_reads_nothing(
        self, book: FirestoreJobBook, traffic: Traffic
    ) -> None:
        def fan_out(entries: Entries) -> None:
            for position in range(100):
                entries.put_table(a_table(f"t{position:05d}", position=position))

        book.transact(fan_out)
        assert (traffic.reads, traffic.writes, traffic.commits) == (0, 100, 1)

    def test_a_claim_reads_the_job_and_its_table_and_writes_the_table(
        self, book: FirestoreJobBook, traffic: Traffic
    ) -> None:
        write(book, a_job(), a_table())
        traffic.forget()
        book.transact(claim)
        assert (traffic.reads, traffic.writes) == (2, 1)

    def test_a_completed_table_writes_itself_and_the_counters(
        self, book: FirestoreJobBook, traffic: Traffic
    ) -> None:
        write(book, a_job(), a_table())
        book.transact(claim)
        traffic.forget()
        book.transact(complete)
        assert (traffic.reads, traffic.writes) == (1, 2)

    def test_a_watcher_who_asks_reads_what_changed_and_not_the_rest(
        self, book: FirestoreJobBook, traffic: Traffic
    ) -> None:
        write(book, *(a_table(f"t{at}", position=at) for at in range(30)))
        book.table_changes(JOB, after=None, limit=10)
        assert traffic.reads == 10


class TestALostReply:
    def test_to_a_commit_counts_once(self, book: FirestoreJobBook, traffic: Traffic) -> None:
        book.transact(lambda entries: entries.put_job(a_job()))
        traffic.lose_the_next_replies(1)
        book.transact(count_rows(5))
        assert book.job(JOB).counts.rows == 5
        assert traffic.commits == 2

    def test_to_a_claim_leaves_the_claim_with_the_claimant(
        self, book: FirestoreJobBook, traffic: Traffic
    ) -> None:
        write(book, a_job(), a_table())
        traffic.lose_the_next_replies(1)
        book.transact(claim)
        table = book.table(JOB, "t00000")
        assert (table.hold.owner, table.hold.fence, table.hold.failures) == ("w1", 1, 0)

    def test_to_a_commit_that_was_refused_is_told_from_one_that_was_done(
        self, book: FirestoreJobBook, traffic: Traffic
    ) -> None:
        book.transact(lambda entries: entries.put_job(a_job()))
        traffic.abort_the_next_commits(2)
        book.transact(count_rows(5))
        assert book.job(JOB).counts.rows == 5


class TestOthersWhoWin:
    def test_are_waited_for_longer_each_time(
        self, book: FirestoreJobBook, traffic: Traffic, clock: SteppedClock
    ) -> None:
        book.transact(lambda entries: entries.put_job(a_job()))
        traffic.abort_the_next_commits(3)
        book.transact(count_rows(1))
        assert 0.5 + 1 + 2 <= clock.monotonic() <= 1 + 2 + 4

    def test_too_often_mean_that_the_book_is_away(
        self, book: FirestoreJobBook, traffic: Traffic
    ) -> None:
        book.transact(lambda entries: entries.put_job(a_job()))
        traffic.abort_the_next_commits(4)
        with pytest.raises(BookAway):
            book.transact(count_rows(1))
        assert book.job(JOB).counts.rows == 0

    def test_while_reading_are_waited_for_too(self, book: FirestoreJobBook) -> None:
        tries = []

        def work(entries: Entries) -> None:
            tries.append(entries)
            if len(tries) < 3:
                raise Aborted("as a read would")  # type: ignore[no-untyped-call]

        book.transact(work)
        assert len(tries) == 3

    def test_are_met_again_by_one_thread_at_a_time(self, book: FirestoreJobBook) -> None:
        all_lost, at_it, two_at_it = threading.Barrier(4), threading.Lock(), threading.Event()

        def lose_once(number: int) -> None:
            tries = []

            def work(_: Entries) -> None:
                tries.append(number)
                if len(tries) == 1:
                    all_lost.wait(timeout=30)
                    raise Aborted("as others win")  # type: ignore[no-untyped-call]
                if not at_it.acquire(blocking=False):
                    two_at_it.set()
                    return
                # Were others let in, they would come now.
                two_at_it.wait(timeout=0.05)
                at_it.release()

            book.transact(work)

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lose_once, range(4)))
        assert not two_at_it.is_set()

    def test_are_not_waited_for_where_an_index_is_missing(
        self, book: FirestoreJobBook, clock: SteppedClock
    ) -> None:
        def work(_: Entries) -> None:
            raise FailedPrecondition("no index")  # type: ignore[no-untyped-call]

        with pytest.raises(BookAway) as away:
            book.transact(work)
        assert "infra/firestore.indexes.json" in away.value.hint
        assert clock.monotonic() == 0


class TestWhatCannotBeStored:
    def test_is_refused_with_what_to_do(self, book: FirestoreJobBook) -> None:
        huge = a_transport(description="x" * 1_100_000)
        with pytest.raises(InvalidRequest) as refused:
            book.transact(lambda entries: entries.put_transport(huge))
        assert "1 MiB" in refused.value.hint

    def test_may_be_text_that_is_no_unicode(self, book: FirestoreJobBook) -> None:
        with pytest.raises(InvalidRequest):
            book.transact(lambda entries: entries.put_transport(a_transport(name="\ud800")))


class TestDocuments:
    def test_expire_wherever_they_lie(self, book: FirestoreJobBook, database: Database) -> None:
        def write(entries: Entries) -> None:
            entries.put_table(a_table())
            entries.put_part(a_part())
            entries.put_plan(JOB, "t00000", a_plan())
            entries.put_slot(a_slot())
            entries.put_receipt(a_receipt())

        book.transact(write)
        found = {
            document.reference.parent.id: document.get("expire_at")
            for group in ("tables", "parts", "plan", "slots", "receipts")
            for document in database.client.collection_group(group).stream()
        }
        in_90_days = NOON + timedelta(days=90)
        assert found == {
            "tables": in_90_days,
            "parts": in_90_days,
            "plan": in_90_days,
            "slots": in_90_days,
            "receipts": a_receipt().expire_at,
        }

    def test_show_their_counters_from_the_beginning(
        self, book: FirestoreJobBook, database: Database
    ) -> None:
        write(book, a_job(), a_table())
        job = database.client.document(job_path(JOB)).get().to_dict() or {}
        table = database.client.document(table_path(JOB, "t00000")).get().to_dict() or {}
        assert job["counts"] == dict.fromkeys(
            ["tables_completed", "tables_failed", "tables_cancelled", "rows", "bytes"], 0
        )
        assert (table["parts_completed"], table["parts_failed"]) == (0, 0)

    def test_may_be_written_twice_in_one_transaction(self, book: FirestoreJobBook) -> None:
        def work(entries: Entries) -> None:
            assert entries.job(JOB) is None
            entries.put_job(a_job(counts=Counts(rows=1)))
            entries.put_job(a_job(counts=Counts(rows=9)).running(now=NOON))
            entries.count_job(JOB, Counts(rows=2))

        book.transact(work)
        job = book.job(JOB)
        assert (job.counts.rows, job.started_at) == (3, NOON)

    def test_of_plans_are_packed(self, book: FirestoreJobBook, database: Database) -> None:
        book.transact(lambda entries: entries.put_plan(JOB, "t00000", a_plan()))
        found = database.client.document(plan_path(JOB, "t00000")).get().to_dict() or {}
        assert isinstance(found["packed"], bytes)


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


class TestSplitTables:
    def test_come_before_new_ones(self, book: FirestoreJobBook) -> None:
        def work(entries: Entries) -> None:
            entries.put_table(a_table("t1"))
            entries.put_part(a_part(1, table_id="t2"))

        book.transact(work)
        (first,) = book.claimable(JOB, later(0), limit=1)
        assert first.part == 1


class TestADatabase:
    def test_is_reached_by_its_name_and_project(self, google_project: str) -> None:
        book, other = (
            FirestoreJobBook(
                Database.named(name, project=google_project), clock=SteppedClock(), keep_days=90
            )
            for name in ("(default)", "other")
        )
        write(book, a_job())
        assert book.job(JOB) == a_job()
        with pytest.raises(NoSuchJob):
            other.job(JOB)
