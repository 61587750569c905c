"""A worker that is ended from outside after some time takes no work that it could not finish."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.memory_source import MemorySource
from flow_home import LIMITS, a_home, drain, put_transport, start, tables
from oracle_etl.flow.drain_queue import drain_queue
from oracle_etl.flow.tick import tick
from oracle_etl.flow.work_on import LONGEST_REST_SECONDS
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.reading import Reading
from oracle_etl.outside import Outside


class SlowSource(MemorySource):
    """Reading a table takes a minute."""

    home: Outside

    def count(self, reading: Reading) -> int:
        self.home.clock.wait(60.0)
        return super().count(reading)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    source = SlowSource()
    for name in ("EMP", "DEPT", "BONUS"):
        source.put(name, [(1, name)])
    limits = replace(LIMITS, task_timeout=300.0, task_floor=200.0)
    home = source.home = a_home(tmp_path, source=source, limits=limits)
    yield home
    home.close()


@pytest.fixture
def job(home: Outside) -> Job:
    return start(home, put_transport(home, "EMP", "DEPT", "BONUS"))


class TestAWorkerWithLittleTimeLeft:
    def test_leaves_the_rest_to_the_next(self, home: Outside, job: Job) -> None:
        assert drain(home, owner="w1") == 2
        assert home.book.job(job.id).status is JobStatus.RUNNING
        home.clock.wait(LIMITS.dispatch_grace)
        assert tick(outside=home).workers_launched == 1
        assert drain(home, owner="w2") == 1
        assert home.book.job(job.id).status is JobStatus.COMPLETED

    def test_works_to_the_end_where_nobody_ends_it(self, home: Outside, job: Job) -> None:
        endless = replace(home, limits=LIMITS)
        assert drain(endless) == 3


class TestATableThatTakesLongerThanATask:
    def ended_after(self, home: Outside, seconds: float) -> None:
        """Let a worker begin, and end it after so many seconds."""
        stopping = threading.Event()

        def last(reading: Reading, batch: int) -> None:
            home.clock.wait(seconds)
            stopping.set()

        source = home.source("default")
        assert isinstance(source, MemorySource)
        source.before_batch = last
        drain_queue(owner="ended", stopping=stopping, outside=home)
        home.clock.wait(LIMITS.lease)
        tick(outside=home)

    def test_fails_in_the_end_and_says_what_to_do(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        for _ in range(LIMITS.attempts):
            self.ended_after(home, 250.0)
            home.clock.wait(LONGEST_REST_SECONDS)
        failure = tables(home, job)["EMP"].failure
        assert failure.code == "ATTEMPTS_EXHAUSTED"
        assert "310 s after it began" in failure.message
        (told, *_) = [each for each in tables(home, job)["EMP"].stages if each.hint]
        assert "ETL_TASK_TIMEOUT" in told.hint

    def test_does_not_fail_of_workers_that_end_early(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        for _ in range(LIMITS.attempts + 1):
            self.ended_after(home, 100.0)
        table = tables(home, job)["EMP"]
        assert (table.failure, table.hold.failures) == (None, 0)

    def test_does_not_fail_of_workers_that_are_ended_long_before_their_time(
        self, home: Outside
    ) -> None:
        patient = replace(home, limits=replace(home.limits, task_timeout=3600.0))
        job = start(patient, put_transport(patient, "EMP"))
        for _ in range(LIMITS.attempts + 1):
            self.ended_after(patient, 250.0)
        assert tables(home, job)["EMP"].hold.failures == 0

    def test_does_not_fail_of_them_where_nobody_ends_workers(self, home: Outside) -> None:
        endless = replace(home, limits=LIMITS)
        job = start(endless, put_transport(endless, "EMP"))
        for _ in range(LIMITS.attempts + 1):
            self.ended_after(endless, 250.0)
        assert tables(home, job)["EMP"].hold.failures == 0
