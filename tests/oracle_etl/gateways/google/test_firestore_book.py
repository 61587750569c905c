"""What the book in Firestore does beyond its contract: what it costs, and what it stores."""

from __future__ import annotations

from datetime import timedelta

import pytest

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
from emulators.firestore_traffic import Traffic
from emulators.watched_book import JOB, book, clock, database, google_project, traffic
from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.google.firestore import Database, FirestoreJobBook
from oracle_etl.gateways.google.firestore.documents import job_path, plan_path, table_path
from oracle_etl.model.errors import InvalidRequest, NoSuchJob
from oracle_etl.model.job import Counts
from oracle_etl.ports import Entries

__all__ = ["book", "clock", "database", "google_project", "traffic"]
pytestmark = pytest.mark.emulators


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
