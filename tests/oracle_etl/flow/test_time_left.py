"""A worker that is ended from outside after some time takes no work that it could not finish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.memory_source import MemorySource
from flow_home import LIMITS, a_home, drain, put_transport, start
from oracle_etl.flow.tick import tick
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
