"""A start that is refused, repeated, or whose answer is lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TypeVar

import pytest

from claimed_work import put
from fakes.forgetful_book import ForgetfulBook
from fakes.memory_source import MemorySource
from flow_home import (
    drain,
    put_transport,
    start,
)
from oracle_etl.flow.admit_jobs import admit_jobs
from oracle_etl.flow.advance_start import advance_start
from oracle_etl.flow.start_job import Started, start_job
from oracle_etl.flow.tick import tick
from oracle_etl.model.errors import (
    KeyReused,
    NoSuchTransport,
    SourceAway,
    TransportIsDisabled,
    TransportIsRunning,
)
from oracle_etl.model.job import Dispatch, JobRequest, JobStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest

T = TypeVar("T")


class TestASecondStart:
    def test_of_a_running_transport_is_refused_with_the_jobs_id(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        job = start(home, transport)
        with pytest.raises(TransportIsRunning) as refused:
            start(home, transport)
        assert refused.value.details == {"job_id": job.id}

    def test_with_the_same_key_is_the_same_job(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        first = start(home, transport, idempotency_key="k")
        drain(home)
        again = start_job(transport.id, JobRequest(idempotency_key="k"), outside=home)
        assert (again.job.id, again.repeated) == (first.id, True)

    def test_with_the_same_key_for_something_else_is_refused(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        start(home, transport, idempotency_key="k")
        with pytest.raises(KeyReused):
            start(home, transport, idempotency_key="k", limit=1)

    def test_with_the_same_key_for_other_tables_is_refused(self, home: Outside) -> None:
        transport = put_transport(home, "EMP", "DEPT")
        start(home, transport, idempotency_key="k", tables=("EMP",))
        with pytest.raises(KeyReused):
            start(home, transport, idempotency_key="k", tables=("DEPT",))

    def test_of_a_disabled_or_unknown_transport_is_refused(self, home: Outside) -> None:
        with pytest.raises(TransportIsDisabled):
            start(home, put_transport(home, "EMP", enabled=False))
        with pytest.raises(NoSuchTransport):
            start_job("TRPID-99999999", JobRequest(), outside=home)

    def test_above_the_cap_waits_its_turn(self, home: Outside) -> None:
        first = start(home, put_transport(home, "EMP"))
        other = put_transport(home, "DEPT", id="TRPID-00000002")
        second = start(home, other)
        assert home.book.job(second.id).status is JobStatus.PENDING
        drain(home)
        drain(home)
        assert home.book.job(first.id).status is JobStatus.COMPLETED
        assert home.book.job(second.id).status is JobStatus.COMPLETED

    def test_by_two_hundred_callers_at_once_starts_exactly_one_job(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")
        outcomes: list[str] = []

        def call() -> None:
            try:
                outcomes.append(start(home, transport).id)
            except TransportIsRunning:
                outcomes.append("refused")

        threads = [threading.Thread(target=call) for _ in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count("refused") == 199
        assert len(home.book.jobs(PageRequest(size=10)).items) == 1


class TestAStartWhoseAnswerWasLost:
    def test_returns_the_job_that_it_made(self, home: Outside) -> None:
        transport = put_transport(home, "EMP")

        book = ForgetfulBook(home.book, forgets=lambda result: isinstance(result, Started))
        forgetful = replace(home, book=book)
        started = start_job(transport.id, JobRequest(), outside=forgetful)
        assert (started.repeated, started.job.id) == (
            False,
            home.book.transport(transport.id).running_job,
        )


class TestAStartThatIsRepeated:
    def test_does_nothing_to_a_job_that_has_ended(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        ended = home.book.job(job.id)
        assert advance_start(ended, outside=home) is ended

    def test_does_nothing_to_a_job_that_waits_in_line(self, home: Outside) -> None:
        start(home, put_transport(home, "EMP"))
        waiting = start(home, put_transport(home, "EMP", id="TRPID-00000002"))
        assert advance_start(waiting, outside=home).status is JobStatus.PENDING
        assert tick(outside=home).jobs_started == ()

    def test_admits_no_job_that_is_being_written(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        put(home, replace(job, dispatch=Dispatch.WRITING, status=JobStatus.PENDING))
        assert admit_jobs(outside=home) == ()


def test_a_source_that_is_away_when_a_pattern_is_resolved_starts_nothing(
    home: Outside, source: MemorySource
) -> None:
    class Away(MemorySource):
        def schema(self) -> str:
            raise SourceAway("the listener is down")

    transport = put_transport(home, "E*")
    with pytest.raises(SourceAway):
        start(replace(home, source=lambda _: Away()), transport)
    assert home.book.transport(transport.id).running_job is None
