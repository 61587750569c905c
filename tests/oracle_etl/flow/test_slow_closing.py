"""A job that takes longer to close than a closer's hold lasts, and closers that come too late."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.memory_source import MemorySource
from flow_home import BUCKET, LIMITS, a_home, drain, names, put_transport, start
from oracle_etl.flow.finish_job import finish_job
from oracle_etl.flow.tick import tick
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.objects import StoredObject
from oracle_etl.outside import Outside

TABLES = tuple(f"T{number}" for number in range(6))
SLOW_SECONDS = 40
"""For each of six steps, which is twice as long as a lease in all."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    source = MemorySource()
    for table in TABLES:
        source.put(table, ((1, None),))
    made = a_home(tmp_path, source=source, limits=replace(LIMITS, renewal=30.0))
    yield made
    made.close()


class Meanwhile:
    """A port during one of whose calls something else happens."""

    def __init__(self, port: Any, happens: Callable[[], None]) -> None:  # noqa: ANN401 - any port
        self._port = port
        self._happens = happens

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(self._port, name)


class SlowToPlan(Meanwhile):
    """A book that gives plans late: the closer asks for one at each table."""

    def plan(self, job_id: str, table_id: str) -> ColumnPlan | None:
        self._happens()
        plan: ColumnPlan | None = self._port.plan(job_id, table_id)
        return plan


class SlowToStat(Meanwhile):
    """A store that takes its time to say what stands at a name."""

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        self._happens()
        found: StoredObject | None = self._port.stat(bucket, name)
        return found


def waiting_to_be_closed(home: Outside, *tables: str, **asked: Any) -> Job:  # noqa: ANN401 - any field
    """Return a job whose tables are complete, and whose closer went away."""
    job = start(home, put_transport(home, *tables), **asked)
    steal(home, job)
    drain(home)
    home.clock.wait(LIMITS.lease + 1)
    return home.book.job(job.id)


def steal(home: Outside, job: Job) -> None:
    """Have another closer claim a job, as one may whose clock is far ahead."""
    stored = home.book.job(job.id)
    free = replace(stored.closing, expires_at=None)
    held = free.claimed("another", now=home.clock.now(), lease_seconds=LIMITS.lease)
    home.book.transact(lambda entries: entries.put_job(replace(stored, closing=held)))


def leave_attempts(home: Outside, job: Job) -> None:
    for table in TABLES:
        name = f"{job.attempts_folder}/left-by-{table}"
        with home.store.create(BUCKET, name, content_type="text/plain") as target:
            target.write(b"left")


def left_attempts(home: Outside, job: Job) -> list[str]:
    return names(home, f"{job.attempts_folder}/left-by-")


def once(act: Callable[[], None]) -> Callable[[], None]:
    """Return what acts when it is first called."""
    left = [act]
    return lambda: left.pop()() if left else None


class TestAClosingLongerThanItsLease:
    def slowly(self, home: Outside) -> Callable[[], None]:
        def happens() -> None:
            home.clock.wait(SLOW_SECONDS)
            tick(outside=home)

        return happens

    def test_is_one_closers_to_the_end(self, home: Outside) -> None:
        job = waiting_to_be_closed(home, *TABLES)
        slow = SlowToPlan(home.book, self.slowly(home))
        finish_job(job.id, outside=replace(home, book=slow))
        closed = home.book.job(job.id)
        assert closed.status is JobStatus.COMPLETED, closed.failure
        assert closed.closing.fence == job.closing.fence + 1
        assert f"{job.folder}/_SUCCESS" in names(home)

    def test_is_kept_while_objects_are_removed(self, home: Outside) -> None:
        job = waiting_to_be_closed(home, "T0")
        leave_attempts(home, job)
        slow = SlowToStat(home.store, self.slowly(home))
        finish_job(job.id, outside=replace(home, store=slow))
        closed = home.book.job(job.id)
        assert closed.status is JobStatus.COMPLETED
        assert closed.closing.fence == job.closing.fence + 1
        assert left_attempts(home, job) == []


class TestACloserThatComesTooLate:
    def test_writes_no_success(self, home: Outside) -> None:
        job = waiting_to_be_closed(home, "T0")
        overtaken = SlowToPlan(home.book, once(lambda: steal(home, job)))
        finish_job(job.id, outside=replace(home, book=overtaken))
        assert f"{job.folder}/_SUCCESS" not in names(home)
        assert home.book.job(job.id).status is JobStatus.RUNNING

    def test_removes_no_more_than_what_it_looked_at(self, home: Outside) -> None:
        job = waiting_to_be_closed(home, "T0")
        leave_attempts(home, job)

        def pause() -> None:
            home.clock.wait(LIMITS.lease + 1)
            steal(home, job)

        overtaken = SlowToStat(home.store, once(pause))
        finish_job(job.id, outside=replace(home, store=overtaken))
        assert len(left_attempts(home, job)) >= len(TABLES) - 1
        assert home.book.job(job.id).status is JobStatus.RUNNING

    def test_does_not_tell_what_another_has_told(
        self, home: Outside, caplog: pytest.LogCaptureFixture
    ) -> None:
        job = waiting_to_be_closed(home, "T0", limit=1)

        def closed_meanwhile() -> None:
            home.clock.wait(LIMITS.lease + 1)
            finish_job(job.id, outside=home)

        overtaken = SlowToPlan(home.book, once(closed_meanwhile))
        with caplog.at_level(logging.INFO):
            finish_job(job.id, outside=replace(home, book=overtaken))
        told = [each for each in caplog.records if getattr(each, "event", "") == "job_ended"]
        assert len(told) == 1
