"""What every JobBook does: `class TestMine(WholeJobBookContract)` with a `book` fixture."""

from __future__ import annotations

from datetime import timedelta

from builders import (
    NOON,
    a_final_object,
    a_job,
    a_table,
    a_transport,
    an_extract,
    later,
)
from contracts.job_book_basis import (
    JOB,
    write,
)
from contracts.job_book_changes import TableChangesContract
from contracts.job_book_claims import ClaimableContract
from contracts.job_book_counters import CountersContract
from contracts.job_book_lists import ListsContract
from contracts.job_book_reading import ReadingBackContract
from contracts.job_book_transactions import TransactionsContract
from oracle_etl.model.job import Counts
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.ports import Entries, JobBook


class WholeJobBookContract(
    ReadingBackContract,
    TransactionsContract,
    CountersContract,
    ListsContract,
    ClaimableContract,
    TableChangesContract,
):
    """Everything; or subclass the situations one by one, for names that read better."""

    def test_a_table_runs_through_its_life(self, book: JobBook) -> None:
        write(book, a_transport(), a_job(tables_total=1), a_table())

        def claim(entries: Entries) -> TableTask:
            table = entries.table(JOB, "t00000")
            assert table is not None
            claimed = table.claimed("w1", now=NOON, lease_seconds=120)
            entries.put_table(claimed)
            return claimed

        fence = book.transact(claim).hold.fence

        def commit(entries: Entries) -> None:
            table = entries.table(JOB, "t00000")
            assert table is not None
            read = table.extracted(fence, an_extract(), now=later(1))
            done = read.completed(fence, (a_final_object(),), now=later(2))
            entries.put_table(done)
            entries.count_job(JOB, Counts(tables_completed=1, rows=done.rows, bytes=done.bytes))

        book.transact(commit)
        assert book.table(JOB, "t00000").status is WorkStatus.COMPLETED
        assert book.job(JOB).all_tables_ended
        assert list(book.claimable(JOB, NOON + timedelta(days=1), limit=5)) == []
