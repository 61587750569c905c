"""A retry reads of a split table what had not been read, and what no longer stands."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failed_in_parts import (
    EMP,
    IN_PARTS,
    NAME,
    PARTS,
    assert_complete,
    assert_whole,
    attempts_of,
    failed_in,
    failing_from,
    retried,
    source_of_many,
)
from fakes.memory_source import MemorySource
from flow_home import (
    BUCKET,
    a_home,
    content,
    drain,
    put_transport,
    rows,
    settle,
    start,
    tables,
)
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.gateways.embedded.sqlite import SqliteJobBook
from oracle_etl.model.errors import SourceAway, StoreRefused
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.objects import StoredObject
from oracle_etl.model.transport import Carriage
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest

Ranges = set[tuple[str | None, str | None]]


@pytest.fixture
def source() -> MemorySource:
    return source_of_many()


def ranges_of(home: Outside, job: Job, *, read: bool) -> Ranges:
    """Return the ranges of a job's parts that were read, or of those that were not."""
    (table,) = tables(home, job).values()
    parts = home.book.parts(job.id, table.table_id, PageRequest(size=100)).items
    return {
        (each.rows_of.low, each.rows_of.high)
        for each in parts
        if (each.extract is not None) == read
    }


def read_by(source: MemorySource) -> Ranges:
    ranges = [each.rows_of for each in source.readings if each.rows_of is not None]
    found = {(each.low, each.high) for each in ranges}
    assert len(found) == len(source.readings), "each of them once"
    return found


def remove(home: Outside, stored: StoredObject) -> None:
    home.store.remove(stored)


def write_again(home: Outside, stored: StoredObject) -> None:
    data = content(home, stored.name)
    home.store.remove(stored)
    with home.store.create(BUCKET, stored.name, content_type="x") as target:
        target.write(data)


def damage(home: Outside, stored: StoredObject) -> None:
    home.store.remove(stored)
    with home.store.create(BUCKET, stored.name, content_type="x") as target:
        target.write(b"?" * stored.size)


HARM = {"is gone": remove, "was written again": write_again, "is damaged": damage}


class TestARetryOfASplitTable:
    def test_reads_the_parts_that_had_not_finished_and_no_other(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = failed_in(home, source, part=6)
        unread = ranges_of(home, job, read=False)
        assert len(unread) == 3
        again = retried(home, job)
        assert_whole(home, again)
        assert (again.version, again.scn) == (job.version, job.scn)
        assert read_by(source) == unread

    @pytest.mark.parametrize("harm", list(HARM))
    def test_reads_a_part_again_whose_object(
        self, home: Outside, source: MemorySource, harm: str
    ) -> None:
        job = failed_in(home, source, part=PARTS)
        HARM[harm](home, attempts_of(home)[0])
        assert_whole(home, retried(home, job))
        assert len(read_by(source)) == 2

    def test_shows_the_parts_it_took_over_as_done(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = failed_in(home, source, part=5)
        again = retry_job(job.id, outside=home).job
        source.before_batch = failing_from(1)
        drain(home)
        (table,) = tables(home, again).values()
        assert (table.parts_completed, table.parts_rows) == (4, 20)

    def test_reads_nothing_where_only_the_placing_failed(
        self, home: Outside, source: MemorySource
    ) -> None:
        transport = put_transport(home, "EMP", carriage=IN_PARTS)
        job = start(home, transport)
        with home.store.create(BUCKET, f"{job.folder}/{NAME}", content_type="x") as foreign:
            foreign.write(b"not ours")
        assert settle(home, job.id).status is JobStatus.FAILED
        home.store.remove(foreign.stored())
        source.readings.clear()
        assert_whole(home, retried(home, job))
        assert source.readings == []

    def test_of_a_retry_that_never_came_to_it_reads_no_more(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = failed_in(home, source, part=6)
        cancelled = retry_job(job.id, outside=home).job
        cancel_job(cancelled.id, outside=home)
        again = retried(home, settle(home, cancelled.id))
        assert_whole(home, again)
        assert len(read_by(source)) == 3

    def test_of_a_retry_that_failed_too_reads_what_neither_read(
        self, home: Outside, source: MemorySource
    ) -> None:
        first = failed_in(home, source, part=3)
        source.before_batch = failing_from(4)
        second = retried(home, first)
        assert second.status is JobStatus.FAILED
        source.before_batch = None
        source.readings.clear()
        assert_whole(home, retried(home, second))
        assert len(read_by(source)) == PARTS - 2 - 3

    def test_plans_it_anew_once_the_history_of_the_first_has_expired(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = failed_in(home, source, part=6)
        again = retry_job(job.id, outside=home).job
        assert isinstance(home.book, SqliteJobBook)
        home.book.forget_expired(home.clock.now() + timedelta(days=100))
        assert_whole(home, settle(home, again.id))
        assert len(read_by(source)) == PARTS

    def test_that_expires_before_it_is_closed_keeps_nothing(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = failed_in(home, source, part=6)
        again = retry_job(job.id, outside=home).job
        assert isinstance(home.book, SqliteJobBook)
        home.book.forget_expired(home.clock.now() + timedelta(days=100))
        cancel_job(again.id, outside=home)
        assert settle(home, again.id).status is JobStatus.CANCELLED
        assert attempts_of(home) == []

    def test_reads_it_whole_where_the_account_may_not_look_back_any_more(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = failed_in(home, source, part=6)
        source.flashback = False
        again = retried(home, job)
        assert again.status is JobStatus.COMPLETED
        assert rows(home, f"{again.folder}/{NAME}") == Counter(EMP)
        assert [each.scn for each in source.readings] == [None]

    def test_makes_a_new_version_and_reads_all_where_undo_is_gone(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = failed_in(home, source, part=6)
        source.forget_before(source.put("EMP", EMP))
        again = retried(home, job)
        assert job.version is not None
        assert again.version == job.version + 1
        assert_whole(home, again)
        assert len(read_by(source)) == PARTS

    def test_fails_with_advice_where_undo_goes_before_it_begins(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = failed_in(home, source, part=6)
        again = retry_job(job.id, outside=home).job
        source.forget_before(source.put("EMP", EMP))
        again = settle(home, again.id)
        (table,) = tables(home, again).values()
        assert table.failure.code == "SNAPSHOT_GONE"
        assert len(attempts_of(home)) == 5, "kept, should undo not have been gone for good"


class TestARetryOfHalvedParts:
    def depths(self, home: Outside, job: Job) -> dict[int, int]:
        (table,) = tables(home, job).values()
        parts = home.book.parts(job.id, table.table_id, PageRequest(size=100)).items
        return {each.number: each.depth for each in parts}

    def test_does_not_forget_how_often_they_were_halved(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.rows_undo_reaches = 0
        job = settle(home, start(home, put_transport(home, "EMP", carriage=IN_PARTS)).id)
        halved = self.depths(home, job)
        assert max(halved.values()) > 0
        again = retry_job(job.id, outside=home).job
        source.before_batch = failing_from(1)
        drain(home)
        assert self.depths(home, again) == halved


class TestARetryOfATableReadAtOnce:
    def test_reads_nothing_where_only_the_placing_failed(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = start(home, put_transport(home, "EMP"))
        with home.store.create(BUCKET, f"{job.folder}/{NAME}", content_type="x") as foreign:
            foreign.write(b"not ours")
        assert settle(home, job.id).status is JobStatus.FAILED
        home.store.remove(foreign.stored())
        source.readings.clear()
        again = retried(home, job)
        assert (again.status, source.readings) == (JobStatus.COMPLETED, [])
        assert rows(home, f"{again.folder}/{NAME}") == Counter(EMP)

    def test_reads_it_again_where_its_object_is_gone(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = start(home, put_transport(home, "EMP"))
        with home.store.create(BUCKET, f"{job.folder}/{NAME}", content_type="x") as foreign:
            foreign.write(b"not ours")
        assert settle(home, job.id).status is JobStatus.FAILED
        home.store.remove(foreign.stored())
        (attempt,) = attempts_of(home)
        home.store.remove(attempt)
        assert retried(home, job).status is JobStatus.COMPLETED


def rot(folder: Path, stored: StoredObject) -> None:
    """Turn a bit of a file as a disk does: its times stay as they were."""
    file = folder / "objects" / stored.bucket / stored.name
    before = file.stat()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


class TestAFileThatRotsOnItsDisk:
    @pytest.mark.parametrize("carriage", [Carriage(), IN_PARTS], ids=["whole", "in parts"])
    def test_is_read_from_oracle_again_by_the_next_retry(
        self, home: Outside, source: MemorySource, tmp_path: Path, carriage: Carriage
    ) -> None:
        # Read, and not yet placed.
        broken = replace(home, store=RefusingComposing(home.store))
        transport = put_transport(home, "EMP", carriage=carriage)
        failed = settle(broken, start(broken, transport).id)
        rot(tmp_path, attempts_of(home)[0])
        source.readings.clear()
        found = retried(home, failed)
        assert found.status is JobStatus.FAILED, (
            "what the folder knew was not yet known to be false"
        )
        (table,) = tables(home, found).values()
        assert "has changed on the disk" in table.failure.message
        assert source.readings == []
        again = retried(home, found)
        assert again.status is JobStatus.COMPLETED
        assert rows(home, f"{again.folder}/{NAME}") == Counter(EMP)
        assert len(source.readings) == 1


class Unreachable:
    """A database that nobody can ask anything."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        raise SourceAway(f"{name}: the database is away")


def read_but_not_placed(home: Outside, *, carriage: Carriage) -> Job:
    """Return a job that failed with all its rows read."""
    broken = replace(home, store=RefusingSchemas(home.store))
    job = settle(broken, start(home, put_transport(home, "EMP", carriage=carriage)).id)
    assert job.status is JobStatus.FAILED
    return job


class TestATableReadInATransactionOfItsOwn:
    def test_is_taken_over_without_an_scn(self, home: Outside, source: MemorySource) -> None:
        source.flashback = False
        job = read_but_not_placed(home, carriage=Carriage())
        assert job.scn is not None
        source.readings.clear()
        again = retried(home, job)
        assert (again.status, source.readings) == (JobStatus.COMPLETED, [])
        assert [each.scn for each in tables(home, again).values()] == [None]


@pytest.mark.parametrize("carriage", [Carriage(), IN_PARTS], ids=["at once", "in parts"])
class TestARetryOfATableOfWhichAllIsRead:
    def test_needs_no_oracle(self, home: Outside, carriage: Carriage) -> None:
        job = read_but_not_placed(home, carriage=carriage)
        alone = replace(home, source=lambda _: Unreachable())
        again = retried(alone, job)
        assert_complete(home, again)
        assert (again.version, again.scn) == (job.version, job.scn)

    def test_completes_the_version_though_undo_is_gone(
        self, home: Outside, source: MemorySource, carriage: Carriage
    ) -> None:
        job = read_but_not_placed(home, carriage=carriage)
        source.forget_before(source.put("EMP", EMP))
        again = retried(home, job)
        assert_complete(home, again)
        assert again.version == job.version

    def test_makes_a_new_version_in_the_end_where_objects_are_gone_too(
        self, home: Outside, source: MemorySource, carriage: Carriage
    ) -> None:
        job = read_but_not_placed(home, carriage=carriage)
        source.forget_before(source.put("EMP", EMP))
        home.store.remove(attempts_of(home)[0])
        again = retried(home, job)
        assert again.status is JobStatus.FAILED
        (table,) = tables(home, again).values()
        assert table.failure.code == "SNAPSHOT_GONE"
        last = retried(home, again)
        assert job.version is not None
        assert last.version == job.version + 1
        assert_complete(home, last)


class TestWhatIsKept:
    def test_is_what_was_read_and_nothing_else(self, home: Outside, source: MemorySource) -> None:
        job = failed_in(home, source, part=6)
        (table,) = tables(home, job).values()
        assert [each.name for each in attempts_of(home)] == [
            f"{job.attempts_folder}/{table.table_id}-p{number:05d}-a001" for number in range(1, 6)
        ]

    def test_goes_when_the_retry_completes_the_version(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = failed_in(home, source, part=6)
        write_again(home, attempts_of(home)[0])
        assert_whole(home, retried(home, job))

    def test_is_nothing_of_a_job_that_takes_no_version(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.before_batch = failing_from(4)
        transport = put_transport(home, "EMP", carriage=IN_PARTS)
        job = settle(home, start(home, transport, tables=("EMP",)).id)
        assert job.status is JobStatus.FAILED
        assert attempts_of(home) == []


class RefusingComposing:
    """A store that puts nothing together."""

    def __init__(self, store: Any) -> None:  # noqa: ANN401 - as the real thing has it
        self._store = store

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(self._store, name)

    def compose(self, *_: Any, **__: Any) -> StoredObject:  # noqa: ANN401 - whatever is asked
        raise StoreRefused("nothing is put together here")


class RefusingSchemas:
    """A store that takes no schema file."""

    def __init__(self, store: Any) -> None:  # noqa: ANN401 - as the real thing has it
        self._store = store

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(self._store, name)

    def create(self, bucket: str, name: str, *, content_type: str) -> Any:  # noqa: ANN401 - a writer
        if name.endswith(".schema.json"):
            raise StoreRefused("no schema files here")
        return self._store.create(bucket, name, content_type=content_type)


@settings(max_examples=25, deadline=None)
@given(fails_in=st.integers(1, PARTS + 1), lost=st.sets(st.integers(0, PARTS - 1)))
def test_whatever_was_read_and_lost_the_retry_reads_the_rest_once(
    fails_in: int, lost: set[int]
) -> None:
    source = source_of_many()
    with tempfile.TemporaryDirectory() as folder:
        home = a_home(Path(folder), source=source)
        source.before_batch = failing_from(fails_in)
        broken = replace(home, store=RefusingSchemas(home.store))
        job = settle(broken, start(home, put_transport(home, "EMP", carriage=IN_PARTS)).id)
        assert job.status is JobStatus.FAILED
        source.before_batch = None
        source.readings.clear()
        kept = attempts_of(home)
        gone = [kept[each] for each in lost if each < len(kept)]
        for each in gone:
            home.store.remove(each)
        assert_whole(home, retried(home, job))
        assert len(read_by(source)) == PARTS - len(kept) + len(gone)
        home.close()
