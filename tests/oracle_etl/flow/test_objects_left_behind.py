"""What is put at a final name, and not written down as complete, stands in no later job's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from emp_and_dept import EMP
from fakes.crashing_home import Crash, Effects, Moment, crashing
from fakes.keeping_store import KeepingStore
from fakes.memory_source import MemorySource
from flow_home import (
    BUCKET,
    content,
    drain,
    names,
    put_transport,
    settle,
    start,
    tables,
)
from oracle_etl.flow.cancel_job import cancel_job
from oracle_etl.flow.edit_transports import change_transport
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.model.errors import JobHasEnded, StoreAway, StoreRefused
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.objects import StoredObject
from oracle_etl.outside import Outside
from work_of_one_table import SITUATIONS, effects_of, read_back, retried, transport_in

FIRST_OF_PLACING = {
    "a whole table": "transact commit",
    "a table in parts": "transact announce",
    "a table left in parts": "transact announce",
}
"""What is about to be placed is written down with what was read at once, or by itself."""


def kill_points() -> list[ParameterSet]:
    """Return every death from the moment on at which objects are about to be placed."""
    return [
        pytest.param(situation, number, moment, id=f"{situation}-{number}-{name}-{moment}")
        for situation in SITUATIONS
        for number, name in enumerate(effects_of(situation), start=1)
        for moment in Moment
        if number >= effects_of(situation).index(FIRST_OF_PLACING[situation])
    ]


def die(home: Outside, situation: str, number: int, moment: Moment) -> Job:
    """Start a job whose worker dies at an effect, cancel it, and return it ended."""
    job = start(home, transport_in(home, situation))
    with pytest.raises(Crash):
        drain(crashing(home, Effects(dies_at=number, moment=moment)))
    with suppress(StoreAway, JobHasEnded):
        cancel_job(job.id, outside=home)
    return settle(home, job.id)


def forget_attempts(home: Outside) -> None:
    """Do what a bucket's lifecycle does to attempts."""
    for name in names(home, "_attempts/"):
        stored = home.store.stat(BUCKET, name)
        assert stored is not None
        home.store.remove(stored)


@pytest.mark.parametrize(("situation", "number", "moment"), kill_points())
def test_a_retry_with_other_bytes_completes_the_version(
    home: Outside, source: MemorySource, situation: str, number: int, moment: Moment
) -> None:
    job = die(home, situation, number, moment)
    if job.status is not JobStatus.COMPLETED:
        forget_attempts(home)
        source.is_reversed = True
        assert names(home, f"{job.folder}/EMP") == [], "what is not complete is not to be seen"
        job = retried(home, job)
    assert job.status is JobStatus.COMPLETED, (job.failure, tables(home, job))
    assert read_back(home, job) == Counter(EMP)
    assert content(home, f"{job.folder}/_SUCCESS") == b""
    assert names(home, "_attempts/") == []


class TestAnObjectThatTheCloserCouldNotTakeBack:
    @pytest.mark.parametrize("situation", list(SITUATIONS))
    def test_is_replaced_by_the_retry(
        self, home: Outside, source: MemorySource, situation: str
    ) -> None:
        last_compose = len(effects_of(situation)) - effects_of(situation)[::-1].index("compose")
        keeping = replace(home, store=KeepingStore(home.store))
        job = die(keeping, situation, last_compose, Moment.AFTER)
        assert names(home, f"{job.folder}/EMP") != []
        forget_attempts(home)
        source.is_reversed = True
        again = retried(home, job)
        assert again.status is JobStatus.COMPLETED, again.failure
        assert read_back(home, again) == Counter(EMP)
        (table,) = tables(home, again).values()
        assert (table.intents, table.leftovers) == ((), ())

    def test_is_known_to_the_retry_of_a_retry(self, home: Outside, source: MemorySource) -> None:
        compose = effects_of("a whole table").index("compose") + 1
        keeping = replace(home, store=KeepingStore(home.store))
        job = die(keeping, "a whole table", compose, Moment.AFTER)
        again = retry_job(job.id, outside=home).job
        cancel_job(again.id, outside=keeping)
        again = settle(keeping, again.id)
        forget_attempts(home)
        source.is_reversed = True
        assert retried(home, again).status is JobStatus.COMPLETED


class TestAnObjectOfSomebodyElse:
    def put(self, home: Outside, job: Job) -> StoredObject:
        with home.store.create(BUCKET, f"{job.folder}/EMP.jsonl.gz", content_type="x") as target:
            target.write(b"not ours")
        return target.stored()

    def test_is_never_touched(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        foreign = self.put(home, job)
        drain(home)
        job = home.book.job(job.id)
        assert tables(home, job)["EMP"].failure.code == "OBJECT_CONFLICT"
        assert retried(home, job).status is JobStatus.FAILED
        assert home.store.stat(BUCKET, foreign.name) == foreign

    def test_once_removed_stands_in_no_retrys_way(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        foreign = self.put(home, job)
        drain(home)
        home.store.remove(foreign)
        assert retried(home, home.book.job(job.id)).status is JobStatus.COMPLETED


class StoreThatStops:
    """A store that calls somebody before an object gets its final name, once."""

    def __init__(self, store: Any, before: Any) -> None:  # noqa: ANN401 - a store, a call
        self._store = store
        self._before = iter([before])

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(self._store, name)

    def compose(
        self, bucket: str, name: str, sources: Sequence[StoredObject], *, content_type: str
    ) -> StoredObject:
        for call in self._before:
            call()
        placed: StoredObject = self._store.compose(bucket, name, sources, content_type=content_type)
        return placed


class TestAWorkerThatSleepsJustBeforeItPlaces:
    def test_harms_no_retry_that_was_faster(self, home: Outside, source: MemorySource) -> None:
        job = start(home, put_transport(home, "EMP"))
        done: list[Job] = []

        def meanwhile() -> None:
            home.clock.wait(home.limits.lease + 1)
            cancel_job(job.id, outside=home)
            source.is_reversed = True
            forget_attempts(home)
            done.append(retried(home, settle(home, job.id)))

        drain(replace(home, store=StoreThatStops(home.store, meanwhile)), owner="sleeper")
        (again,) = done
        assert again.status is JobStatus.COMPLETED
        assert read_back(home, again) == Counter(EMP)
        (final,) = tables(home, again)["EMP"].objects
        assert home.store.stat(BUCKET, final.object.name) == final.object


class StoreThatIsSlowToTell:
    """A store that calls somebody once it has looked at a table's object, and then says it."""

    def __init__(self, store: Any, after: Any) -> None:  # noqa: ANN401 - a store, a call
        self._store = store
        self._after = iter([after])

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(self._store, name)

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        found: StoredObject | None = self._store.stat(bucket, name)
        if name.endswith("EMP.jsonl.gz") and found is not None:
            for call in self._after:
                call()
        return found


class TestACloserThatSleepsJustBeforeItTakesBack:
    def test_touches_nothing_that_came_later(self, home: Outside, source: MemorySource) -> None:
        compose = effects_of("a whole table").index("compose") + 1
        job = start(home, put_transport(home, "EMP"))
        with pytest.raises(Crash):
            drain(crashing(home, Effects(dies_at=compose, moment=Moment.AFTER)))
        done: list[Job] = []

        def meanwhile() -> None:
            home.clock.wait(home.limits.lease + 1)
            done.append(retried(home, settle(home, job.id)))

        sleeper = replace(home, store=StoreThatIsSlowToTell(home.store, meanwhile))
        home.clock.wait(home.limits.lease + 1)
        cancel_job(job.id, outside=sleeper)
        (again,) = done
        assert (again.status, home.book.job(job.id).status) == (
            JobStatus.COMPLETED,
            JobStatus.CANCELLED,
        )
        (final,) = tables(home, again)["EMP"].objects
        assert home.store.stat(BUCKET, final.object.name) == final.object


class StoreWithoutSuccess:
    """A store that refuses the last object of a version."""

    def __init__(self, store: Any) -> None:  # noqa: ANN401 - as the real thing has it
        self._store = store

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(self._store, name)

    def create(self, bucket: str, name: str, *, content_type: str) -> Any:  # noqa: ANN401 - a writer
        if name.endswith("_SUCCESS"):
            raise StoreRefused("no right to create _SUCCESS")
        return self._store.create(bucket, name, content_type=content_type)


class TestAManifestWithoutItsSuccess:
    def test_is_replaced_by_the_retry(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(replace(home, store=StoreWithoutSuccess(home.store)))
        job = home.book.job(job.id)
        assert (job.status, job.manifest) == (JobStatus.FAILED, None)
        assert f"{job.folder}/manifest.json" in names(home)
        again = retried(home, job)
        assert again.status is JobStatus.COMPLETED, again.failure
        assert again.id.encode() in content(home, f"{job.folder}/manifest.json")

    def test_stays_known_also_where_a_retry_is_refused_and_cannot_remove_it(
        self, home: Outside, source: MemorySource
    ) -> None:
        source.put("EMP", EMP * 2)
        transport = put_transport(home, "EMP")
        start(home, transport)
        drain(home)
        source.put("EMP", EMP)
        job = start(home, home.book.transport(transport.id))
        drain(replace(home, store=StoreWithoutSuccess(home.store)))
        change_transport(transport.id, {"max_row_drop_percent": 10.0}, outside=home)
        keeping = replace(home, store=KeepingStore(home.store, StoreRefused("no right")))
        refused = settle(keeping, retry_job(job.id, outside=home).job.id)
        assert refused.failure is not None
        assert (refused.failure.code, refused.manifest) == ("VERSION_REFUSED", None)
        change_transport(transport.id, {"max_row_drop_percent": None}, outside=home)
        again = retried(home, refused)
        assert again.status is JobStatus.COMPLETED, again.failure

    def test_stays_known_while_it_cannot_be_replaced(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(replace(home, store=StoreWithoutSuccess(home.store)))
        again = retry_job(job.id, outside=home).job
        again = settle(replace(home, store=StoreWithoutSuccess(home.store)), again.id)
        assert again.status is JobStatus.FAILED
        assert retried(home, again).status is JobStatus.COMPLETED


class TestAReleaseThatGoesOnClosing:
    def test_writes_the_same_manifest(self, home: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
        job = start(home, put_transport(home, "EMP"))
        effects = effects_of("a whole table")
        manifest = len(effects) - effects[::-1].index("begin object") - 1
        with pytest.raises(Crash):
            drain(crashing(home, Effects(dies_at=manifest, moment=Moment.AFTER)))
        monkeypatch.setattr("oracle_etl.flow.finish_job.version", lambda _: "99.0")
        assert settle(home, job.id).status is JobStatus.COMPLETED
