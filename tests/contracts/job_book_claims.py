"""What a worker may claim."""

from __future__ import annotations

from builders import (
    NOON,
    a_job,
    a_part,
    a_table,
    later,
)
from contracts.job_book_basis import (
    JOB,
    OTHER_JOB,
    JobBookContract,
    held,
    write,
)
from oracle_etl.model.table_task import Step
from oracle_etl.model.work import WorkRef, WorkStatus
from oracle_etl.ports import JobBook, PartCounts


class ClaimableContract(JobBookContract):
    def claimable(self, book: JobBook, at: float = 0, *, limit: int = 100) -> set[WorkRef]:
        found = list(book.claimable(JOB, later(at), limit=limit))
        assert len(found) == len(set(found)) <= limit
        return set(found)

    def test_is_pending_work_of_this_job(self, book: JobBook) -> None:
        table, part = a_table("t1"), a_part(1, table_id="t2")
        split = a_table("t2", position=1, step=Step.PARTS, parts_total=1, status=WorkStatus.RUNNING)
        write(book, a_job(), table, split, part, a_table("t3", job_id=OTHER_JOB))
        assert self.claimable(book) == {table.ref, part.ref}

    def test_is_not_held_work_until_its_lease_has_lapsed(self, book: JobBook) -> None:
        table = a_table("t1", status=WorkStatus.RUNNING, hold=held(until=60))
        part = a_part(1, table_id="t2", status=WorkStatus.RUNNING, hold=held(until=90))
        write(book, a_job(), table, part)
        assert self.claimable(book, 0) == set()
        assert self.claimable(book, 59.999999) == set()
        assert self.claimable(book, 60) == {table.ref}
        assert self.claimable(book, 90) == {table.ref, part.ref}

    def test_follows_the_lease(self, book: JobBook) -> None:
        table = a_table().claimed("w1", now=NOON, lease_seconds=60)
        write(book, a_job(), table)
        write(book, table.renewed(1, now=later(50), lease_seconds=60))
        assert self.claimable(book, 100) == set()
        write(book, table.returned(table.hold.freed(1), now=later(60), note="ended"))
        assert self.claimable(book, 100) == {table.ref}

    def test_is_nothing_that_has_ended(self, book: JobBook) -> None:
        ended = [status for status in WorkStatus if status.ended]
        write(
            book,
            a_job(),
            *(a_table(f"t{at}", position=at, status=status) for at, status in enumerate(ended)),
            *(a_part(at, table_id="t9", status=status) for at, status in enumerate(ended)),
        )
        assert self.claimable(book, 1000) == set()

    def test_is_a_split_table_once_all_its_parts_have_ended(self, book: JobBook) -> None:
        split = a_table(step=Step.PARTS, parts_total=2, status=WorkStatus.RUNNING)
        write(book, a_job(), split)
        assert self.claimable(book) == set()
        book.transact(lambda entries: entries.count_part(JOB, "t00000", PartCounts(completed=1)))
        assert self.claimable(book) == set()
        book.transact(lambda entries: entries.count_part(JOB, "t00000", PartCounts(failed=1)))
        assert self.claimable(book) == {split.ref}

    def test_stays_within_its_limit(self, book: JobBook) -> None:
        write(
            book,
            a_job(),
            *(a_table(f"t{at}", position=at) for at in range(3)),
            *(a_part(at, table_id="t9") for at in range(1, 4)),
        )
        assert len(self.claimable(book, limit=1)) == 1
        assert len(self.claimable(book, limit=5)) == 5
        assert len(self.claimable(book, limit=6)) == 6
