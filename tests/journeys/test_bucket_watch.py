"""The watch over a bucket sees what a job must never do: else its silence proved nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from journey_homes.bucket_watch import BucketWatch
from journey_homes.home import Home

VERSION = "TRPID-1/v001"


class Bucket:
    """A bucket in memory, and the watch over it."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        home = SimpleNamespace(
            bucket="b",
            names=lambda _: sorted(self.objects),
            read=lambda _, name: self.objects[name],
        )
        self.watch = BucketWatch(cast("Home", home))

    def put(self, name: str, data: bytes = b"") -> None:
        self.objects[name] = data
        self.watch.look()


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


class TestAWatchOverABucket:
    def test_is_content_where_everything_is_whole_and_success_comes_last(
        self, bucket: Bucket
    ) -> None:
        bucket.put("_attempts/JOB-1/x", b"half")
        bucket.put("_attempts/JOB-1/x", b"half and half")
        bucket.put(f"{VERSION}/T.jsonl.gz", b"whole")
        del bucket.objects["_attempts/JOB-1/x"]
        bucket.put(f"{VERSION}/_SUCCESS")
        bucket.watch.check()

    def test_sees_an_object_that_was_not_whole_at_first(self, bucket: Bucket) -> None:
        bucket.put(f"{VERSION}/T.jsonl.gz", b"half")
        bucket.put(f"{VERSION}/T.jsonl.gz", b"half and half")
        with pytest.raises(AssertionError, match="before they were whole"):
            bucket.watch.check()

    def test_sees_an_object_that_went_away(self, bucket: Bucket) -> None:
        bucket.put(f"{VERSION}/T.jsonl.gz", b"whole")
        bucket.objects.clear()
        with pytest.raises(AssertionError, match="before they were whole"):
            bucket.watch.check()

    def test_sees_an_object_that_came_after_success(self, bucket: Bucket) -> None:
        bucket.put(f"{VERSION}/_SUCCESS")
        bucket.put(f"{VERSION}/T.jsonl.gz", b"whole")
        with pytest.raises(AssertionError, match="came after"):
            bucket.watch.check()
