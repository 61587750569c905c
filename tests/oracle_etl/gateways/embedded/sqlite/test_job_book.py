from __future__ import annotations

import pytest

from builders import a_job, a_part, a_plan, a_receipt, a_table, later
from oracle_etl.gateways.embedded.sqlite import Database, SqliteJobBook, job_book, task_queue
from oracle_etl.model.errors import NoSuchJob, NoSuchTable
from oracle_etl.model.job import Counts, JobStatus
from oracle_etl.model.work import Hold, WorkStatus
from oracle_etl.ports import Entries, PageRequest, PartCounts

JOB = "JOB-20260301-120000-0001"


QUERIES = {
    f"{module.__name__.rpartition('.')[2]}.{name}": text
    for module in (job_book, task_queue)
    for name, text in vars(module).items()
    if isinstance(text, str) and "SELECT" in text
}


class TestEveryQuery:
    @pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
    def test_walks_an_index_in_order(self, database: Database, query: str) -> None:
        with database.reading() as connection:
            plan = connection.execute(
                f"EXPLAIN QUERY PLAN {query}", [0] * query.count("?")
            ).fetchall()
        steps = [row["detail"] for row in plan]
        assert steps
        assert all(step.startswith("SEARCH") or "USING INDEX" in step for step in steps), steps
        assert not any("TEMP B-TREE" in step for step in steps), steps


class TestCounting:
    def test_for_a_job_that_is_not_there_is_named(self, book: SqliteJobBook) -> None:
        with pytest.raises(NoSuchJob, match=JOB):
            book.transact(lambda entries: entries.count_job(JOB, Counts(rows=1)))

    def test_for_a_table_that_is_not_there_is_named(self, book: SqliteJobBook) -> None:
        with pytest.raises(NoSuchTable, match="t00000"):
            book.transact(lambda entries: entries.count_part(JOB, "t00000", PartCounts(rows=1)))


class TestWorkThatRests:
    def test_is_claimable_once_it_has_rested(self, book: SqliteJobBook) -> None:
        table = a_table(hold=Hold(fence=1, owner=None, expires_at=later(60)))
        book.transact(lambda entries: entries.put_table(table))
        for seconds, found in ((0, []), (59.999999, []), (60, [table.ref])):
            assert table.can_be_claimed(later(seconds)) == bool(found)
            assert list(book.claimable(JOB, later(seconds), limit=1)) == found


class TestClaimableTables:
    def test_come_begun_ones_first(self, book: SqliteJobBook) -> None:
        fresh = a_table("t0")
        begun = a_table("t1", position=1, status=WorkStatus.RUNNING)
        for table in (fresh, begun):
            book.transact(lambda entries, table=table: entries.put_table(table))  # type: ignore[misc]
        assert list(book.claimable(JOB, later(0), limit=1)) == [begun.ref]
        assert list(book.claimable(JOB, later(0), limit=2)) == [begun.ref, fresh.ref]


class TestWhatHasHadItsTime:
    def fill(self, book: SqliteJobBook, *, status: JobStatus) -> None:
        def work(entries: Entries) -> None:
            entries.put_job(a_job(expire_at=later(60), status=status))
            entries.put_table(a_table(status=WorkStatus.COMPLETED))
            entries.put_plan(JOB, "t00000", a_plan())
            entries.put_part(a_part())
            entries.put_receipt(a_receipt(expire_at=later(60)))

        book.transact(work)

    def test_is_forgotten(self, book: SqliteJobBook) -> None:
        self.fill(book, status=JobStatus.COMPLETED)
        assert book.forget_expired(later(60)) == 1
        assert book.jobs(PageRequest()).items == ()
        assert book.tables(JOB, PageRequest()).items == ()
        assert book.plan(JOB, "t00000") is None
        assert book.parts(JOB, "t00000", PageRequest()).items == ()
        assert book.transact(lambda entries: entries.receipt("key-1")) is None

    def test_is_kept_until_then(self, book: SqliteJobBook) -> None:
        self.fill(book, status=JobStatus.COMPLETED)
        assert book.forget_expired(later(59)) == 0
        assert book.job(JOB).status is JobStatus.COMPLETED
        assert book.transact(lambda entries: entries.receipt("key-1")) is not None

    def test_is_kept_while_its_job_runs(self, book: SqliteJobBook) -> None:
        self.fill(book, status=JobStatus.RUNNING)
        assert book.forget_expired(later(1e6)) == 0
        assert book.table(JOB, "t00000").status is WorkStatus.COMPLETED

    def fill_many(self, book: SqliteJobBook, count: int) -> None:
        def work(entries: Entries) -> None:
            for number in range(count):
                name = f"JOB-20260301-120000-{number:04d}"
                entries.put_job(a_job(name, status=JobStatus.FAILED, expire_at=later(0)))

        book.transact(work)

    def test_goes_however_much_it_is(self, book: SqliteJobBook) -> None:
        self.fill_many(book, 250)
        assert book.forget_expired(later(1)) == 250
        assert book.jobs(PageRequest()).items == ()

    def test_goes_in_portions_where_it_is_too_much_at_once(self, book: SqliteJobBook) -> None:
        self.fill_many(book, 5)
        assert [book.forget_expired(later(1), limit=2) for _ in range(4)] == [2, 2, 1, 0]
