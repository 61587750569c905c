"""Values come back from the book as they were written."""

from __future__ import annotations

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
from contracts.job_book_basis import (
    JOB,
    OTHER_JOB,
    JobBookContract,
    held,
    remove,
    write,
)
from oracle_etl.model.errors import (
    NoSuchJob,
    NoSuchTable,
    NoSuchTransport,
)
from oracle_etl.model.job import Counts, Dispatch, JobRequest, JobStatus, ReadWith, Totals
from oracle_etl.model.progress import Progress, Stage, StageName
from oracle_etl.model.table_task import Failure, Step
from oracle_etl.model.transport import Schedule, TableChoice, TransportStatus
from oracle_etl.model.work import Hold, WorkStatus
from oracle_etl.ports import Entries, JobBook, PageRequest


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
            read_with=ReadWith(database="PROD/PROD", mask_key="0badc0de"),
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

    def test_a_receipt_comes_back_and_is_none_before(self, book: JobBook) -> None:
        assert book.receipt("key-1") is None
        book.transact(lambda entries: entries.put_receipt(a_receipt()))
        assert book.receipt("key-1") == a_receipt()

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
