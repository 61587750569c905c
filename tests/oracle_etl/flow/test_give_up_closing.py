"""A job that nobody can close ends all the same, and its retry reads nothing again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fakes.away import Away
from fakes.memory_source import MemorySource
from flow_home import content, drain, go_on, manifest, names, put_transport, settle, start
from oracle_etl.flow import finish_job as finishing
from oracle_etl.flow.findings import Depth
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.tick import tick
from oracle_etl.flow.verify_job import verify_job
from oracle_etl.model.errors import StoreAway
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.transport import TransportStatus
from oracle_etl.outside import Outside


class AwayFor:
    """A store that takes no object whose name ends so, for as long as anybody asks."""

    def __init__(self, store: Any, ending: str) -> None:  # noqa: ANN401 - as the real thing has it
        self._store = store
        self._ending = ending

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(self._store, name)

    def create(self, bucket: str, name: str, *, content_type: str) -> Any:  # noqa: ANN401 - a writer
        if name.endswith(self._ending):
            raise StoreAway(f"{name} cannot be written now")
        return self._store.create(bucket, name, content_type=content_type)


def never_closed(home: Outside, *, outside: Outside) -> Job:
    job = start(home, put_transport(home, "EMP"))
    return settle(outside, job.id, rounds=home.limits.attempts + 2)


def assert_a_retry_completes_it(home: Outside, source: MemorySource, job: Job) -> None:
    source.readings.clear()
    again = settle(home, retry_job(job.id, outside=home).job.id)
    assert (again.status, again.version) == (JobStatus.COMPLETED, job.version), again.failure
    assert source.readings == []
    assert again.id.encode() in content(home, f"{again.folder}/manifest.json")
    assert f"{again.folder}/_SUCCESS" in names(home)


class TestAJobThatCannotBeClosed:
    @pytest.mark.parametrize("ending", ["manifest.json", "_SUCCESS"])
    def test_since_the_store_stays_away_fails_and_can_be_retried(
        self, home: Outside, source: MemorySource, ending: str
    ) -> None:
        job = never_closed(home, outside=replace(home, store=AwayFor(home.store, ending)))
        assert (job.status, job.manifest) == (JobStatus.FAILED, None)
        assert job.failure is not None
        assert "could not be closed in 5 tries" in job.failure.message
        assert home.book.transport(job.transport_id).status is TransportStatus.FAILED
        assert_a_retry_completes_it(home, source, job)

    def test_because_of_a_defect_fails_too(
        self, home: Outside, source: MemorySource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = start(home, put_transport(home, "EMP"))
        with monkeypatch.context() as patch:
            patch.setattr(finishing, "judge_version", raising(IndexError("a defect")))
            with pytest.raises(IndexError):
                drain(home)
            for _ in range(home.limits.attempts):
                home.clock.wait(home.limits.lease + 1)
                tick(outside=home)
        job = home.book.job(job.id)
        assert job.status is JobStatus.FAILED
        assert_a_retry_completes_it(home, source, job)

    def test_waits_for_a_store_that_cannot_tell_what_stands_there(
        self, home: Outside, source: MemorySource
    ) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(replace(home, store=AwayFor(home.store, "_SUCCESS")))
        assert f"{job.folder}/manifest.json" in names(home)
        job = go_on(replace(home, store=Away(StoreAway("away"))), job.id, rounds=12)
        assert job.status is JobStatus.RUNNING
        ended = settle(home, job.id)
        assert ended.status is JobStatus.FAILED
        assert_a_retry_completes_it(home, source, ended)

    @pytest.mark.parametrize("asked", [{}, {"tables": ("EMP",)}])
    def test_is_complete_where_all_that_is_read_of_it_stands(
        self,
        home: Outside,
        source: MemorySource,
        asked: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        source.flashback = False
        job = start(home, put_transport(home, "EMP"), **asked)
        with monkeypatch.context() as patch:
            patch.setattr(finishing, "clear_up", raising(IndexError("a defect")))
            with pytest.raises(IndexError):
                drain(home)
            job = settle(home, job.id)
        assert (job.status, job.failure) == (JobStatus.COMPLETED, None)
        written = manifest(home, job)
        assert (written["status"], written["consistency"]) == ("completed", "mixed")
        assert job.consistency == "mixed"
        assert "in a transaction of their own" in written["warnings"][0]
        assert list(job.warnings) == written["warnings"]
        report = verify_job(job.id, outside=home, depth=Depth.VALUES)
        assert not report.findings
        assert home.book.transport(job.transport_id).status is TransportStatus.IDLE

    def test_leaves_a_strangers_manifest_alone(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        name = f"{job.folder}/manifest.json"
        away = replace(home, store=AwayFor(home.store, "manifest.json"))
        with home.store.create(job.bucket, name, content_type="x") as target:
            target.write(b'{"job": "another"}')
        job = settle(away, job.id, rounds=home.limits.attempts + 2)
        assert (job.status, job.leftovers) == (JobStatus.FAILED, ())


def raising(error: Exception) -> Callable[..., Any]:
    def refuse(*_: object, **__: object) -> None:
        raise error

    return refuse
