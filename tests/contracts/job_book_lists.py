"""Lists of the book: order, filters, pages and their tokens."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from builders import (
    NOON,
    a_job,
    a_part,
    a_table,
    a_transport,
    later,
)
from contracts.job_book_basis import (
    JOB,
    OTHER_JOB,
    JobBookContract,
    ids,
    pages,
    remove,
    write,
)
from oracle_etl.model.errors import (
    InvalidRequest,
)
from oracle_etl.model.job import JobStatus
from oracle_etl.model.work import WorkStatus
from oracle_etl.ports import JobBook, PageRequest


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

    def test_name_the_waiting_jobs_oldest_first(self, book: JobBook) -> None:
        statuses = [JobStatus.PENDING, JobStatus.RUNNING, *JobStatus, JobStatus.PENDING]
        made = [
            a_job(f"JOB-20260301-120000-000{number}", status=status, created_at=later(-number))
            for number, status in enumerate(statuses)
        ]
        write(book, *made)
        waiting = [job.id for job in reversed(made) if job.status is JobStatus.PENDING]
        assert len(waiting) == 3
        assert list(book.waiting_jobs(limit=10)) == waiting
        assert list(book.waiting_jobs(limit=2)) == waiting[:2]

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
