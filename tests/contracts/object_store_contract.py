"""What every ObjectStore does: `class TestMine(ObjectStoreContract)` with two fixtures."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress

import google_crc32c
import pytest

from contracts.together import all_at_once
from oracle_etl.model.errors import NoSuchObject, ObjectConflict
from oracle_etl.model.objects import StoredObject
from oracle_etl.ports import ObjectStore

GZIP = "application/gzip"
NAME = "TRPID-00000001/v001/EMP.jsonl.gz"

ODD_NAMES = [
    "a",
    "a b/c d.jsonl.gz",
    "TRPID-00000001/v001/한글.jsonl.gz",
    "TRPID-00000001/v001/%ED%95%9C.jsonl.gz",
    "x/HR.EMP$#.jsonl.gz",
    "x/\N{GRINNING FACE}/é/e\N{COMBINING ACUTE ACCENT}",
    "_SUCCESS",
    ".hidden/.file",
    "x/-rf *?[]{}'\"&|;<>`",
    "/".join("abcdefghij"),
    "x/" + "n" * 200,
]


def some_bytes(size: int, *, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - content for a test


class ObjectStoreContract:
    """Give `store` a store, and `bucket` and `other_bucket` buckets that are empty and its own."""

    sizes: Sequence[int] = (0, 1, 255, 256 * 1024, 256 * 1024 + 1, 9 * 1024 * 1024 + 7)
    """Sizes at which the implementation might change its ways."""
    contenders = 8

    @pytest.fixture
    def store(self) -> ObjectStore:
        raise NotImplementedError

    @pytest.fixture
    def bucket(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def other_bucket(self) -> str:
        raise NotImplementedError

    def put(self, store: ObjectStore, bucket: str, name: str, content: bytes) -> StoredObject:
        with store.create(bucket, name, content_type=GZIP) as target:
            target.write(content)
        return target.stored()

    def content(self, store: ObjectStore, stored: StoredObject) -> bytes:
        with store.open(stored) as chunks:
            return b"".join(chunks)

    def names(self, store: ObjectStore, bucket: str, prefix: str = "") -> list[str]:
        return list(store.names(bucket, prefix))


class WritingContract(ObjectStoreContract):
    @pytest.fixture(params=range(6))
    def size(self, request: pytest.FixtureRequest) -> int:
        place: int = request.param
        return self.sizes[place % len(self.sizes)]

    def test_what_was_written_is_read(self, store: ObjectStore, bucket: str, size: int) -> None:
        content = some_bytes(size)
        stored = self.put(store, bucket, NAME, content)
        assert self.content(store, stored) == content
        assert (stored.bucket, stored.name, stored.size) == (bucket, NAME, size)
        assert stored.crc32c == google_crc32c.value(content)
        assert store.stat(bucket, NAME) == stored

    def test_writes_of_any_size_make_one_object(self, store: ObjectStore, bucket: str) -> None:
        content = some_bytes(3_000_000)
        cuts = [0, 0, 1, 2, 65_536, 65_537, 65_537, 1_500_000, 3_000_000]
        with store.create(bucket, NAME, content_type=GZIP) as target:
            for first, last in itertools.pairwise(cuts):
                target.write(memoryview(content)[first:last])
        assert self.content(store, target.stored()) == content

    def test_bytes_reused_by_the_caller_do_not_change_the_object(
        self, store: ObjectStore, bucket: str
    ) -> None:
        buffer = bytearray(b"first ")
        with store.create(bucket, NAME, content_type=GZIP) as target:
            target.write(memoryview(buffer))
            buffer[:] = b"second"
            target.write(memoryview(buffer))
            buffer[:] = b"xxxxxx"
        assert self.content(store, target.stored()) == b"first second"

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_odd_names_are_kept(self, store: ObjectStore, bucket: str, name: str) -> None:
        stored = self.put(store, bucket, name, name.encode())
        assert stored.name == name
        assert self.names(store, bucket) == [name]
        assert store.stat(bucket, name) == stored
        assert self.content(store, stored) == name.encode()
        assert isinstance(store.location(bucket, name), str)

    def test_names_of_two_unicode_forms_are_two(self, store: ObjectStore, bucket: str) -> None:
        composed, decomposed = "\N{LATIN SMALL LETTER E WITH ACUTE}", "e\N{COMBINING ACUTE ACCENT}"
        self.put(store, bucket, composed, b"composed")
        self.put(store, bucket, decomposed, b"decomposed")
        assert sorted(self.names(store, bucket)) == sorted([composed, decomposed])

    def test_a_bucket_that_works_is_proved(self, store: ObjectStore, bucket: str) -> None:
        store.verify(bucket)
        assert self.names(store, bucket) == []


class WholeOrAbsentContract(ObjectStoreContract):
    @pytest.mark.parametrize("size", [0, 10, 9 * 1024 * 1024])
    @pytest.mark.parametrize(
        "error", [ValueError("no"), KeyboardInterrupt(), SystemExit(1), GeneratorExit()]
    )
    def test_a_block_that_raises_leaves_nothing(
        self, store: ObjectStore, bucket: str, error: BaseException, size: int
    ) -> None:
        def writing() -> None:
            with store.create(bucket, NAME, content_type=GZIP) as target:
                target.write(some_bytes(size))
                raise error

        with pytest.raises(type(error)):
            writing()
        assert store.stat(bucket, NAME) is None
        assert self.names(store, bucket) == []

    def test_a_block_that_is_never_ended_leaves_nothing(
        self, store: ObjectStore, bucket: str
    ) -> None:
        def writing() -> Iterator[None]:
            with store.create(bucket, NAME, content_type=GZIP) as target:
                target.write(b"half")
                yield

        abandoned = writing()
        next(abandoned)
        del abandoned
        assert store.stat(bucket, NAME) is None
        assert self.names(store, bucket) == []

    def test_nothing_is_there_before_the_block_ends(self, store: ObjectStore, bucket: str) -> None:
        with store.create(bucket, NAME, content_type=GZIP) as target:
            target.write(some_bytes(9 * 1024 * 1024))
            assert store.stat(bucket, NAME) is None
            assert self.names(store, bucket) == []
            with pytest.raises(RuntimeError):
                target.stored()

    def test_a_name_can_be_written_after_a_block_that_raised(
        self, store: ObjectStore, bucket: str
    ) -> None:
        with suppress(ValueError), store.create(bucket, NAME, content_type=GZIP) as target:
            target.write(b"half")
            raise ValueError("no")
        stored = self.put(store, bucket, NAME, b"whole")
        assert self.content(store, stored) == b"whole"

    def test_a_name_that_stands_with_other_content_is_a_conflict(
        self, store: ObjectStore, bucket: str
    ) -> None:
        first = self.put(store, bucket, NAME, b"first")
        with pytest.raises(ObjectConflict, match=first.generation):
            self.put(store, bucket, NAME, b"other")
        assert store.stat(bucket, NAME) == first
        assert self.content(store, first) == b"first"

    def test_a_name_that_stands_with_the_same_content_is_this_one(
        self, store: ObjectStore, bucket: str
    ) -> None:
        first = self.put(store, bucket, NAME, b"same")
        assert self.put(store, bucket, NAME, b"same") == first
        assert self.names(store, bucket) == [NAME]

    def test_one_of_many_writers_wins(self, store: ObjectStore, bucket: str) -> None:
        def write(number: int) -> str | None:
            try:
                return self.put(store, bucket, NAME, b"%d" % number).generation
            except ObjectConflict:
                return None

        written = all_at_once([lambda n=n: write(n) for n in range(self.contenders)])  # type: ignore[misc]
        winners = [generation for generation in written if generation is not None]
        stored = store.stat(bucket, NAME)
        assert stored is not None
        assert winners == [stored.generation]
        number = int(self.content(store, stored))
        assert written[number] == stored.generation


class ReadingContract(ObjectStoreContract):
    @pytest.mark.parametrize(
        ("first_byte", "size"),
        [(0, None), (0, 10), (7, None), (7, 10), (999_999, 1), (500_000, 500_000), (0, 0), (5, 0)],
    )
    def test_ranges_are_exact(
        self, store: ObjectStore, bucket: str, first_byte: int, size: int | None
    ) -> None:
        content = some_bytes(1_000_000)
        stored = self.put(store, bucket, NAME, content)
        last = None if size is None else first_byte + size
        with store.open(stored, first_byte=first_byte, size=size) as chunks:
            assert b"".join(chunks) == content[first_byte:last]

    def test_a_range_past_the_end_stops_at_the_end(self, store: ObjectStore, bucket: str) -> None:
        stored = self.put(store, bucket, NAME, b"0123456789")
        with store.open(stored, first_byte=8, size=100) as chunks:
            assert b"".join(chunks) == b"89"
        with store.open(stored, first_byte=10) as chunks:
            assert b"".join(chunks) == b""

    def test_chunks_are_small(self, store: ObjectStore, bucket: str) -> None:
        stored = self.put(store, bucket, NAME, bytes(20 * 1024 * 1024))
        with store.open(stored) as chunks:
            assert max(len(chunk) for chunk in chunks) <= 9 * 1024 * 1024

    def test_nothing_stands_under_an_unused_name(self, store: ObjectStore, bucket: str) -> None:
        self.put(store, bucket, "x/y/z", b"1")
        assert store.stat(bucket, NAME) is None
        assert store.stat(bucket, "x/y") is None
        assert store.stat(bucket, "x/y/z/more") is None

    def test_a_removed_object_is_gone(self, store: ObjectStore, bucket: str) -> None:
        stored = self.put(store, bucket, NAME, b"1")
        store.remove(stored)
        assert store.stat(bucket, NAME) is None
        assert self.names(store, bucket) == []
        with pytest.raises(NoSuchObject), store.open(stored):
            pass

    def test_removing_twice_does_nothing(self, store: ObjectStore, bucket: str) -> None:
        stored = self.put(store, bucket, NAME, b"1")
        store.remove(stored)
        store.remove(stored)

    def test_a_later_writing_of_a_name_is_another_generation(
        self, store: ObjectStore, bucket: str
    ) -> None:
        generations = set()
        for _ in range(20):
            stored = self.put(store, bucket, NAME, b"1")
            generations.add(stored.generation)
            store.remove(stored)
        assert len(generations) == 20

    def test_an_old_generation_neither_reads_nor_removes_the_new(
        self, store: ObjectStore, bucket: str
    ) -> None:
        old = self.put(store, bucket, NAME, b"1")
        store.remove(old)
        new = self.put(store, bucket, NAME, b"2")
        store.remove(old)
        with pytest.raises(NoSuchObject), store.open(old):
            pass
        assert store.stat(bucket, NAME) == new
        assert self.content(store, new) == b"2"


class NamesContract(ObjectStoreContract):
    def test_come_in_order_by_prefix(self, store: ObjectStore, bucket: str) -> None:
        every = ["a-b", "a/b-c/d", "a/b/c", "aa", "b", "b.x", "B", "é", "한", "a.b/c"]
        for name in every:
            self.put(store, bucket, name, b"1")
        assert self.names(store, bucket) == sorted(every)
        assert self.names(store, bucket, "a") == sorted(n for n in every if n[0] == "a")
        assert self.names(store, bucket, "a/") == ["a/b-c/d", "a/b/c"]
        assert self.names(store, bucket, "a/b") == ["a/b-c/d", "a/b/c"]
        assert self.names(store, bucket, "a/b/") == ["a/b/c"]
        assert self.names(store, bucket, "b.x") == ["b.x"]
        assert self.names(store, bucket, "zzz") == []
        assert self.names(store, bucket, "a/b/c/d/e") == []

    def test_are_those_of_one_bucket(
        self, store: ObjectStore, bucket: str, other_bucket: str
    ) -> None:
        here = self.put(store, bucket, NAME, b"here")
        assert self.names(store, other_bucket) == []
        assert store.stat(other_bucket, NAME) is None
        there = self.put(store, other_bucket, NAME, b"there")
        self.put(store, other_bucket, "another", b"1")
        assert self.names(store, bucket) == [NAME]
        assert (self.content(store, here), self.content(store, there)) == (b"here", b"there")
        store.remove(there)
        assert store.stat(bucket, NAME) == here


class ComposingContract(ObjectStoreContract):
    def parts(self, store: ObjectStore, bucket: str, count: int) -> list[StoredObject]:
        return [
            self.put(store, bucket, f"_attempts/p{number:05d}", some_bytes(1000, seed=number))
            for number in range(count)
        ]

    @pytest.mark.parametrize("count", [1, 2, 32, 33, 70])
    def test_sources_are_joined_in_order_and_stay(
        self, store: ObjectStore, bucket: str, count: int
    ) -> None:
        sources = self.parts(store, bucket, count)
        before = self.names(store, bucket)
        joined = store.compose(bucket, NAME, sources, content_type=GZIP)
        expected = b"".join(some_bytes(1000, seed=number) for number in range(count))
        assert self.content(store, joined) == expected
        assert (joined.size, joined.crc32c) == (len(expected), google_crc32c.value(expected))
        assert store.stat(bucket, NAME) == joined
        assert self.names(store, bucket) == sorted([*before, NAME])

    def test_one_source_may_come_twice(self, store: ObjectStore, bucket: str) -> None:
        a, b = self.parts(store, bucket, 2)
        joined = store.compose(bucket, NAME, [b, a, b], content_type=GZIP)
        first, second = self.content(store, a), self.content(store, b)
        assert self.content(store, joined) == second + first + second

    def test_composing_again_is_the_same_object(self, store: ObjectStore, bucket: str) -> None:
        sources = self.parts(store, bucket, 3)
        first = store.compose(bucket, NAME, sources, content_type=GZIP)
        assert store.compose(bucket, NAME, sources, content_type=GZIP) == first

    def test_composing_over_other_content_is_a_conflict(
        self, store: ObjectStore, bucket: str
    ) -> None:
        sources = self.parts(store, bucket, 3)
        first = self.put(store, bucket, NAME, b"other")
        with pytest.raises(ObjectConflict, match=first.generation):
            store.compose(bucket, NAME, sources, content_type=GZIP)
        assert store.stat(bucket, NAME) == first

    @pytest.mark.parametrize("gone", [0, 1, 39])
    def test_a_source_that_is_gone_is_named_and_nothing_appears(
        self, store: ObjectStore, bucket: str, gone: int
    ) -> None:
        sources = self.parts(store, bucket, 40)
        store.remove(sources[gone])
        with pytest.raises(NoSuchObject, match=sources[gone].name):
            store.compose(bucket, NAME, sources, content_type=GZIP)
        assert store.stat(bucket, NAME) is None

    def test_a_source_written_anew_is_another_one(self, store: ObjectStore, bucket: str) -> None:
        (source,) = self.parts(store, bucket, 1)
        store.remove(source)
        self.put(store, bucket, source.name, b"new")
        with pytest.raises(NoSuchObject, match=source.name):
            store.compose(bucket, NAME, [source], content_type=GZIP)
        assert store.stat(bucket, NAME) is None


class WholeObjectStoreContract(
    WritingContract, WholeOrAbsentContract, ReadingContract, NamesContract, ComposingContract
):
    """Everything; or subclass the situations one by one, for names that read better."""
