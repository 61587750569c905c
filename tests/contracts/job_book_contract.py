"""What every JobBook does: `class TestMine(JobBookContract)` with a `book` fixture."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from builders import (
    NOON,
    a_final_object,
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
from contracts.together import all_at_once, patiently
from oracle_etl.model.errors import (
    InvalidRequest,
    LeaseLost,
    NoSuchJob,
    NoSuchTable,
    NoSuchTransport,
)
from oracle_etl.model.job import Counts, Dispatch, Job, JobRequest, JobStatus, Totals
from oracle_etl.model.progress import Progress, Stage, StageName
from oracle_etl.model.table_task import Failure, PartTask, Step, TableTask
from oracle_etl.model.transport import Schedule, TableChoice, Transport, TransportStatus
from oracle_etl.model.work import Hold, WorkRef, WorkStatus
from oracle_etl.ports import Entries, JobBook, Page, PageRequest, PartCounts, TableChanges

T = TypeVar("T")

JOB = "JOB-20260301-120000-0001"
OTHER_JOB = "JOB-20260301-120000-0002"


def write(book: JobBook, *values: object) -> None:
    """Write values down in one transaction."""

    def work(entries: Entries) -> None:
        for value in values:
            match value:
                case Transport():
                    entries.put_transport(value)
                case Job():
                    entries.put_job(value)
                case TableTask():
                    entries.put_table(value)
                case PartTask():
                    entries.put_part(value)
                case _:
                    raise TypeError(value)

    patiently(book, work)


def remove(book: JobBook, transport_id: str) -> None:
    patiently(book, lambda entries: entries.remove_transport(transport_id))


def pages(ask: Callable[[PageRequest], Page[T]], *, size: int) -> Iterator[Page[T]]:
    """Follow the tokens from the first page to the last."""
    token = None
    for _ in range(100):
        page = ask(PageRequest(size=size, token=token))
        yield page
        token = page.next_token
        if token is None:
            return
    raise AssertionError("the pages never end")


def ids(values: Iterable[Transport | Job]) -> list[str]:
    return [each.id for each in values]


def held(owner: str = "w1", *, until: float = 120, fence: int = 1) -> Hold:
    return Hold(fence=fence, owner=owner, expires_at=later(until))


class JobBookContract:
    """Give `book` a fresh, empty book. Lower the figures where contention is slow."""

    contenders = 8
    """Threads that want the same thing at once."""
    rounds = 10
    """How often each of them changes it, where all of them do."""

    @pytest.fixture
    def book(self) -> JobBook:
        raise NotImplementedError


class ReadingBackContract(JobBookContract):
    def test_a_transport_comes_back_as_it_was_written(self, book: JobBook) -> None:
        transport = a_transport(
            description="매일 밤 \N{GRINNING FACE} \x00 'quotes\" and \\",
            tables=(
                TableChoice(table="HR.*"),
                TableChoice(
                    table="EMP",
                    columns=("A", "B"),
                    where="SAL > :least",
                    binds={"least": 1, "share": 1.0, "text": "1", "nothing": None},
                ),
            ),
            schedule=Schedule(cron="0 2 * * *", time_zone="Asia/Seoul"),
            next_fire_at=later(0.000001),
            status=TransportStatus.FAILED,
            last_version=7,
        )
        write(book, transport)
        assert book.transport(transport.id) == transport

    def test_the_types_of_binds_survive(self, book: JobBook) -> None:
        binds: dict[str, str | float | None] = {
            "whole": 1,
            "share": 1.0,
            "text": "1",
            "nothing": None,
        }
        write(book, a_transport(tables=(TableChoice(table="EMP", binds=binds),)))
        found = book.transport("TRPID-00000001").tables[0].binds
        assert {name: type(value) for name, value in found.items()} == {
            name: type(value) for name, value in binds.items()
        }

    def test_a_job_comes_back_as_it_was_written(self, book: JobBook) -> None:
        job = a_job(
            request=JobRequest(limit=10, tables=("EMP",), idempotency_key="k", retry_of=OTHER_JOB),
            status=JobStatus.FAILED,
            dispatch=Dispatch.LAUNCHED,
            counts=Counts(tables_completed=1, tables_failed=1, rows=5, bytes=2**40),
            totals=Totals(rows=5, current_tables=("HR.EMP",), percent=12.5, at=later(3)),
            totals_hold=held("w1"),
            closing=held("w2", fence=3),
            scn=2**48 + 1,
            held_by="scn",
            cancel_requested_at=later(9),
            failure=Failure(code="X", message="m", hint="h"),
            warnings=("w",),
            expire_at=later(86_400 * 90),
        )
        write(book, job)
        assert book.job(job.id) == job

    def test_a_table_comes_back_as_it_was_written(self, book: JobBook) -> None:
        table = a_table(
            status=WorkStatus.RUNNING,
            step=Step.PARTS,
            hold=held(),
            stages=(Stage(name=StageName.PLANNING, at=NOON, note="n"),),
            progress=Progress(rows=7, rows_total=10, rows_per_second=1.5, at=later(1)),
            scn=123,
            parts_total=4,
            parts_completed=1,
            parts_failed=1,
            parts_rows=70,
            parts_bytes=700,
            extract=an_extract(),
            objects=(a_final_object(),),
            warnings=("w",),
            started_at=NOON,
        )
        write(book, a_job(), table)
        assert book.table(JOB, table.table_id) == table

    def test_a_part_comes_back_as_it_was_written(self, book: JobBook) -> None:
        part = a_part(
            2, status=WorkStatus.COMPLETED, hold=Hold(fence=2), extract=an_extract(), depth=1
        )
        write(book, a_job(), a_table(), part)
        assert book.parts(JOB, "t00000", PageRequest()).items == (part,)

    def test_a_plan_comes_back_and_is_none_before(self, book: JobBook) -> None:
        write(book, a_job(), a_table())
        assert book.plan(JOB, "t00000") is None
        book.transact(lambda entries: entries.put_plan(JOB, "t00000", a_plan("ID", "NAME")))
        assert book.plan(JOB, "t00000") == a_plan("ID", "NAME")

    def test_entries_read_what_was_written(self, book: JobBook) -> None:
        write(book, a_transport(), a_job(), a_table(), a_part())

        def put(entries: Entries) -> None:
            entries.put_receipt(a_receipt())
            entries.put_slot(a_slot(3, owner="w1", expires_at=later(60)))

        book.transact(put)

        def read(entries: Entries) -> tuple[object, ...]:
            return (
                entries.transport("TRPID-00000001"),
                entries.job(JOB),
                entries.table(JOB, "t00000"),
                entries.part(JOB, "t00000", 1),
                entries.receipt("key-1"),
                tuple(entries.slots("default")),
            )

        assert book.transact(read) == (
            a_transport(),
            a_job(),
            a_table(),
            a_part(),
            a_receipt(),
            (a_slot(3, owner="w1", expires_at=later(60)),),
        )

    def test_entries_answer_none_for_what_is_not_there(self, book: JobBook) -> None:
        def read(entries: Entries) -> tuple[object, ...]:
            return (
                entries.transport("TRPID-ffffffff"),
                entries.job(JOB),
                entries.table(JOB, "t00000"),
                entries.part(JOB, "t00000", 1),
                entries.receipt("key-1"),
                tuple(entries.slots("default")),
            )

        assert book.transact(read) == (None, None, None, None, None, ())

    def test_what_is_not_there_is_named(self, book: JobBook) -> None:
        with pytest.raises(NoSuchTransport):
            book.transport("TRPID-ffffffff")
        with pytest.raises(NoSuchJob):
            book.job(JOB)
        with pytest.raises(NoSuchTable):
            book.table(JOB, "t00000")

    def test_odd_ids_are_only_ids(self, book: JobBook) -> None:
        for odd in ("TRPID-' OR 1=1", "a.b", "%2F", "한글", "__x"):
            with pytest.raises(NoSuchTransport):
                book.transport(odd)

    def test_a_removed_transport_is_gone_and_its_jobs_stay(self, book: JobBook) -> None:
        write(book, a_transport(), a_job())
        remove(book, "TRPID-00000001")
        with pytest.raises(NoSuchTransport):
            book.transport("TRPID-00000001")
        assert book.transports(PageRequest()).items == ()
        assert book.jobs(PageRequest(), transport_id="TRPID-00000001").items == (a_job(),)

    def test_a_second_writing_takes_the_place_of_the_first(self, book: JobBook) -> None:
        write(book, a_transport())
        changed = a_transport().edited(later(1), name="hourly")
        write(book, changed)
        assert book.transport(changed.id) == changed
        assert book.transports(PageRequest()).items == (changed,)


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

    def test_keep_the_slots_of_sources_apart(self, book: JobBook) -> None:
        def work(entries: Entries) -> None:
            entries.put_slot(a_slot(0, source="erp"))
            entries.put_slot(a_slot(0, source="crm"))

        book.transact(work)
        assert list(book.transact(lambda entries: entries.slots("erp"))) == [
            a_slot(0, source="erp")
        ]

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

        def work(entries: Entries) -> None:
            entries.put_job(old_job.running(now=NOON))
            entries.count_job(JOB, Counts(tables_completed=1))
            entries.put_table(replace(old_table, parts_total=9))
            entries.count_part(JOB, "t00000", PartCounts(failed=1, rows=2))

        book.transact(work)
        write(book, old_job.launched(now=NOON), replace(old_table, parts_total=10))
        assert book.job(JOB) == replace(
            old_job.launched(now=NOON), counts=Counts(tables_completed=1)
        )
        assert book.table(JOB, "t00000") == replace(
            old_table, parts_total=10, parts_failed=1, parts_rows=2
        )

    def test_totals_are_written_with_a_new_job_only(self, book: JobBook) -> None:
        first = Totals(rows=1, at=NOON)
        write(book, a_job(totals=first))
        write(book, a_job(totals=Totals(rows=2, at=later(1))).running(now=NOON))
        assert book.job(JOB).totals == first


class ListsContract(JobBookContract):
    def test_show_transports_newest_first_page_by_page(self, book: JobBook) -> None:
        write(
            book,
            *(
                a_transport(f"TRPID-0000000{number}", created_at=later(number))
                for number in (3, 1, 5, 2, 4)
            ),
        )
        found = [ids(page.items) for page in pages(book.transports, size=2)]
        assert found == [
            ["TRPID-00000005", "TRPID-00000004"],
            ["TRPID-00000003", "TRPID-00000002"],
            ["TRPID-00000001"],
        ]

    def test_show_each_of_one_moment_once(self, book: JobBook) -> None:
        names = [f"JOB-20260301-120000-000{number}" for number in range(7)]
        write(book, *(a_job(name) for name in names))
        found = [name for page in pages(book.jobs, size=3) for name in ids(page.items)]
        assert sorted(found) == names

    def test_give_no_token_when_nothing_is_left(self, book: JobBook) -> None:
        write(book, a_transport("TRPID-00000001"), a_transport("TRPID-00000002"))
        assert book.transports(PageRequest(size=2)).next_token is None
        assert book.transports(PageRequest(size=1)).next_token is not None

    def test_skip_and_repeat_nothing_while_rows_come_and_go(self, book: JobBook) -> None:
        moments = itertools.count(100)
        names = [f"JOB-20260301-120000-000{number}" for number in range(6)]
        write(book, *(a_job(name, created_at=later(at)) for at, name in enumerate(names)))
        write(book, *(a_transport(f"TRPID-0000000{at}", created_at=later(at)) for at in range(6)))
        jobs: list[str] = []
        transports: list[str] = []
        for page in pages(book.jobs, size=2):
            jobs += ids(page.items)
            at = next(moments)
            write(book, a_job(f"JOB-20260301-120100-0{at}", created_at=later(at)))
        for shown in pages(book.transports, size=2):
            transports += ids(shown.items)
            remove(book, shown.items[-1].id)
        assert jobs == names[::-1]
        assert transports == [f"TRPID-0000000{number}" for number in (5, 4, 3, 2, 1, 0)]

    def test_filter_jobs_by_transport_and_status(self, book: JobBook) -> None:
        first, second = a_transport("TRPID-00000001"), a_transport("TRPID-00000002")
        kinds = [
            (first, JobStatus.COMPLETED),
            (second, JobStatus.COMPLETED),
            (first, JobStatus.FAILED),
            (first, JobStatus.COMPLETED),
        ]
        write(
            book,
            *(
                a_job(
                    f"JOB-20260301-120000-000{at}",
                    transport=transport,
                    status=status,
                    created_at=later(at),
                )
                for at, (transport, status) in enumerate(kinds)
            ),
        )

        def found(**filters: Any) -> list[str]:  # noqa: ANN401 - any filters
            every = pages(lambda page: book.jobs(page, **filters), size=1)
            return [name[-1] for page in every for name in ids(page.items)]

        assert found() == ["3", "2", "1", "0"]
        assert found(transport_id=first.id) == ["3", "2", "0"]
        assert found(status=JobStatus.COMPLETED) == ["3", "1", "0"]
        assert found(transport_id=first.id, status=JobStatus.COMPLETED) == ["3", "0"]
        assert found(transport_id="TRPID-ffffffff") == []

    def test_show_tables_by_position_and_status(self, book: JobBook) -> None:
        write(
            book,
            a_job(),
            *(
                a_table(
                    f"t{9 - at}",
                    position=at,
                    status=WorkStatus.FAILED if at % 2 else WorkStatus.PENDING,
                )
                for at in (4, 0, 2, 1, 3)
            ),
            a_table("t9", job_id=OTHER_JOB),
        )
        every = pages(lambda page: book.tables(JOB, page), size=2)
        assert [[table.position for table in page.items] for page in every] == [[0, 1], [2, 3], [4]]
        failed = pages(lambda page: book.tables(JOB, page, status=WorkStatus.FAILED), size=1)
        assert [table.position for page in failed for table in page.items] == [1, 3]
        assert book.tables("JOB-20260301-120000-9999", PageRequest()).items == ()

    def test_show_parts_by_number_and_status(self, book: JobBook) -> None:
        write(
            book,
            a_job(),
            a_table(),
            *(
                a_part(number, status=WorkStatus.COMPLETED if number % 2 else WorkStatus.PENDING)
                for number in (11, 2, 10, 1, 9)
            ),
            a_part(3, table_id="t00001"),
        )
        every = pages(lambda page: book.parts(JOB, "t00000", page), size=2)
        assert [[part.number for part in page.items] for page in every] == [[1, 2], [9, 10], [11]]
        done = pages(
            lambda page: book.parts(JOB, "t00000", page, status=WorkStatus.COMPLETED), size=2
        )
        assert [part.number for page in done for part in page.items] == [1, 9, 11]

    @pytest.mark.parametrize(
        "token", ["", "nonsense", "{}", "W10", "é", "'; DROP TABLE jobs", "A" * 5000]
    )
    def test_refuse_a_token_that_no_page_gave(self, book: JobBook, token: str) -> None:
        write(book, a_transport(), a_job(), a_table(), a_part())
        page = PageRequest(token=token)
        for ask in (
            lambda: book.transports(page),
            lambda: book.jobs(page),
            lambda: book.tables(JOB, page),
            lambda: book.parts(JOB, "t00000", page),
        ):
            with pytest.raises(InvalidRequest):
                ask()

    def test_refuse_a_token_of_another_list(self, book: JobBook) -> None:
        write(book, a_job(JOB), a_job(OTHER_JOB))
        token = book.jobs(PageRequest(size=1)).next_token
        assert token is not None
        with pytest.raises(InvalidRequest):
            book.transports(PageRequest(token=token))
        with pytest.raises(InvalidRequest):
            book.jobs(PageRequest(token=token), status=JobStatus.PENDING)

    def test_show_unfinished_jobs_oldest_first(self, book: JobBook) -> None:
        write(
            book,
            *(
                a_job(f"JOB-20260301-120000-000{at}", status=status, created_at=later(10 - at))
                for at, status in enumerate(JobStatus)
            ),
        )
        assert [job.status for job in book.unfinished_jobs(limit=10)] == [
            JobStatus.RUNNING,
            JobStatus.PENDING,
        ]
        assert [job.status for job in book.unfinished_jobs(limit=1)] == [JobStatus.RUNNING]

    def test_show_due_transports_earliest_first(self, book: JobBook) -> None:
        fires = {"1": 30, "2": 10, "3": 20, "4": 31, "5": None, "6": 5}
        write(
            book,
            *(
                a_transport(
                    f"TRPID-0000000{name}",
                    next_fire_at=None if at is None else later(at),
                    enabled=name != "6",
                )
                for name, at in fires.items()
            ),
        )
        due = book.due_transports(later(30), limit=10)
        assert [name[-1] for name in ids(due)] == ["2", "3", "1"]
        assert [name[-1] for name in ids(book.due_transports(later(30), limit=1))] == ["2"]

    def test_forget_a_due_instant_that_has_passed_on(self, book: JobBook) -> None:
        write(book, a_transport(next_fire_at=NOON))
        write(book, a_transport().fires_next(later(60)))
        assert list(book.due_transports(later(59), limit=10)) == []


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


class TableChangesContract(JobBookContract):
    def every_change(self, book: JobBook, *, after: str | None, limit: int = 100) -> TableChanges:
        """Follow the cursor until nothing more comes."""
        tables: list[TableTask] = []
        for _ in range(1000):
            changes = book.table_changes(JOB, after=after, limit=limit)
            assert len(changes.tables) <= limit
            after = changes.cursor
            tables += changes.tables
            if not changes.tables:
                return TableChanges(tables=tuple(tables), cursor=after)
        raise AssertionError("the changes never end")

    def seen(self, changes: TableChanges) -> list[str]:
        return [table.table_id for table in changes.tables]

    def test_begin_with_every_table(self, book: JobBook) -> None:
        write(book, a_job(), *(a_table(f"t{at}", position=at) for at in range(5)))
        assert sorted(self.seen(self.every_change(book, after=None, limit=2))) == [
            "t0",
            "t1",
            "t2",
            "t3",
            "t4",
        ]

    def test_are_none_while_nothing_changes(self, book: JobBook) -> None:
        write(book, a_job(), a_table())
        cursor = self.every_change(book, after=None).cursor
        again = book.table_changes(JOB, after=cursor, limit=10)
        assert again.tables == ()
        assert book.table_changes(JOB, after=again.cursor, limit=10).tables == ()

    def test_can_be_asked_for_before_the_first_table(self, book: JobBook) -> None:
        write(book, a_job())
        cursor = book.table_changes(JOB, after=None, limit=10).cursor
        write(book, a_table())
        assert self.seen(self.every_change(book, after=cursor)) == ["t00000"]

    def test_come_in_the_order_in_which_they_were_made(self, book: JobBook) -> None:
        write(book, a_job(), *(a_table(f"t{at}", position=at) for at in range(4)))
        cursor = self.every_change(book, after=None).cursor
        for at in (2, 0, 3):
            write(book, a_table(f"t{at}", position=at, rows=1))
        assert self.seen(self.every_change(book, after=cursor, limit=1)) == ["t2", "t0", "t3"]

    def test_bring_a_table_as_it_is_now(self, book: JobBook) -> None:
        write(book, a_job(), a_table())
        cursor = self.every_change(book, after=None).cursor
        write(book, a_table(rows=1))
        write(book, a_table(rows=2))
        last = self.every_change(book, after=cursor).tables[-1]
        assert last == a_table(rows=2)

    def test_include_the_counting_of_parts(self, book: JobBook) -> None:
        write(book, a_job(), a_table())
        cursor = self.every_change(book, after=None).cursor
        book.transact(lambda entries: entries.count_part(JOB, "t00000", PartCounts(rows=5)))
        assert self.every_change(book, after=cursor).tables == (a_table(parts_rows=5),)

    def test_are_those_of_one_job(self, book: JobBook) -> None:
        write(book, a_job(), a_table())
        cursor = self.every_change(book, after=None).cursor
        write(book, a_table(job_id=OTHER_JOB))
        assert self.seen(self.every_change(book, after=cursor)) == []

    def test_pass_over_nothing_while_many_write(self, book: JobBook) -> None:
        names = [f"t{at}" for at in range(self.contenders)]
        write(book, a_job(), *(a_table(name, position=at) for at, name in enumerate(names)))
        last_seen: dict[str, TableTask] = {}

        def change(name: str, at: int) -> Callable[[], None]:
            def changing() -> None:
                for rows in range(1, self.rounds + 1):
                    write(book, a_table(name, position=at, rows=rows))

            return changing

        def follow() -> None:
            cursor = None
            final = dict.fromkeys(names, self.rounds)
            for _ in range(100_000):
                changes = book.table_changes(JOB, after=cursor, limit=3)
                cursor = changes.cursor
                last_seen.update({table.table_id: table for table in changes.tables})
                if {name: table.rows for name, table in last_seen.items()} == final:
                    return

        all_at_once([follow, *(change(name, at) for at, name in enumerate(names))])
        assert {name: table.rows for name, table in last_seen.items()} == dict.fromkeys(
            names, self.rounds
        )

    @pytest.mark.parametrize("cursor", ["", "nonsense", "-1", "1e9", "é", "9" * 400])
    def test_refuse_a_cursor_that_nobody_gave(self, book: JobBook, cursor: str) -> None:
        with pytest.raises(InvalidRequest):
            book.table_changes(JOB, after=cursor, limit=10)


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
