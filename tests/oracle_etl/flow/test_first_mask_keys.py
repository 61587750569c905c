"""A job that began without the key of hash masks takes the first one that it hashes with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders import a_transport
from fakes.memory_source import MemorySource
from fakes.rotated_key import RotatedKey
from flow_home import BUCKET, SMALL_PARTS, a_home, put_transport, settle, start, tables
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.settle_moment import key_to_hash_with
from oracle_etl.model.errors import AccessDenied, MaskKeyChanged
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage, Mask, MaskKind, TableChoice
from oracle_etl.outside import Outside

MASKED = (Mask(column="NAME", kind=MaskKind.HASH),)
LISTED = tuple(TableChoice(table=name, masks=MASKED) for name in ("EMP", "DEPT"))


@pytest.fixture
def key() -> RotatedKey:
    return RotatedKey()


@pytest.fixture
def home(tmp_path: Path, source: MemorySource, key: RotatedKey) -> Iterator[Outside]:
    made = a_home(tmp_path, source=source, mask_key=key)
    yield made
    made.close()


@pytest.fixture
def failed(home: Outside) -> Job:
    """Return a job that failed since it had no key, and read one table for which it needs none."""
    transport = a_transport(tables=(*LISTED, TableChoice(table="PLAIN")), target_bucket=BUCKET)
    home.book.transact(lambda entries: entries.put_transport(transport))
    job = settle(home, start(home, transport).id)
    assert (job.status, job.counts.tables_failed) == (JobStatus.FAILED, 2)
    return job


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    for name in ("EMP", "DEPT", "PLAIN"):
        memory.put(name, ((1, "one"), (2, "two")))
    return memory


def retried(home: Outside, job: Job) -> Job:
    return settle(home, retry_job(job.id, outside=home).job.id)


class TestAJobThatHadNoKey:
    def test_is_completed_in_its_version_once_there_is_one(
        self, home: Outside, failed: Job, key: RotatedKey
    ) -> None:
        key.now = b"the first key"
        again = retried(home, failed)
        assert (again.status, again.version) == (JobStatus.COMPLETED, failed.version)

    def test_is_held_to_the_first_one_that_it_hashed_with(
        self, home: Outside, source: MemorySource, failed: Job, key: RotatedKey
    ) -> None:
        def refuse(reading: Reading, batch: int) -> None:
            if reading.table.name == "DEPT":
                raise AccessDenied("ORA-01031: insufficient privileges")

        key.now = b"the first key"
        source.before_batch = refuse
        half = retried(home, failed)
        assert (half.status, half.version) == (JobStatus.FAILED, failed.version)
        source.before_batch = None
        key.now = b"another key"
        last = retried(home, half)
        assert failed.version is not None
        assert last.version == failed.version + 1
        assert any("another ETL_MASK_KEY" in each for each in last.warnings)

    def test_fails_what_another_key_would_hash_while_it_runs(
        self, home: Outside, source: MemorySource, failed: Job, key: RotatedKey
    ) -> None:
        def rotate(reading: Reading, batch: int) -> None:
            key.now = b"another key"

        key.now = b"the first key"
        source.before_batch = rotate
        again = retried(home, failed)
        assert again.status is JobStatus.FAILED
        failures = {name: each.failure for name, each in tables(home, again).items()}
        assert failures["EMP"] is None
        assert failures["DEPT"].code == "MASK_KEY_CHANGED"


class TestTwoWorkersThatHashFirst:
    def test_are_held_to_the_key_of_one_of_them(
        self, home: Outside, failed: Job, key: RotatedKey
    ) -> None:
        retry = retry_job(failed.id, outside=home).job
        key.now = b"the first key"
        assert key_to_hash_with(retry, LISTED[0], outside=home) == b"the first key"
        key.now = b"another key"
        with pytest.raises(MaskKeyChanged):
            key_to_hash_with(retry, LISTED[1], outside=home)


class CountedKey(RotatedKey):
    """A key that counts how often it is fetched."""

    fetched = 0

    def __call__(self) -> bytes | None:
        self.fetched += 1
        return super().__call__()


class TestTheKey:
    @pytest.mark.parametrize(
        ("carriage", "claims"), [(Carriage(), 1), (SMALL_PARTS, 3)], ids=["whole", "in parts"]
    )
    def test_is_fetched_once_for_each_claim_that_hashes(
        self, home: Outside, carriage: Carriage, claims: int
    ) -> None:
        counted = CountedKey(b"a key")
        watched = replace(home, mask_key=counted)
        transport = a_transport(tables=LISTED[:1], target_bucket=BUCKET, carriage=carriage)
        watched.book.transact(lambda entries: entries.put_transport(transport))
        job = settle(watched, start(watched, transport).id)
        assert (job.status, counted.fetched) == (JobStatus.COMPLETED, claims)

    def test_is_not_fetched_where_nothing_is_hashed(self, home: Outside) -> None:
        counted = CountedKey(b"a key")
        watched = replace(home, mask_key=counted)
        job = settle(watched, start(watched, put_transport(watched, "PLAIN")).id)
        assert (job.status, counted.fetched) == (JobStatus.COMPLETED, 0)
