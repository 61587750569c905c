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
        self.goes_when_read = ""
        home = SimpleNamespace(
            bucket="b",
            names=lambda _: sorted(self.objects),
            read=lambda _, name: self._read(name),
        )
        self.watch = BucketWatch(cast("Home", home))

    def _read(self, name: str) -> bytes:
        if name == self.goes_when_read:
            del self.objects[name]
        if name not in self.objects:
            raise FileNotFoundError(name)
        return self.objects[name]

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

    def test_sees_an_object_that_went_away_while_it_was_read(self, bucket: Bucket) -> None:
        bucket.goes_when_read = f"{VERSION}/T.jsonl.gz"
        bucket.put(f"{VERSION}/T.jsonl.gz", b"whole")
        with pytest.raises(AssertionError, match="before they were whole"):
            bucket.watch.check()

    def test_takes_a_manifest_that_is_withdrawn_while_it_is_read_for_gone(
        self, bucket: Bucket
    ) -> None:
        manifest = f"{VERSION}/manifest.json"
        bucket.goes_when_read = manifest
        bucket.put(manifest, b"withdrawn")
        bucket.goes_when_read = ""
        bucket.put(manifest, b"written anew")
        bucket.watch.check()

    def test_sees_an_object_that_came_after_success(self, bucket: Bucket) -> None:
        bucket.put(f"{VERSION}/_SUCCESS")
        bucket.put(f"{VERSION}/T.jsonl.gz", b"whole")
        with pytest.raises(AssertionError, match="came after"):
            bucket.watch.check()
