"""What a worker outlives: messages of nothing, and a book or queue that is away for a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import pytest

from fakes.memory_source import MemorySource
from flow_home import LIMITS, drain, put_transport, start
from oracle_etl.model.errors import BookAway
from oracle_etl.model.job import JobStatus
from oracle_etl.model.reading import Reading
from oracle_etl.model.work import WorkRef
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

T = TypeVar("T")
NOBODYS_JOB = "JOB-20250101-120000-0000"


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    memory.put("EMP", ((1, "one"),))
    memory.put("DEPT", ((1, None),))
    return memory


class TestAMessageThatOutlivesItsJob:
    def test_keeps_no_worker_from_the_next_one(self, home: Outside) -> None:
        home.queue.publish([WorkRef(job_id=NOBODYS_JOB, table_id="t")])
        job = start(home, put_transport(home, "EMP"))
        assert drain(home) == 1
        assert home.book.job(job.id).status is JobStatus.COMPLETED


class AwayForTheSeat:
    """A book that is away the first time that somebody renews a seat."""

    def __init__(self, home: Outside) -> None:
        self._book = home.book
        self.was_away = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
        return getattr(self._book, name)

    def transact(self, work: Callable[[Entries], T]) -> T:
        if getattr(work, "__name__", "") == "keep" and not self.was_away:
            self.was_away = True
            raise BookAway("others wrote too often")
        return self._book.transact(work)


class TestABookThatIsAwayWhenASeatIsToBeRenewed:
    def test_costs_a_worker_a_moment_and_not_its_life(
        self, home: Outside, source: MemorySource
    ) -> None:
        book = AwayForTheSeat(home)
        flaky = replace(home, book=book, limits=replace(LIMITS, renewal=30.0))

        def last(reading: Reading, number: int) -> None:
            home.clock.wait(60)

        source.before_batch = last
        job = start(flaky, put_transport(flaky, "EMP", "DEPT"))
        assert drain(flaky) == 2
        assert book.was_away
        assert home.book.job(job.id).status is JobStatus.COMPLETED


class AskedForWork:
    """A book that notes whose work it is asked for."""

    def __init__(self, home: Outside) -> None:
        self._book = home.book
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the book has
        return getattr(self._book, name)

    def claimable(self, job_id: str, now: datetime, *, limit: int) -> Any:  # noqa: ANN401 - as above
        self.asked.add(job_id)
        return self._book.claimable(job_id, now, limit=limit)


class TestJobsThatWaitInLine:
    def test_cost_an_idle_worker_no_questions(self, home: Outside) -> None:
        running = start(home, put_transport(home, "GONE", source="elsewhere"))
        start(home, put_transport(home, "DEPT", id="TRPID-00000002"))
        book = AskedForWork(home)
        # The seats of the running job's source are others', so nobody here goes on with it.
        seats = replace(LIMITS, sessions={"default": 1, "elsewhere": 0})
        assert drain(replace(home, book=book, limits=seats)) == 0
        assert book.asked == {running.id}
