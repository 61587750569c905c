"""Counters of the book only ever change by adding."""

from __future__ import annotations

from dataclasses import replace

from builders import (
    NOON,
    a_job,
    a_table,
    later,
)
from contracts.job_book_basis import (
    JOB,
    JobBookContract,
    write,
)
from contracts.together import all_at_once, patiently
from oracle_etl.model.job import Counts, Job, Totals
from oracle_etl.model.table_task import TableTask
from oracle_etl.ports import Entries, JobBook, PageRequest, PartCounts


class CountersContract(JobBookContract):
    def test_add_up_however_many_add_at_once(self, book: JobBook) -> None:
        write(book, a_job(), a_table())

        def add() -> None:
            for _ in range(self.rounds):
                patiently(
                    book,
                    lambda entries: entries.count_job(
                        JOB, Counts(tables_completed=1, rows=10, bytes=100)
                    ),
                )
                patiently(
                    book,
                    lambda entries: entries.count_part(
                        JOB, "t00000", PartCounts(completed=1, rows=10, bytes=100)
                    ),
                )

        all_at_once([add] * self.contenders)
        times = self.contenders * self.rounds
        assert book.job(JOB).counts == Counts(
            tables_completed=times, rows=10 * times, bytes=100 * times
        )
        table = book.table(JOB, "t00000")
        assert (table.parts_completed, table.parts_rows, table.parts_bytes) == (
            times,
            10 * times,
            100 * times,
        )

    def test_count_every_kind(self, book: JobBook) -> None:
        write(book, a_job(counts=Counts(rows=1)), a_table())

        def work(entries: Entries) -> None:
            entries.count_job(
                JOB,
                Counts(tables_completed=1, tables_failed=2, tables_cancelled=3, rows=4, bytes=5),
            )
            entries.count_part(
                JOB, "t00000", PartCounts(completed=1, failed=2, rows=3, bytes=2**40)
            )

        book.transact(work)
        assert book.job(JOB).counts == Counts(
            tables_completed=1, tables_failed=2, tables_cancelled=3, rows=5, bytes=5
        )
        assert book.table(JOB, "t00000") == replace(
            a_table(), parts_completed=1, parts_failed=2, parts_rows=3, parts_bytes=2**40
        )

    def test_are_seen_wherever_a_job_or_table_is_read(self, book: JobBook) -> None:
        write(book, a_job(), a_table())
        book.transact(lambda entries: entries.count_job(JOB, Counts(rows=4)))
        book.transact(lambda entries: entries.count_part(JOB, "t00000", PartCounts(rows=3)))

        def read(entries: Entries) -> tuple[Job | None, TableTask | None]:
            return entries.job(JOB), entries.table(JOB, "t00000")

        job, table = book.transact(read)
        assert job == book.job(JOB) == book.jobs(PageRequest()).items[0]
        assert job == book.unfinished_jobs(limit=1)[0] == a_job(counts=Counts(rows=4))
        assert table == book.table(JOB, "t00000") == book.tables(JOB, PageRequest()).items[0]
        assert table == book.table_changes(JOB, after=None, limit=1).tables[0]
        assert table == a_table(parts_rows=3)

    def test_are_not_overwritten_by_an_old_job_or_table(self, book: JobBook) -> None:
        write(book, a_job(), a_table())
        old_job, old_table = book.job(JOB), book.table(JOB, "t00000")
        counts = Counts(tables_completed=1, tables_failed=2, tables_cancelled=3, rows=4, bytes=5)

        def work(entries: Entries) -> None:
            entries.put_job(old_job.running(now=NOON))
            entries.count_job(JOB, counts)
            entries.put_table(replace(old_table, parts_total=9))
            entries.count_part(JOB, "t00000", PartCounts(completed=1, failed=2, rows=3, bytes=4))

        book.transact(work)
        write(book, old_job.launched(now=NOON), replace(old_table, parts_total=10))
        assert book.job(JOB) == replace(old_job.launched(now=NOON), counts=counts)
        assert book.table(JOB, "t00000") == replace(
            old_table,
            parts_total=10,
            parts_completed=1,
            parts_failed=2,
            parts_rows=3,
            parts_bytes=4,
        )

    def test_totals_are_written_with_a_new_job_only(self, book: JobBook) -> None:
        first = Totals(rows=1, at=NOON)
        write(book, a_job(totals=first))
        write(book, a_job(totals=Totals(rows=2, at=later(1))).running(now=NOON))
        assert book.job(JOB).totals == first
