"""A store on the small Cloud Storage, what tests write to it, and what they let go wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from google_fakes.anonymous import CHUNK, store_on
from google_fakes.cloud_storage_server import FakeCloudStorage
from google_fakes.storage_faults import Answer, Fault, LoseRequest, Step
from oracle_etl.gateways.google.cloud_storage import CloudStorageObjectStore
from oracle_etl.model.objects import StoredObject

BUCKET = "lake"
NAME = "TRPID-00000001/v001/EMP.jsonl.gz"
GZIP = "application/gzip"
CONTENT = random.Random(1).randbytes(3 * CHUNK + 1000)  # noqa: S311 - content for a test

PASSING: list[Fault] = [Answer(503), Answer(429), Answer(500), Answer(408), LoseRequest()]


class Home(NamedTuple):
    """A store, and the cloud behind it."""

    store: CloudStorageObjectStore
    cloud: FakeCloudStorage

    def write(self, content: bytes = CONTENT) -> StoredObject:
        """Write an object in pieces of odd sizes."""
        with self.store.create(BUCKET, NAME, content_type=GZIP) as target:
            for first in range(0, len(content), 100_000):
                target.write(content[first : first + 100_000])
        return target.stored()

    def fails_at(self, step: Step, *faults: Fault, after: int = 0) -> None:
        """Let the next requests of a kind go wrong, once `after` of them went well."""
        self.cloud.faults.at(step, *faults, after=after)

    @property
    def objects(self) -> dict[str, bytes]:
        """What is published, once every fault has happened."""
        assert self.cloud.faults.all_taken, "a fault of this test never happened"
        return self.cloud.objects(BUCKET)


@pytest.fixture
def home() -> Iterator[Home]:
    """Give a store on an empty cloud."""
    cloud = FakeCloudStorage(BUCKET)
    with cloud.serving(), store_on(cloud) as store:
        yield Home(store, cloud)
