"""What a retry may take over, and at which moment it reads the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from builders import a_transport
from fakes.forgetful_book import ForgetfulBook
from fakes.memory_source import MemorySource
from flow_home import BUCKET, drain, names, put_transport, start
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.gateways.embedded.sqlite import SqliteJobBook
from oracle_etl.model.errors import GiveUp, JobNotRetryable, NoSuchJob, TransportIsRunning
from oracle_etl.model.job import Dispatch, Job, JobStatus
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import TableChoice
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest

ONE_ROW = ((1, "one"),)


@dataclass
class PartlyFlashedSource(MemorySource):
    """A source whose account may flash back every table but some."""

    kept_back: set[str] = field(default_factory=set)
    meanwhile: Callable[[], object] | None = None
    """Done once, when somebody asks how far undo reaches."""

    def can_flash_back(self, table: TableName, scn: int) -> bool:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()
        return table.name not in self.kept_back and super().can_flash_back(table, scn)


@pytest.fixture
def source() -> PartlyFlashedSource:
    memory = PartlyFlashedSource()
    memory.put("EMP", ONE_ROW)
    memory.put("DEPT", ONE_ROW)
    return memory


def ended(home: Outside, job: Job) -> Job:
    drain(home)
    return home.book.job(job.id)


def failing(name: str) -> Callable[[Reading, int], None]:
    def fail(reading: Reading, _: int) -> None:
        if reading.table.name == name:
            raise GiveUp(f"{name} cannot be read")

    return fail


class TestARetryOfAJobThatWasRetried:
    def test_is_refused_with_the_later_jobs_id(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        failed = ended(home, start(home, put_transport(home, "EMP", "LATE")))
        source.states["LATE"] = [(0, ONE_ROW)]
        later = ended(home, retry_job(failed.id, outside=home).job)
        assert later.status is JobStatus.COMPLETED
        with pytest.raises(JobNotRetryable) as refused:
            retry_job(failed.id, outside=home)
        assert refused.value.details["retried_by"] == later.id
        assert home.book.transport(failed.transport_id).running_job is None

    def test_is_no_hindrance_to_retrying_the_later_one(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        failed = ended(home, start(home, put_transport(home, "EMP", "LATE")))
        later = ended(home, retry_job(failed.id, outside=home).job)
        assert later.status is JobStatus.FAILED
        source.states["LATE"] = [(0, ONE_ROW)]
        assert ended(home, retry_job(later.id, outside=home).job).status is JobStatus.COMPLETED


class TestARetryUnderAnotherDefaultBucket:
    def test_completes_the_version_where_it_was_begun(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        tables = (TableChoice(table="EMP"), TableChoice(table="LATE"))
        transport = a_transport(tables=tables, target_bucket="")
        home.book.transact(lambda entries: entries.put_transport(transport))
        failed = ended(home, start(home, transport))
        source.states["LATE"] = [(0, ONE_ROW)]
        moved = replace(home, default_bucket="elsewhere")
        retried = ended(moved, retry_job(failed.id, outside=moved).job)
        assert (retried.status, retried.version) == (JobStatus.COMPLETED, failed.version)
        assert {f"{retried.folder}/{name}" for name in ("EMP.jsonl.gz", "_SUCCESS")} <= set(
            names(moved)
        )
        assert list(moved.store.names("elsewhere", "")) == []

    def test_leaves_nothing_behind_where_the_first_wrote(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        transport = a_transport(tables=(TableChoice(table="EMP"),), target_bucket="")
        home.book.transact(lambda entries: entries.put_transport(transport))
        job = start(home, transport)
        with home.store.create(BUCKET, f"{job.folder}/EMP.jsonl.gz", content_type="x") as foreign:
            foreign.write(b"not ours")
        assert ended(home, job).status is JobStatus.FAILED
        home.store.remove(foreign.stored())
        moved = replace(home, default_bucket="elsewhere")
        retried = ended(moved, retry_job(job.id, outside=moved).job)
        assert retried.status is JobStatus.COMPLETED
        assert names(moved, "_attempts/") == []


class TestTwoRetriesOfOneJobAtOnce:
    def test_make_one_and_the_later_caller_is_told_which(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        failed = ended(home, start(home, put_transport(home, "EMP", "LATE")))
        source.states["LATE"] = [(0, ONE_ROW)]
        first: list[Job] = []
        source.meanwhile = lambda: first.append(ended(home, retry_job(failed.id, outside=home).job))
        with pytest.raises(JobNotRetryable) as refused:
            retry_job(failed.id, outside=home)
        assert refused.value.details["retried_by"] == first[0].id
        assert first[0].status is JobStatus.COMPLETED
        assert home.book.transport(failed.transport_id).running_job is None

    def test_are_refused_while_the_first_has_not_ended(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        failed = ended(home, start(home, put_transport(home, "EMP", "LATE")))
        source.states["LATE"] = [(0, ONE_ROW)]
        source.meanwhile = lambda: retry_job(failed.id, outside=home)
        with pytest.raises(TransportIsRunning):
            retry_job(failed.id, outside=home)


class TestARetryOfAJobWhoseHistoryExpiresMeanwhile:
    def test_is_refused(self, home: Outside, source: PartlyFlashedSource) -> None:
        failed = ended(home, start(home, put_transport(home, "EMP", "LATE")))
        source.states["LATE"] = [(0, ONE_ROW)]
        book = home.book
        assert isinstance(book, SqliteJobBook)
        long_after = home.clock.now() + timedelta(days=100)
        source.meanwhile = lambda: book.forget_expired(long_after)
        with pytest.raises(NoSuchJob):
            retry_job(failed.id, outside=home)
        assert home.book.transport(failed.transport_id).running_job is None


class TestATableWithATransactionOfItsOwn:
    def test_that_was_complete_does_not_make_a_retry_mixed(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        source.kept_back = {"DEPT"}
        failed = ended(home, start(home, put_transport(home, "EMP", "DEPT", "LATE")))
        source.states["LATE"] = [(0, ONE_ROW)]
        retried = ended(home, retry_job(failed.id, outside=home).job)
        assert retried.status is JobStatus.COMPLETED, retried.failure
        assert f"{retried.folder}/_SUCCESS" in names(home)

    def test_that_failed_leaves_the_version_and_its_moment_as_they_were(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        source.kept_back = {"DEPT"}
        source.before_batch = failing("DEPT")
        failed = ended(home, start(home, put_transport(home, "EMP", "DEPT")))
        source.before_batch = None
        retried = ended(home, retry_job(failed.id, outside=home).job)
        assert (retried.status, retried.version) == (JobStatus.COMPLETED, failed.version)
        assert retried.scn == failed.scn

    def test_that_failed_before_it_was_planned_does_so_too(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        failed = ended(home, start(home, put_transport(home, "EMP", "LATE")))
        source.kept_back = {"LATE"}
        source.put("LATE", ONE_ROW)
        retried = ended(home, retry_job(failed.id, outside=home).job)
        assert (retried.status, retried.version) == (JobStatus.COMPLETED, failed.version)


class TestAQueryThatFailed:
    def test_leaves_the_version_and_its_moment_as_they_were(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        query = TableChoice(table="DEPT", query="SELECT ID, NAME FROM DEPT")
        transport = a_transport(tables=(TableChoice(table="EMP"), query), target_bucket=BUCKET)
        home.book.transact(lambda entries: entries.put_transport(transport))
        source.before_batch = failing("DEPT")
        failed = ended(home, start(home, transport))
        source.before_batch = None
        retried = ended(home, retry_job(failed.id, outside=home).job)
        assert (retried.status, retried.version) == (JobStatus.COMPLETED, failed.version)


class TestARetryWhoseAnswerWasLost:
    def test_returns_the_job_that_it_made(self, home: Outside, source: PartlyFlashedSource) -> None:
        failed = ended(home, start(home, put_transport(home, "EMP", "LATE")))

        def began(result: object) -> bool:
            return isinstance(result, Job) and result.dispatch is Dispatch.WRITING

        forgetful = replace(home, book=ForgetfulBook(home.book, forgets=began))
        retried = retry_job(failed.id, outside=forgetful).job
        assert retried.id == home.book.transport(failed.transport_id).running_job
        assert len(home.book.jobs(PageRequest(size=10)).items) == 2


class TestATableThatWasAlteredSince:
    def test_makes_a_new_version_at_a_moment_that_it_can_be_read_at(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        source.before_batch = failing("DEPT")
        failed = ended(home, start(home, put_transport(home, "EMP", "DEPT")))
        source.before_batch = None
        source.altered_scn["DEPT"] = source.put("DEPT", ONE_ROW)
        retried = retry_job(failed.id, outside=home).job
        assert failed.version is not None
        assert (retried.version, retried.scn) == (failed.version + 1, None)

    def test_is_enough_for_that_whatever_else_failed(
        self, home: Outside, source: PartlyFlashedSource
    ) -> None:
        failed = ended(home, start(home, put_transport(home, "EMP", "LATE", "LATER")))
        source.altered_scn["LATE"] = source.put("LATE", ONE_ROW)
        source.put("LATER", ONE_ROW)
        retried = ended(home, retry_job(failed.id, outside=home).job)
        assert failed.version is not None
        assert retried.version == failed.version + 1
