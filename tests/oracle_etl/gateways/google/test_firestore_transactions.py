"""Transactions of Firestore whose replies are lost, that others win, or that cannot begin."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.api_core.exceptions import (
    Aborted,
    Cancelled,
    FailedPrecondition,
    InvalidArgument,
    PermissionDenied,
)

from builders import NOON, a_job, a_table, a_transport
from contracts.job_book_basis import write
from emulators.firestore_traffic import Traffic
from emulators.watched_book import JOB, book, clock, database, google_project, traffic
from fakes.stepped_clock import SteppedClock
from oracle_etl.gateways.google.firestore import Database, FirestoreJobBook
from oracle_etl.gateways.google.firestore.client import LOCKING_SECONDS
from oracle_etl.gateways.google.firestore.documents import job_path
from oracle_etl.model.errors import BookAway, NoSuchTransport
from oracle_etl.model.job import Counts
from oracle_etl.ports import Entries

__all__ = ["book", "clock", "database", "google_project", "traffic"]
pytestmark = pytest.mark.emulators


def count_rows(rows: int) -> Callable[[Entries], None]:
    return lambda entries: entries.count_job(JOB, Counts(rows=rows))


def count_elsewhere(database: Database) -> None:
    """Put another's mark on the job, as every worker does that counts."""
    database.client.document(job_path(JOB)).update({"written_by": "another"})


def claim(entries: Entries) -> None:
    assert entries.job(JOB) is not None
    table = entries.table(JOB, "t00000")
    assert table is not None
    entries.count_running_tables(JOB)
    entries.put_table(table.claimed("w1", now=NOON, lease_seconds=60))


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
        traffic.fail_the_next("Commit", Aborted, times=2)
        book.transact(count_rows(5))
        assert book.job(JOB).counts.rows == 5

    def test_is_told_from_a_refusal_though_others_count_on(
        self, book: FirestoreJobBook, database: Database, traffic: Traffic
    ) -> None:
        write(book, a_job(), a_table())
        tries = []

        def begin_and_count(entries: Entries) -> None:
            tries.append(entries)
            claim(entries)
            entries.count_job(JOB, Counts(rows=5))

        traffic.lose_the_next_replies(1)
        # What follows a commit that seems to have failed.
        traffic.before_the_next("Rollback", lambda: count_elsewhere(database))
        book.transact(begin_and_count)
        assert len(tries) == 1
        assert book.job(JOB).counts.rows == 5

    def test_to_a_removal_is_none_to_whoever_removes(
        self, book: FirestoreJobBook, traffic: Traffic
    ) -> None:
        transport = a_transport()
        write(book, transport)

        def remove(entries: Entries) -> None:
            if entries.transport(transport.id) is None:
                raise NoSuchTransport("as the flow says")
            entries.remove_transport(transport.id)

        traffic.lose_the_next_replies(1)
        book.transact(remove)
        with pytest.raises(NoSuchTransport):
            book.transport(transport.id)


class TestOthersWhoWin:
    def test_are_waited_for_longer_each_time(
        self, book: FirestoreJobBook, traffic: Traffic, clock: SteppedClock
    ) -> None:
        book.transact(lambda entries: entries.put_job(a_job()))
        traffic.fail_the_next("Commit", Aborted, times=3)
        book.transact(count_rows(1))
        assert 0.5 + 1 + 2 <= clock.monotonic() <= 1 + 2 + 4

    def test_too_often_mean_that_the_book_is_away(
        self, book: FirestoreJobBook, traffic: Traffic
    ) -> None:
        book.transact(lambda entries: entries.put_job(a_job()))
        traffic.fail_the_next("Commit", Aborted, times=4)
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


class TestATransactionThatCannotBegin:
    def test_says_why(self, book: FirestoreJobBook, traffic: Traffic) -> None:
        traffic.fail_the_next("BeginTransaction", PermissionDenied)
        with pytest.raises(BookAway, match="PermissionDenied") as away:
            book.transact(count_rows(1))
        assert "roles/datastore.user" in away.value.hint

    def test_is_begun_again_where_that_passes(
        self, book: FirestoreJobBook, traffic: Traffic
    ) -> None:
        book.transact(lambda entries: entries.put_job(a_job()))
        traffic.fail_the_next("BeginTransaction", Cancelled, times=2)
        book.transact(count_rows(5))
        assert book.job(JOB).counts.rows == 5


class TestATransactionThatHasEndedOnTheServer:
    """It lost its locks to others, or rested for too long; its next request is refused."""

    ENDED = "The referenced transaction has expired or is no longer valid."

    @pytest.mark.parametrize("call", ["BatchGetDocuments", "RunQuery", "Commit"])
    def test_is_run_again(self, book: FirestoreJobBook, traffic: Traffic, call: str) -> None:
        write(book, a_job(), a_table())
        traffic.fail_the_next(call, InvalidArgument, says=self.ENDED)
        book.transact(claim)
        assert book.table(JOB, "t00000").hold.owner == "w1"


class TestARequestInATransaction:
    def test_waits_for_locks_no_longer_than_a_lease_lasts(
        self, book: FirestoreJobBook, traffic: Traffic
    ) -> None:
        write(book, a_job(), a_table())
        book.transact(claim)
        assert traffic.longest_seconds["BatchGetDocuments"] == LOCKING_SECONDS
        assert traffic.longest_seconds["RunQuery"] == LOCKING_SECONDS
        assert max(traffic.longest_seconds.values()) <= 60
