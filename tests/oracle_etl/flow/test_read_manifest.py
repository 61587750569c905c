from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.memory_source import MemorySource
from flow_home import BUCKET, a_home, drain, put_transport, start
from oracle_etl.flow.read_manifest import read_manifest
from oracle_etl.model.errors import NoSuchJob, NoSuchObject
from oracle_etl.outside import Outside


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Outside]:
    source = MemorySource()
    source.put("EMP", [(1, "a")])
    home = a_home(tmp_path, source=source)
    yield home
    home.close()


class TestAManifest:
    def test_is_read_whole(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        manifest = read_manifest(job.id, outside=home)
        content = b"".join(manifest.chunks)
        assert len(content) == manifest.size
        assert json.loads(content)["job"] == job.id

    def test_is_not_there_before_the_job_has_ended(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        with pytest.raises(NoSuchObject, match=r"has no manifest: it is running"):
            read_manifest(job.id, outside=home)

    def test_that_somebody_removed_is_said_to_be_gone(self, home: Outside) -> None:
        job = start(home, put_transport(home, "EMP"))
        drain(home)
        stored = home.store.stat(BUCKET, home.book.job(job.id).manifest or "")
        assert stored is not None
        home.store.remove(stored)
        with pytest.raises(NoSuchObject, match="is gone"):
            read_manifest(job.id, outside=home)

    def test_of_no_job_is_refused(self, home: Outside) -> None:
        with pytest.raises(NoSuchJob):
            read_manifest("JOB-20260301-120000-ffff", outside=home)
