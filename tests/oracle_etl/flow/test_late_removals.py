"""Whoever sleeps just before it looks for what it may remove, and wakes when it is another's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from emp_and_dept import EMP
from fakes.crashing_home import Crash, Effects, Moment, crashing
from fakes.keeping_store import KeepingStore
from flow_home import BUCKET, drain, put_transport, settle, start, tables
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.objects import StoredObject
from oracle_etl.outside import Outside
from work_of_one_table import effects_of, read_back, retried


class SleepsBeforeItLooks:
    """A store before whose first look at the table's object something happens."""

    def __init__(self, store: Any, before: Callable[[], None]) -> None:  # noqa: ANN401 - a store
        self._store = store
        self._before = iter([before])

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(self._store, name)

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        if name.endswith("EMP.jsonl.gz"):
            for happen in self._before:
                happen()
        found: StoredObject | None = self._store.stat(bucket, name)
        return found


def placed_by_one_who_died(home: Outside) -> Job:
    """Return a job whose table stands at its final name, and not in the book."""
    compose = effects_of("a whole table").index("compose") + 1
    job = start(home, put_transport(home, "EMP"))
    with pytest.raises(Crash):
        drain(crashing(home, Effects(dies_at=compose, moment=Moment.AFTER)))
    home.clock.wait(home.limits.lease + 1)
    return job


def assert_stands(home: Outside, job: Job) -> None:
    job = home.book.job(job.id)
    assert job.status is JobStatus.COMPLETED, job.failure
    (final,) = tables(home, job)["EMP"].objects
    assert home.store.stat(BUCKET, final.object.name) == final.object
    assert read_back(home, job) == Counter(EMP)


class TestACloserThatSleepsBeforeItLooks:
    def test_removes_nothing_that_a_retry_has_placed(self, home: Outside) -> None:
        job = placed_by_one_who_died(home)
        done: list[Job] = []

        def meanwhile() -> None:
            home.clock.wait(home.limits.lease + 1)
            done.append(retried(home, settle(home, job.id)))

        cancel_job(job.id, outside=replace(home, store=SleepsBeforeItLooks(home.store, meanwhile)))
        (again,) = done
        assert_stands(home, again)


class TestAWorkerOfARetryThatSleepsBeforeItLooks:
    def test_removes_nothing_that_the_next_worker_has_placed(self, home: Outside) -> None:
        job = placed_by_one_who_died(home)
        keeping = replace(home, store=KeepingStore(home.store))
        cancel_job(job.id, outside=keeping)
        again = retry_job(settle(keeping, job.id).id, outside=home).job

        def meanwhile() -> None:
            home.clock.wait(home.limits.lease + 1)
            settle(home, again.id)
            assert_stands(home, again)

        drain(replace(home, store=SleepsBeforeItLooks(home.store, meanwhile)), owner="sleeper")
        assert_stands(home, again)
