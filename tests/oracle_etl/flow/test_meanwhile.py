"""What the flow does where the book has changed between a look and a write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import a_job, a_part, a_table, a_transport
from fakes.late_book import LateBook
from fakes.memory_source import MemorySource
from flow_home import LIMITS, a_home, drain, put_transport, start, tables
from oracle_etl.flow.admit_jobs import admit_jobs
from oracle_etl.flow.advance_start import advance_start
from oracle_etl.flow.claim_work import Unclaimed, claim_work
from oracle_etl.flow.edit_transports import change_transport
from oracle_etl.flow.judge_version import judge_version
from oracle_etl.flow.start_job import start_job
from oracle_etl.flow.tick import tick
from oracle_etl.model.errors import NoSuchTransport
from oracle_etl.model.job import Dispatch, JobRequest, JobStatus
from oracle_etl.model.table_task import Step
from oracle_etl.model.transport import OnSchemaChange, Proof, TableChoice
from oracle_etl.model.work import Hold, WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PageRequest

NOBODY = "JOB-20260301-120000-ffff"
KEYED = JobRequest(idempotency_key="key-1")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    source = MemorySource()
    source.put("EMP", [(1, "a")])
    source.put("DEPT", [(1, "b")])
    made = a_home(tmp_path, source=source)
    yield made
    made.close()


def late(home: Outside, **answers: object) -> Outside:
    """Return the home with a book some of whose reads come late."""
    return replace(home, book=LateBook(home.book, **answers))


class TestAJobThatWaitsInLine:
    def test_is_passed_over_where_it_is_gone(self, home: Outside) -> None:
        assert admit_jobs(outside=late(home, waiting_jobs=[NOBODY])) == ()

    def test_keeps_nobody_behind_it_waiting_while_it_is_written(self, home: Outside) -> None:
        first = a_job("JOB-20260301-120000-0001", dispatch=Dispatch.WRITING)
        second = a_job("JOB-20260301-120000-0002", dispatch=Dispatch.READY)
        home.book.transact(lambda entries: entries.put_job(first))
        home.book.transact(lambda entries: entries.put_job(second))
        assert [each.id for each in admit_jobs(outside=home)] == [second.id]
        assert home.book.job(first.id).status is JobStatus.PENDING

    def test_goes_on_waiting_where_the_one_before_it_took_the_room(self, home: Outside) -> None:
        ids = ["JOB-20260301-120000-0001", "JOB-20260301-120000-0002"]
        for job_id in ids:
            waiting = a_job(job_id, dispatch=Dispatch.READY)
            home.book.transact(lambda entries, job=waiting: entries.put_job(job))  # type: ignore[misc]
        assert [each.id for each in admit_jobs(outside=home)] == ids[:1]
        assert home.book.job(ids[1]).status is JobStatus.PENDING

    def test_that_somebody_has_just_admitted_is_among_those_that_run(self, home: Outside) -> None:
        roomy = replace(home, limits=replace(LIMITS, running_jobs=2))
        job = start(roomy, put_transport(roomy, "EMP"))
        admitted = admit_jobs(outside=late(roomy, waiting_jobs=[job.id]))
        assert [each.id for each in admitted] == [job.id]
        assert roomy.book.job(job.id).status is JobStatus.RUNNING


class TestAKey:
    def test_that_another_caller_has_just_used_gives_that_callers_job(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        first = start_job(transport.id, KEYED, outside=home)
        before = late(home, receipt=None, transport=transport)
        again = start_job(transport.id, KEYED, outside=before)
        assert (again.job.id, again.repeated) == (first.job.id, True)

    def test_whose_job_is_forgotten_starts_another(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        first = start_job(transport.id, KEYED, outside=home)
        receipt = _receipt_of(home, first.job.id)
        drain(home)
        forgotten = replace(receipt, job_id=NOBODY)
        home.book.transact(lambda entries: entries.put_receipt(forgotten))
        again = start_job(transport.id, KEYED, outside=home)
        assert again.job.id not in {first.job.id, NOBODY}
        assert not again.repeated


def _receipt_of(home: Outside, job_id: str) -> Any:  # noqa: ANN401 - a receipt
    found: list[Any] = []

    class Listening:
        """Notes the receipts that are read."""

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
            return getattr(home.book, name)

        def receipt(self, key: str) -> Any:  # noqa: ANN401 - as above
            found.append(home.book.receipt(key))
            return found[-1]

    transport = home.book.job(job_id).transport
    start_job(transport.id, KEYED, outside=replace(home, book=Listening()))
    [receipt] = found
    return receipt


class TestATransportThatIsStarted:
    def test_runs_as_it_was_edited_while_its_tables_were_looked_up(self, home: Outside) -> None:
        seen = put_transport(home, "EMP")
        changes = {"tables": (TableChoice(table="DEPT"),)}
        change_transport(seen.id, changes, outside=home)
        answers = [seen]

        class EditedMeanwhile:
            """Shows the transport as it was before the edit, once."""

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
                return getattr(home.book, name)

            def transport(self, transport_id: str) -> Any:  # noqa: ANN401 - a transport
                return answers.pop() if answers else home.book.transport(transport_id)

        edited = replace(home, book=EditedMeanwhile())
        job = start_job(seen.id, JobRequest(), outside=edited).job
        assert list(tables(home, job)) == ["DEPT"]

    def test_is_refused_where_it_has_just_been_removed(self, home: Outside) -> None:
        seen = put_transport(home, "EMP")
        home.book.transact(lambda entries: entries.remove_transport(seen.id))
        with pytest.raises(NoSuchTransport):
            start_job(seen.id, JobRequest(), outside=late(home, transport=seen))

    def test_gets_an_id_that_no_job_has(self, home: Outside) -> None:
        digits = iter(["0000", "0000", "1111"])
        unlucky = replace(home, randomness=lambda: next(digits) * 2)
        first = start(unlucky, put_transport(unlucky, "EMP", id="TRPID-00000001"))
        second = start(unlucky, put_transport(unlucky, "EMP", id="TRPID-00000002"))
        assert first.id != second.id


class TestAStartThatSomebodyElseFinishes:
    def test_is_not_counted_twice(self, home: Outside) -> None:
        transport = put_transport(home, "EMP", "DEPT")
        written = start(home, transport)
        before = replace(
            written, dispatch=Dispatch.WRITING, transport=home.book.transport(transport.id)
        )
        assert advance_start(before, outside=home).tables_total == 2
        assert home.book.job(written.id).dispatch is Dispatch.LAUNCHED

    def test_asks_for_workers_where_the_messages_are_out_already(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        before = len(home.launcher.asked)  # type: ignore[attr-defined] # the launcher of tests
        published = replace(job, dispatch=Dispatch.PUBLISHED)
        home.book.transact(lambda entries: entries.put_job(published))
        assert advance_start(published, outside=home).dispatch is Dispatch.LAUNCHED
        assert len(home.launcher.asked) == before + 1  # type: ignore[attr-defined] # as above
        assert drain(home) == 1

    def test_publishes_every_page_of_its_tables(self, home: Outside) -> None:
        pages = iter([1, None])

        class OneAPage:
            """A book that gives tables one by one."""

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
                return getattr(home.book, name)

            def tables(self, job_id: str, page: PageRequest, **narrowed: Any) -> Any:  # noqa: ANN401 - as above
                next(pages)
                return home.book.tables(job_id, replace(page, size=1), **narrowed)

        transport = put_transport(home, "EMP", "DEPT")
        start(replace(home, book=OneAPage()), transport)
        assert drain(home) == 2


class TestWorkWhoseWorkersDied:
    HELD = Hold(owner="dead", fence=1, failures=LIMITS.attempts - 1)

    def a_running_job(self, home: Outside, *, step: Step) -> str:
        job = a_job(status=JobStatus.RUNNING, tables_total=1)
        held = replace(self.HELD, expires_at=home.clock.now() - timedelta(seconds=1))
        whole = step is Step.PLAN
        table = a_table(
            status=WorkStatus.RUNNING,
            step=step,
            parts_total=0 if whole else 2,
            hold=held if whole else Hold(),
        )

        def put(entries: Entries) -> None:
            entries.put_job(job)
            entries.put_table(table)
            entries.put_part(a_part(status=WorkStatus.RUNNING, hold=held))

        home.book.transact(put)
        return job.id

    def test_as_often_as_is_allowed_fails_as_a_table(self, home: Outside) -> None:
        job_id = self.a_running_job(home, step=Step.PLAN)
        [table] = home.book.tables(job_id, PageRequest()).items
        assert claim_work(table.ref, owner="w", outside=home) is Unclaimed.SETTLED
        after = home.book.table(job_id, table.table_id)
        assert after.failure is not None
        assert (after.status, after.failure.code) == (WorkStatus.FAILED, "ATTEMPTS_EXHAUSTED")
        assert "its workers died of it" in after.failure.message
        assert home.book.job(job_id).counts.tables_failed == 1

    def test_as_often_as_is_allowed_fails_as_a_part(self, home: Outside) -> None:
        job_id = self.a_running_job(home, step=Step.PARTS)
        [table] = home.book.tables(job_id, PageRequest()).items
        ref = replace(table.ref, part=1)
        assert claim_work(ref, owner="w", outside=home) is Unclaimed.SETTLED
        [part] = home.book.parts(job_id, table.table_id, PageRequest()).items
        assert part.failure is not None
        assert (part.status, part.failure.code) == (WorkStatus.FAILED, "ATTEMPTS_EXHAUSTED")
        assert home.book.table(job_id, table.table_id).parts_failed == 1


class TestATickThatComesLate:
    def test_leaves_a_job_that_has_ended_as_it_is(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        refs = home.book.claimable(job.id, home.clock.now(), limit=10)
        drain(home)
        ended = home.book.job(job.id)
        home.clock.wait(60)
        before = late(home, unfinished_jobs=[job], job=job, claimable=refs)
        assert tick(outside=before).problems == ()
        assert home.book.job(job.id) == ended


class TestTheVersionBefore:
    @pytest.mark.parametrize("on_schema_change", [OnSchemaChange.WARN, OnSchemaChange.FAIL])
    def test_says_nothing_of_a_table_that_it_did_not_complete(
        self, home: Outside, on_schema_change: OnSchemaChange
    ) -> None:
        proof = Proof(on_schema_change=on_schema_change, max_row_drop_percent=1)
        transport = put_transport(home, "EMP", proof=proof)
        before = start(home, transport)
        drain(home)
        [table] = home.book.tables(before.id, PageRequest()).items
        lost = replace(table, status=WorkStatus.FAILED, rows=1000)
        home.book.transact(lambda entries: entries.put_table(lost))
        after = start(home, transport)
        drain(home)
        verdict = judge_version(home.book.job(after.id), outside=home)
        assert (verdict.status, verdict.warnings) == (JobStatus.COMPLETED, ())

    def test_says_nothing_of_columns_whose_plan_is_gone(self, home: Outside) -> None:
        transport = put_transport(home, "EMP", proof=Proof(on_schema_change=OnSchemaChange.FAIL))
        start(home, transport)
        drain(home)
        after = start(home, transport)
        drain(home)
        forgotten = late(home, plan=None)
        verdict = judge_version(home.book.job(after.id), outside=forgotten)
        assert (verdict.status, verdict.warnings) == (JobStatus.COMPLETED, ())


class TestATableThatWasCancelledInAJobThatWasNot:
    def test_keeps_its_version_from_success(self, home: Outside) -> None:
        job = a_job(transport=a_transport(tables=()))
        home.book.transact(lambda entries: entries.put_job(job))
        table = a_table(status=WorkStatus.CANCELLED)
        home.book.transact(lambda entries: entries.put_table(table))
        verdict = judge_version(job, outside=home)
        assert verdict.status is JobStatus.FAILED
        assert verdict.failure is not None
        assert "nobody cancelled the job" in verdict.failure.message
