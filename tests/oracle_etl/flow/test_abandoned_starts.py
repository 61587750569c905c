"""A job whose start cannot be finished ends, and stands in nobody's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.crashing_home import Crash, Effects, Moment, crashing
from fakes.memory_source import MemorySource
from flow_home import a_home, drain, put_transport, rows, start
from oracle_etl.flow import write_tables as writing
from oracle_etl.flow.abandon_start import abandon_start
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.start_job import start_job
from oracle_etl.flow.tick import tick
from oracle_etl.model.job import Dispatch, Job, JobRequest, JobStatus
from oracle_etl.model.transport import Transport, TransportStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest

EMP = tuple((number, None) for number in range(3))


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    memory.put("EMP", EMP)
    memory.put("EXTRA", EMP)
    return memory


@pytest.fixture
def home(
    tmp_path: Path, source: MemorySource, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Outside]:
    # Every job is larger than one transaction, so that its start can stop halfway.
    monkeypatch.setattr(writing, "_TABLES_OF_ONE_WRITE", 1)
    made = a_home(tmp_path, source=source)
    yield made
    made.close()


def half_started(home: Outside) -> tuple[Transport, Job]:
    """Return a job whose starter died halfway, its lease having lapsed since."""
    started = being_started(home)
    home.clock.wait(home.limits.lease)
    return started


def being_started(home: Outside) -> tuple[Transport, Job]:
    """Return a job whose starter died when the first of its two tables was written down."""
    transport = put_transport(home, "E*")
    dying = crashing(home, Effects(dies_at=3, moment=Moment.BEFORE))
    with pytest.raises(Crash):
        start_job(transport.id, JobRequest(), outside=dying)
    (job,) = home.book.jobs(PageRequest()).items
    assert job.dispatch is Dispatch.WRITING
    return transport, job


def nothing_left(source: MemorySource) -> None:
    del source.states["EMP"], source.states["EXTRA"]


class TestAStartThatIsRefusedWhenItGoesOn:
    def test_ends_the_job_failed_and_says_why(self, home: Outside, source: MemorySource) -> None:
        transport, job = half_started(home)
        nothing_left(source)
        tick(outside=home)
        ended = home.book.job(job.id)
        assert ended.status is JobStatus.FAILED
        assert ended.failure is not None
        assert "no table matches" in ended.failure.message
        stored = home.book.transport(transport.id)
        assert (stored.status, stored.running_job) == (TransportStatus.FAILED, None)

    def test_keeps_no_other_waiting_meanwhile(self, home: Outside, source: MemorySource) -> None:
        _, job = half_started(home)
        source.put("OTHER", EMP)
        other = start(home, put_transport(home, "OTHER", id="TRPID-00000009"))
        drain(home)
        assert home.book.job(job.id).status is JobStatus.PENDING
        assert home.book.job(other.id).status is JobStatus.COMPLETED

    def test_can_be_retried_with_all_its_tables(self, home: Outside, source: MemorySource) -> None:
        _, job = half_started(home)
        nothing_left(source)
        tick(outside=home)
        source.put("EMP", EMP)
        source.put("EXTRA", EMP)
        retried = retry_job(job.id, outside=home).job
        drain(home)
        retried = home.book.job(retried.id)
        assert (retried.status, retried.tables_total) == (JobStatus.COMPLETED, 2)
        assert rows(home, f"{retried.folder}/EXTRA.jsonl.gz") == Counter(EMP)


class TestAStartThatMayStillBeUnderWay:
    def test_is_left_to_its_starter(self, home: Outside, source: MemorySource) -> None:
        _, job = being_started(home)
        home.clock.wait(home.limits.lease - 1)
        nothing_left(source)
        tick(outside=home)
        assert home.book.job(job.id).status is JobStatus.PENDING

    def test_ends_all_the_same_where_it_is_cancelled(self, home: Outside) -> None:
        _, job = being_started(home)
        cancel_job(job.id, outside=home)
        tick(outside=home)
        assert home.book.job(job.id).status is JobStatus.CANCELLED


class TestAStartThatIsCancelledHalfway:
    def test_ends_cancelled_and_leaves_the_transport_idle(self, home: Outside) -> None:
        transport, job = half_started(home)
        assert cancel_job(job.id, outside=home).status is JobStatus.PENDING
        tick(outside=home)
        assert home.book.job(job.id).status is JobStatus.CANCELLED
        assert home.book.transport(transport.id).status is TransportStatus.IDLE

    def test_outlives_a_transport_that_was_removed(self, home: Outside) -> None:
        transport, job = half_started(home)
        home.book.transact(lambda entries: entries.remove_transport(transport.id))
        cancel_job(job.id, outside=home)
        tick(outside=home)
        assert home.book.job(job.id).status is JobStatus.CANCELLED


class TestARetryThatNeverBegan:
    def test_is_retried_as_the_job_that_it_was_to_retry(
        self, home: Outside, source: MemorySource
    ) -> None:
        failed = start(home, put_transport(home, "EMP", "LATE"))
        drain(home)
        dying = crashing(home, Effects(dies_at=3, moment=Moment.BEFORE))
        with pytest.raises(Crash):
            retry_job(failed.id, outside=dying)
        begun = home.book.jobs(PageRequest()).items[0]
        assert begun.request.retry_of == failed.id
        abandon_start(begun, None, outside=home)
        source.states["LATE"] = [(0, EMP)]
        retried = retry_job(begun.id, outside=home).job
        drain(home)
        retried = home.book.job(retried.id)
        assert (retried.status, retried.tables_total) == (JobStatus.COMPLETED, 2)
        assert retried.request.retry_of == failed.id


class TestAStartThatWentOn:
    def test_is_not_abandoned_any_more(self, home: Outside) -> None:
        _, job = half_started(home)
        tick(outside=home)
        abandon_start(job, None, outside=home)
        drain(home)
        assert home.book.job(job.id).status is JobStatus.COMPLETED


class TestATransportMadeAnewUnderItsId:
    def test_keeps_its_running_job_when_a_former_start_is_abandoned(self, home: Outside) -> None:
        transport, former = half_started(home)
        home.book.transact(lambda entries: entries.remove_transport(transport.id))
        running = start(home, put_transport(home, "EMP"))
        abandon_start(former, None, outside=home)
        assert home.book.job(former.id).status is JobStatus.CANCELLED
        assert home.book.transport(transport.id).running_job == running.id
