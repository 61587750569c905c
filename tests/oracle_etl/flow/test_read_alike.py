"""All rows of a job come from one database, and are hashed with one key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import a_transport
from fakes.memory_source import MemorySource
from fakes.rotated_key import RotatedKey
from flow_home import (
    BUCKET,
    SMALL_PARTS,
    a_home,
    drain,
    manifest,
    put_transport,
    settle,
    start,
    tables,
)
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.model.errors import AccessDenied
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage, Mask, MaskKind, TableChoice, Transport
from oracle_etl.outside import Outside

ROWS = tuple((number, "a name") for number in range(20))
HASHED = TableChoice(table="FIRST", masks=(Mask(column="NAME", kind=MaskKind.HASH),))
NULLED = TableChoice(table="FIRST", masks=(Mask(column="NAME", kind=MaskKind.NULL),))
CLONE = "CLONE/CLONE"


@pytest.fixture
def key() -> RotatedKey:
    return RotatedKey(b"the first key")


@pytest.fixture
def source() -> MemorySource:
    memory = MemorySource()
    memory.put("FIRST", ROWS)
    memory.put("SECOND", ROWS)
    return memory


@pytest.fixture
def home(tmp_path: Path, source: MemorySource, key: RotatedKey) -> Iterator[Outside]:
    made = a_home(tmp_path, source=source, mask_key=key)
    yield made
    made.close()


def put(home: Outside, choice: TableChoice, *, carriage: Carriage = SMALL_PARTS) -> Transport:
    transport = a_transport(tables=(choice,), target_bucket=BUCKET, carriage=carriage)
    home.book.transact(lambda entries: entries.put_transport(transport))
    return transport


def failed_after_one_part(home: Outside, source: MemorySource, choice: TableChoice) -> Job:
    def refuse(reading: Reading, _: int) -> None:
        if reading.rows_of is not None and reading.rows_of.low is not None:
            raise AccessDenied("ORA-01031: insufficient privileges")

    source.before_batch = refuse
    job = settle(home, start(home, put(home, choice)).id)
    assert job.status is JobStatus.FAILED
    source.before_batch = None
    source.readings.clear()
    return job


class TestAJobThatRuns:
    @pytest.mark.parametrize("carriage", [Carriage(), SMALL_PARTS], ids=["whole", "in parts"])
    def test_fails_a_table_that_another_database_would_give(
        self, home: Outside, source: MemorySource, carriage: Carriage
    ) -> None:
        def replaced(*_: object) -> None:
            source.name = CLONE

        source.before_batch = replaced
        transport = put_transport(home, "FIRST", "SECOND", parallel_tables=1, carriage=carriage)
        job = settle(home, start(home, transport).id)
        failure = tables(home, job)["SECOND"].failure
        assert failure.code == "DATABASE_REPLACED"
        assert CLONE in failure.message
        assert "PROD/PROD" in failure.message

    def test_fails_a_table_whose_parts_two_keys_would_hash(
        self, home: Outside, source: MemorySource, key: RotatedKey
    ) -> None:
        def rotate(*_: object) -> None:
            key.now = b"another key"

        source.before_batch = rotate
        job = settle(home, start(home, put(home, HASHED)).id)
        failure = tables(home, job)["FIRST"].failure
        assert failure.code == "MASK_KEY_CHANGED"
        assert len(source.readings) == 1

    def test_does_not_mind_another_key_where_nothing_is_hashed(
        self, home: Outside, source: MemorySource, key: RotatedKey
    ) -> None:
        def rotate(*_: object) -> None:
            key.now = b"another key"

        source.before_batch = rotate
        job = settle(home, start(home, put(home, NULLED)).id)
        assert job.status is JobStatus.COMPLETED

    def test_keeps_of_the_key_only_what_tells_it_from_others(
        self, home: Outside, key: RotatedKey
    ) -> None:
        marks: list[str | None] = []
        for each in (b"the first key", b"another key", b"the first key", None):
            key.now = each
            job = settle(home, start(home, put(home, HASHED)).id)
            assert job.read_with is not None
            marks.append(job.read_with.mask_key)
        first, second, again, none = marks
        assert first == again != second
        assert (len(first or ""), len(second or ""), none) == (8, 8, None)


class TestARetry:
    def test_keeps_the_version_where_nothing_has_changed(
        self, home: Outside, source: MemorySource
    ) -> None:
        failed = failed_after_one_part(home, source, HASHED)
        job = settle(home, retry_job(failed.id, outside=home).job.id)
        assert (job.status, job.version) == (JobStatus.COMPLETED, failed.version)
        assert job.read_with == failed.read_with
        assert len(source.readings) == 1

    def test_of_another_database_makes_a_new_version_and_reads_all_of_it(
        self, home: Outside, source: MemorySource
    ) -> None:
        failed = failed_after_one_part(home, source, TableChoice(table="FIRST"))
        source.name = CLONE
        self.assert_new(home, source, failed, because="leads to CLONE")

    def test_with_another_key_makes_a_new_version_and_hashes_all_of_it(
        self, home: Outside, source: MemorySource, key: RotatedKey
    ) -> None:
        failed = failed_after_one_part(home, source, HASHED)
        key.now = b"another key"
        self.assert_new(home, source, failed, because="another ETL_MASK_KEY")

    @staticmethod
    def assert_new(home: Outside, source: MemorySource, failed: Job, *, because: str) -> None:
        job = settle(home, retry_job(failed.id, outside=home).job.id)
        assert failed.version is not None
        assert (job.status, job.version) == (JobStatus.COMPLETED, failed.version + 1)
        assert job.read_with is not None
        assert job.read_with != failed.read_with
        assert len(source.readings) == 2
        [told] = manifest(home, job)["warnings"]
        assert because in told

    def test_begun_where_no_key_is_at_hand_fails_where_another_one_is(
        self, home: Outside, source: MemorySource, key: RotatedKey
    ) -> None:
        failed = failed_after_one_part(home, source, HASHED)
        key.now = None
        retried = retry_job(failed.id, outside=home).job
        key.now = b"another key"
        job = settle(home, retried.id)
        assert tables(home, job)["FIRST"].failure.code == "MASK_KEY_CHANGED"
        assert source.readings == []

    def test_of_a_job_that_read_nothing_takes_what_there_is(
        self, home: Outside, source: MemorySource, key: RotatedKey
    ) -> None:
        failed = settle(home, start(home, put(home, TableChoice(table="GHOST"))).id)
        assert (failed.status, failed.read_with) == (JobStatus.FAILED, None)
        source.put("GHOST", ROWS)
        source.name, key.now = CLONE, b"another key"
        job = settle(home, retry_job(failed.id, outside=home).job.id)
        assert (job.status, job.version) == (JobStatus.COMPLETED, failed.version)

    def test_whose_database_is_replaced_meanwhile_fails(
        self, home: Outside, source: MemorySource
    ) -> None:
        failed = failed_after_one_part(home, source, TableChoice(table="FIRST"))
        retried = retry_job(failed.id, outside=home).job
        source.name = CLONE
        drain(home)
        job = settle(home, retried.id)
        assert tables(home, job)["FIRST"].failure.code == "DATABASE_REPLACED"
        assert source.readings == []
