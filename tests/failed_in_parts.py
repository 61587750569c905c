"""A table in parts whose job failed in one of them, and what its retry has to come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from emp_and_dept import a_source
from fakes.memory_source import MemorySource
from flow_home import (
    BUCKET,
    content,
    names,
    put_transport,
    rows,
    settle,
    start,
    tables,
)
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.model.errors import GiveUp
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.objects import StoredObject
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage
from oracle_etl.outside import Outside

EMP = tuple((number, f"name {number}") for number in range(40))
PARTS = 8
IN_PARTS = Carriage(part_bytes=8192 // PARTS)
NAME = "EMP.jsonl.gz"


def source_of_many() -> MemorySource:
    return a_source(EMP)


def failing_from(part: int) -> Callable[[Reading, int], None]:
    """Fail the part of this number, counted as the one worker comes to them."""
    begun: list[Reading] = []

    def fail(reading: Reading, batch: int) -> None:
        if batch == 0:
            begun.append(reading)
        if len(begun) >= part:
            raise GiveUp("the table cannot be read")

    return fail


def failed_in(home: Outside, source: MemorySource, *, part: int) -> Job:
    """Run a job whose table fails in its n-th part, and forget what was read until then."""
    source.before_batch = failing_from(part)
    job = settle(home, start(home, put_transport(home, "EMP", carriage=IN_PARTS)).id)
    assert job.status is JobStatus.FAILED
    source.before_batch = None
    source.readings.clear()
    return job


def retried(home: Outside, job: Job) -> Job:
    return settle(home, retry_job(job.id, outside=home).job.id)


def attempts_of(home: Outside) -> list[StoredObject]:
    found = [home.store.stat(BUCKET, each) for each in names(home, "_attempts/")]
    return [each for each in found if each is not None]


def assert_whole(home: Outside, job: Job) -> None:
    assert_complete(home, job)
    assert_each_part_counted_once(home, job)


def assert_each_part_counted_once(home: Outside, job: Job) -> None:
    (table,) = tables(home, job).values()
    assert (table.parts_completed, table.parts_rows) == (table.parts_total, len(EMP))


def assert_complete(home: Outside, job: Job) -> None:
    assert_published(home, job)
    assert names(home, "_attempts/") == []


def assert_published(home: Outside, job: Job) -> None:
    assert job.status is JobStatus.COMPLETED, (job.failure, tables(home, job))
    assert rows(home, f"{job.folder}/{NAME}") == Counter(EMP)
    assert job.counts.rows == len(EMP)
    assert content(home, f"{job.folder}/_SUCCESS") == b""
