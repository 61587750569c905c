"""What is refused for good ends the work and the job, and no worker dies of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.memory_source import MemorySource
from flow_home import a_home, drain, names, put_transport, start, tables
from oracle_etl.model.errors import InvalidRequest, StoreRefused
from oracle_etl.model.job import JobStatus
from oracle_etl.model.transport import TransportStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import ObjectStore, ObjectWriter, TableSource


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    source = MemorySource()
    source.put("EMP", ((1, "one"),))
    source.put("DEPT", ((1, None),))
    made = a_home(tmp_path, source=source)
    yield made
    made.close()


class Refusing:
    """A store that takes no new object whose name ends so, and lists none."""

    def __init__(self, real: ObjectStore, ending: str = "") -> None:
        self._real = real
        self._ending = ending

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the real thing has it
        return getattr(self._real, name)

    def create(
        self, bucket: str, name: str, *, content_type: str
    ) -> AbstractContextManager[ObjectWriter]:
        if name.endswith(self._ending):
            raise StoreRefused(f"there is no bucket {bucket}", hint="make it")
        return self._real.create(bucket, name, content_type=content_type)

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        raise StoreRefused(f"there is no bucket {bucket}: {prefix}", hint="make it")


class TestAStoreThatRefusesEveryObject:
    def test_ends_the_job_failed_without_a_manifest(self, home: Outside) -> None:
        refused = replace(home, store=Refusing(home.store))
        job = start(refused, put_transport(home, "EMP"))
        drain(refused)
        ended = home.book.job(job.id)
        assert (ended.status, ended.manifest) == (JobStatus.FAILED, None)
        assert ended.failure is not None
        assert "there is no bucket" in ended.failure.message
        transport = home.book.transport(job.transport_id)
        assert (transport.status, transport.running_job) == (TransportStatus.FAILED, None)


class TestAStoreThatRefusesTheManifest:
    def test_ends_a_job_failed_whose_tables_are_complete(self, home: Outside) -> None:
        refused = replace(home, store=Refusing(home.store, "manifest.json"))
        job = start(refused, put_transport(home, "EMP"))
        drain(refused)
        ended = home.book.job(job.id)
        assert (ended.status, ended.manifest) == (JobStatus.FAILED, None)
        assert ended.failure is not None
        assert ended.failure.hint == "make it"
        assert not any(name.endswith("_SUCCESS") for name in names(home))


class TestASourceThatIsNoLongerConfigured:
    def test_fails_its_tables_at_once_and_says_why(self, home: Outside) -> None:
        def nowhere(name: str) -> TableSource:
            raise InvalidRequest(f"there is no source {name!r}")

        refused = replace(home, source=nowhere)
        job = start(refused, put_transport(home, "EMP", "DEPT"))
        drain(refused)
        assert home.book.job(job.id).status is JobStatus.FAILED
        failures = [each.failure.message for each in tables(home, job).values()]
        assert failures == ["there is no source 'default'"] * 2
