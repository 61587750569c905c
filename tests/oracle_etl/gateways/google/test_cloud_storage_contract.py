"""Cloud Storage keeps the contract of object stores."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contracts.object_store_contract import WholeObjectStoreContract
from google_fakes.anonymous import store_on
from google_fakes.cloud_storage_server import FakeCloudStorage
from oracle_etl.ports import ObjectStore


class TestCloudStorage(WholeObjectStoreContract):
    @pytest.fixture
    def bucket(self) -> str:
        return "lake"

    @pytest.fixture
    def other_bucket(self) -> str:
        return "other-lake"

    @pytest.fixture
    def store(self, bucket: str, other_bucket: str) -> Iterator[ObjectStore]:
        cloud = FakeCloudStorage(bucket, other_bucket)
        with cloud.serving(), store_on(cloud, chunk_bytes=8 * 1024 * 1024) as store:
            yield store
