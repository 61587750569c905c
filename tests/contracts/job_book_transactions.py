"""Transactions of the book are whole, and true until their end."""

from __future__ import annotations

from collections.abc import Callable

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
    later,
)
from contracts.job_book_basis import (
    JOB,
    OTHER_JOB,
    JobBookContract,
    write,
)
from contracts.together import all_at_once, patiently
from oracle_etl.model.errors import (
    LeaseLost,
)
from oracle_etl.model.job import Counts, JobStatus
from oracle_etl.model.work import WorkStatus
from oracle_etl.ports import Entries, JobBook, PageRequest, PartCounts


class TransactionsContract(JobBookContract):
    def test_return_what_the_work_returns(self, book: JobBook) -> None:
        assert book.transact(lambda _: "done") == "done"

    @pytest.mark.parametrize("error", [ValueError("no"), LeaseLost("no"), KeyboardInterrupt()])
    def test_write_nothing_when_the_work_raises(self, book: JobBook, error: BaseException) -> None:
        write(book, a_transport(), a_job(), a_table())

        def work(entries: Entries) -> None:
            entries.put_transport(a_transport(name="changed"))
            entries.put_transport(a_transport("TRPID-00000002"))
            entries.put_job(a_job(OTHER_JOB))
            entries.put_table(a_table("t00001", position=1))
            entries.put_plan(JOB, "t00000", a_plan())
            entries.put_part(a_part())
            entries.put_receipt(a_receipt())
            entries.put_slot(a_slot())
            entries.count_job(JOB, Counts(rows=1))
            entries.count_part(JOB, "t00000", PartCounts(completed=1))
            raise error

        with pytest.raises(type(error)):
            book.transact(work)

        assert book.transports(PageRequest()).items == (a_transport(),)
        assert book.jobs(PageRequest()).items == (a_job(),)
        assert book.tables(JOB, PageRequest()).items == (a_table(),)
        assert book.plan(JOB, "t00000") is None
        assert book.parts(JOB, "t00000", PageRequest()).items == ()
        assert book.transact(lambda entries: entries.receipt("key-1")) is None
        assert list(book.transact(lambda entries: entries.slots("default"))) == []

    def test_go_on_after_work_that_raised(self, book: JobBook) -> None:
        def raises(_: Entries) -> None:
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            book.transact(raises)
        write(book, a_transport())
        assert book.transport("TRPID-00000001") == a_transport()

    def test_refuse_to_read_after_the_first_write(self, book: JobBook) -> None:
        def work(entries: Entries) -> None:
            entries.put_transport(a_transport())
            entries.transport("TRPID-00000001")

        with pytest.raises(RuntimeError):
            book.transact(work)
        assert book.transports(PageRequest()).items == ()

    def test_lose_no_update(self, book: JobBook) -> None:
        write(book, a_transport(revision=0))

        def edit(entries: Entries) -> None:
            transport = entries.transport("TRPID-00000001")
            assert transport is not None
            entries.put_transport(transport.edited(later(1)))

        def edit_often() -> None:
            for _ in range(self.rounds):
                patiently(book, edit)

        all_at_once([edit_often] * self.contenders)
        assert book.transport("TRPID-00000001").revision == self.contenders * self.rounds

    def test_let_one_of_many_claim_a_table(self, book: JobBook) -> None:
        write(book, a_job(), a_table())

        def claim(owner: str) -> Callable[[], str | None]:
            def work(entries: Entries) -> str:
                table = entries.table(JOB, "t00000")
                assert table is not None
                entries.put_table(table.claimed(owner, now=NOON, lease_seconds=120))
                return owner

            def claiming() -> str | None:
                try:
                    return patiently(book, work)
                except LeaseLost:
                    return None

            return claiming

        claims = all_at_once([claim(f"w{number}") for number in range(self.contenders)])
        winners = [owner for owner in claims if owner is not None]
        hold = book.table(JOB, "t00000").hold
        assert winners == [hold.owner]
        assert hold.fence == 1

    def test_let_one_of_many_requests_with_one_key_make_a_job(self, book: JobBook) -> None:
        def execute(number: int) -> Callable[[], str]:
            def work(entries: Entries) -> str:
                known = entries.receipt("key-1")
                if known is not None:
                    return known.job_id
                job = a_job(f"JOB-20260301-120000-{number:04d}")
                entries.put_job(job)
                entries.put_receipt(a_receipt(job_id=job.id))
                return job.id

            return lambda: patiently(book, work)

        answers = all_at_once([execute(number) for number in range(self.contenders)])
        assert [job.id for job in book.jobs(PageRequest()).items] == list(set(answers))

    def test_never_run_more_jobs_than_the_cap(self, book: JobBook) -> None:
        names = [f"JOB-20260301-120000-{number:04d}" for number in range(self.contenders)]
        write(book, *(a_job(name) for name in names))

        def start(name: str) -> Callable[[], None]:
            def work(entries: Entries) -> None:
                job = entries.job(name)
                assert job is not None
                if entries.count_running_jobs() < 2:
                    entries.put_job(job.running(now=NOON))

            return lambda: patiently(book, work)

        all_at_once([start(name) for name in names])
        running = book.jobs(PageRequest(), status=JobStatus.RUNNING).items
        assert len(running) == 2

    def test_never_oversell_the_session_slots(self, book: JobBook) -> None:
        def take(owner: str) -> Callable[[], bool]:
            def work(entries: Entries) -> bool:
                taken = {slot.number for slot in entries.slots("default")}
                free = [number for number in range(2) if number not in taken]
                if free:
                    entries.put_slot(a_slot(free[0], owner=owner, expires_at=later(60)))
                return bool(free)

            return lambda: patiently(book, work)

        taken = all_at_once([take(f"w{number}") for number in range(self.contenders)])
        slots = book.transact(lambda entries: entries.slots("default"))
        assert taken.count(True) == 2
        assert sorted(slot.number for slot in slots) == [0, 1]

    def test_read_one_slot_by_itself(self, book: JobBook) -> None:
        mine, other = (a_slot(each, source="erp") for each in (0, 1))
        for slot in (mine, other):
            book.transact(lambda entries, slot=slot: entries.put_slot(slot))  # type: ignore[misc]
        assert book.transact(lambda entries: entries.slot("erp", 0)) == mine
        assert book.transact(lambda entries: entries.slot("erp", 2)) is None
        assert book.transact(lambda entries: entries.slot("crm", 0)) is None

    def test_keep_the_slots_of_sources_apart(self, book: JobBook) -> None:
        def work(entries: Entries) -> None:
            entries.put_slot(a_slot(0, source="erp"))
            entries.put_slot(a_slot(0, source="crm"))

        book.transact(work)
        assert list(book.transact(lambda entries: entries.slots("erp"))) == [
            a_slot(0, source="erp")
        ]

    def test_change_a_slot_of_one_source_for_one_of_another_whole(self, book: JobBook) -> None:
        """Each gives a slot of its own up for the one that all want: only one of them may."""
        owners = [f"w{number}" for number in range(self.contenders)]

        def sit(entries: Entries) -> None:
            for number, owner in enumerate(owners):
                entries.put_slot(a_slot(number, source="erp", owner=owner, expires_at=later(60)))

        def move(owner: str) -> Callable[[], bool]:
            def work(entries: Entries) -> bool:
                [mine] = [slot for slot in entries.slots("erp") if slot.owner == owner]
                if any(slot.owner is not None for slot in entries.slots("crm")):
                    return False
                entries.put_slot(a_slot(0, source="crm", owner=owner, expires_at=later(60)))
                entries.put_slot(a_slot(mine.number, source="erp"))
                return True

            return lambda: patiently(book, work)

        book.transact(sit)
        moved = all_at_once([move(owner) for owner in owners])
        erp = book.transact(lambda entries: entries.slots("erp"))
        crm = book.transact(lambda entries: entries.slots("crm"))
        held = [slot.owner for slot in (*erp, *crm) if slot.owner is not None]
        assert moved.count(True) == 1
        assert sorted(held) == sorted(owners)
        assert [slot.owner for slot in crm] == [owners[moved.index(True)]]

    def test_count_running_jobs_and_tables(self, book: JobBook) -> None:
        write(
            book,
            a_job(JOB, status=JobStatus.RUNNING),
            a_job(OTHER_JOB, status=JobStatus.COMPLETED),
            a_job("JOB-20260301-120000-0003"),
            a_table("t00000", status=WorkStatus.RUNNING),
            a_table("t00001", position=1, status=WorkStatus.RUNNING),
            a_table("t00002", position=2),
            a_table("t00000", job_id=OTHER_JOB, status=WorkStatus.RUNNING),
        )
        assert book.transact(lambda entries: entries.count_running_jobs()) == 1
        assert book.transact(lambda entries: entries.count_running_tables(JOB)) == 2
