from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import google_crc32c
import pytest

from contracts.together import all_at_once
from fakes.python_process import python_process
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.gateways.embedded.folder.errors import MEANING, named_errors
from oracle_etl.model.errors import (
    NoSuchObject,
    ObjectConflict,
    StoreAway,
    StoreRefused,
)
from oracle_etl.model.objects import StoredObject

GZIP = "application/gzip"
NAME = "TRPID-00000001/v001/EMP.jsonl.gz"

WRITE_UNTIL_KILLED = """
from pathlib import Path
from oracle_etl.gateways.embedded.folder import FolderObjectStore

with FolderObjectStore(Path(sys.argv[1])).create("lake", "half", content_type="x") as target:
    target.write(b"x" * 3_000_000)
    print("written", flush=True)
    sys.stdin.readline()
"""

WRITE_MORE_THAN_FITS = """
import resource, signal
from pathlib import Path
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.model.errors import StoreRefused

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_500_000, 2_500_000))
store = FolderObjectStore(Path(sys.argv[1]))
try:
    with store.create("lake", "too-large", content_type="x") as target:
        for _ in range(5):
            target.write(b"x" * 1_000_000)
except StoreRefused as error:
    print(error.hint, flush=True)
print(list(store.names("lake", "")), flush=True)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def store(root: Path) -> FolderObjectStore:
    return FolderObjectStore(root)


def put(store: FolderObjectStore, name: str, content: bytes = b"1") -> StoredObject:
    with store.create("lake", name, content_type=GZIP) as target:
        target.write(content)
    return target.stored()


def content(store: FolderObjectStore, stored: StoredObject) -> bytes:
    with store.open(stored) as chunks:
        return b"".join(chunks)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def facts_of(root: Path, stored: StoredObject) -> Path:
    return root / "lake" / ".oracle-etl" / "facts" / stored.generation


class TestAnObject:
    def test_is_a_file_of_its_name_that_any_program_reads(
        self, store: FolderObjectStore, root: Path
    ) -> None:
        put(store, NAME, b"content")
        assert (root / "lake" / NAME).read_bytes() == b"content"
        assert store.location("lake", NAME) == str(root / "lake" / NAME)

    def test_is_one_file_and_its_facts(self, store: FolderObjectStore, root: Path) -> None:
        stored = put(store, NAME)
        assert files(root) == sorted(
            [f"lake/{NAME}", f"lake/.oracle-etl/facts/{stored.generation}"]
        )
        assert (root / "lake" / NAME).stat().st_nlink == 1

    def test_leaves_no_file_when_its_block_raises(
        self, store: FolderObjectStore, root: Path
    ) -> None:
        with suppress(ValueError), store.create("lake", NAME, content_type=GZIP) as target:
            target.write(b"half")
            raise ValueError("no")
        assert files(root) == []

    def test_leaves_no_second_file_when_its_name_is_taken(
        self, store: FolderObjectStore, root: Path
    ) -> None:
        put(store, NAME, b"first")
        before = files(root)
        put(store, NAME, b"first")
        with pytest.raises(ObjectConflict):
            put(store, NAME, b"other")
        assert files(root) == before

    def test_takes_its_folders_and_facts_with_it(
        self, store: FolderObjectStore, root: Path
    ) -> None:
        keep, stored = put(store, "a/keep"), put(store, "a/b/c/d")
        store.remove(stored)
        assert not (root / "lake" / "a" / "b").exists()
        assert store.stat("lake", "a/keep") == keep
        assert not facts_of(root, stored).exists()
        store.remove(keep)
        assert sorted(path.name for path in (root / "lake").iterdir()) == [".oracle-etl"]

    def test_can_be_placed_while_its_folder_is_removed_again_and_again(
        self, store: FolderObjectStore
    ) -> None:
        def write_and_remove(name: str) -> None:
            for _ in range(30):
                store.remove(put(store, f"deep/er/{name}", name.encode()))

        all_at_once([lambda n=n: write_and_remove(f"n{n}") for n in range(4)])  # type: ignore[misc]
        assert list(store.names("lake", "")) == []

    def test_of_the_flows_own_errors_passes_them_as_they_are(
        self, store: FolderObjectStore
    ) -> None:
        with (
            pytest.raises(ConnectionResetError),
            store.create("lake", NAME, content_type=GZIP),
        ):
            raise ConnectionResetError("the source went away")


class TestTheDisk:
    def test_has_the_bytes_before_the_name_and_then_the_name(
        self, store: FolderObjectStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        events: list[str] = []
        fsync, link = os.fsync, os.link

        def noted_fsync(descriptor: int) -> None:
            fsync(descriptor)
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            events.append(f"{path.parent.name}/" if path.is_file() else path.name)

        def noted_link(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
            link(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
            events.append("link")

        monkeypatch.setattr("os.fsync", noted_fsync)
        monkeypatch.setattr("os.link", noted_link)
        put(store, "a/b/c")
        assert events == [
            root.name,  # holds lake
            "lake",  # holds .oracle-etl
            ".oracle-etl",  # holds unfinished
            "unfinished/",  # the file itself
            ".oracle-etl",  # holds facts
            "lake",  # holds a
            "a",  # holds b
            "link",
            "b",  # holds c
        ]


class TestAGeneration:
    def test_differs_within_one_tick_of_the_kernels_clock(
        self, store: FolderObjectStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("secrets.randbelow", lambda _: 123_456)
        put(store, NAME)
        assert (root / "lake" / NAME).stat().st_mtime_ns % 1_000_000 == 123_456


class TestAWriterThatIsKilled:
    def test_leaves_what_nobody_sees_and_a_sweep_removes(
        self, store: FolderObjectStore, root: Path
    ) -> None:
        with python_process(WRITE_UNTIL_KILLED, root) as writer:
            assert writer.line() == "written"
            writer.kill()
        assert store.stat("lake", "half") is None
        assert list(store.names("lake", "")) == []
        assert len(files(root)) == 1
        assert store.sweep() == 1
        assert files(root) == []


class TestASweep:
    def test_leaves_what_is_being_written(self, store: FolderObjectStore) -> None:
        with store.create("lake", NAME, content_type=GZIP) as target:
            target.write(b"content")
            assert store.sweep() == 0
        assert content(store, target.stored()) == b"content"

    def test_leaves_what_a_living_process_writes(
        self, store: FolderObjectStore, root: Path
    ) -> None:
        with python_process(WRITE_UNTIL_KILLED, root) as writer:
            assert writer.line() == "written"
            assert store.sweep() == 0
            writer.tell("go on")
            assert writer.ended() == 0
        stored = store.stat("lake", "half")
        assert stored is not None
        assert stored.size == 3_000_000

    def test_removes_facts_of_files_that_are_gone(
        self, store: FolderObjectStore, root: Path
    ) -> None:
        gone, kept, torn = put(store, "gone"), put(store, "kept"), put(store, "torn")
        (root / "lake" / "gone").unlink()
        facts_of(root, torn).write_text("{")
        assert store.sweep() == 2
        assert not facts_of(root, gone).exists()
        assert facts_of(root, kept).exists()
        assert store.stat("lake", "torn") == torn

    def test_of_an_empty_root_does_nothing(self, store: FolderObjectStore) -> None:
        assert store.sweep() == 0


class TestOldAttempts:
    def test_are_removed_and_nothing_else(self, store: FolderObjectStore, root: Path) -> None:
        then = datetime(2026, 3, 1, tzinfo=UTC)
        attempt = "_attempts/JOB-20260301-120000-0001/t1"
        young = "_attempts/JOB-20260301-120000-0002/t1"
        left_part = "v001/_attempts/part-00001-of-00002.parquet"
        old = (attempt, f"raw/{attempt}", left_part, NAME)
        for name in (young, *old):
            put(store, name)
        for name in old:
            os.utime(root / "lake" / name, (then.timestamp(), then.timestamp()))
        assert store.remove_attempts(then) == 0
        assert store.remove_attempts(then + timedelta(seconds=1)) == 2
        assert list(store.names("lake", "")) == [NAME, young, left_part]
        assert not (root / "lake" / "raw").exists()


class TestFacts:
    def test_of_a_file_about_to_get_its_name_survive_a_sweep(
        self, store: FolderObjectStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = os.link

        def swept_before_linking(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
            assert store.sweep() == 0
            link(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

        monkeypatch.setattr("os.link", swept_before_linking)
        stored = put(store, NAME)
        assert facts_of(root, stored).exists()

    def test_spare_the_reading_of_a_file(self, store: FolderObjectStore, root: Path) -> None:
        stored = put(store, NAME)
        facts_of(root, stored).write_text(json.dumps({"name": NAME, "crc32c": 42}))
        found = store.stat("lake", NAME)
        assert found is not None
        assert found.crc32c == 42

    @pytest.mark.parametrize("torn", [b"", b"{", b"[]", b'{"crc32c":"1"}', b"\xff", b"[" * 8000])
    def test_that_are_torn_are_found_again(
        self, store: FolderObjectStore, root: Path, torn: bytes
    ) -> None:
        stored = put(store, NAME, b"content")
        facts_of(root, stored).write_bytes(torn)
        assert store.stat("lake", NAME) == stored
        assert json.loads(facts_of(root, stored).read_bytes())["crc32c"] == stored.crc32c

    def test_of_a_file_put_there_by_hand_are_found(
        self, store: FolderObjectStore, root: Path
    ) -> None:
        (root / "lake" / "by").mkdir(parents=True)
        (root / "lake" / "by" / "hand").write_bytes(b"content" * 500_000)
        stored = store.stat("lake", "by/hand")
        assert stored is not None
        assert stored.crc32c == google_crc32c.value(b"content" * 500_000)
        assert content(store, stored) == b"content" * 500_000

    def test_of_a_file_changed_by_hand_are_not_those_of_the_old_one(
        self, store: FolderObjectStore, root: Path
    ) -> None:
        stored = put(store, NAME, b"first")
        (root / "lake" / NAME).write_bytes(b"other")
        found = store.stat("lake", NAME)
        assert found is not None
        assert found.generation != stored.generation
        assert found.crc32c == google_crc32c.value(b"other")
        with pytest.raises(NoSuchObject):
            content(store, stored)


class TestASourceThatTheDiskHasChanged:
    def test_is_not_put_into_a_composed_object(self, store: FolderObjectStore, root: Path) -> None:
        sources = [put(store, f"part-{number}", b"%d" % number) for number in range(3)]
        path = root / "lake" / "part-1"
        before = path.stat()
        path.write_bytes(b"x")
        os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
        with pytest.raises(StoreRefused, match="part-1"):
            store.compose("lake", NAME, sources, content_type=GZIP)
        assert store.stat("lake", NAME) is None
        standing = store.stat("lake", "part-1")
        assert standing is not None
        assert standing.crc32c == google_crc32c.value(b"x"), (
            "what stands there is told from then on"
        )


class TestAHostileName:
    @pytest.mark.parametrize(
        "name",
        [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../../x",
            "a/..",
            ".",
            "a/./b",
            "a//b",
            "a/",
            "a\0b",
            "n" * 256,
            "한" * 86,
            "/".join(["n" * 200] * 6),
            "\ud800",
            ".oracle-etl/facts/x",
            ".oracle-etl",
        ],
    )
    def test_is_refused_and_nothing_is_written(
        self, store: FolderObjectStore, root: Path, name: str
    ) -> None:
        stored = StoredObject(bucket="lake", name=name, generation="1", size=1, crc32c=1)
        with pytest.raises(StoreRefused) as caught:
            put(store, name)
        assert caught.value.hint
        for act in (
            lambda: store.stat("lake", name),
            lambda: store.remove(stored),
            lambda: content(store, stored),
            lambda: store.compose("lake", name, [], content_type=GZIP),
            lambda: store.location("lake", name),
        ):
            with pytest.raises(StoreRefused):
                act()
        assert not root.exists() or files(root.parent) == []

    @pytest.mark.parametrize("bucket", ["", ".", "..", "../x", "/tmp", "a/b", ".x", "a\0", "a\n"])  # noqa: S108 - a hostile name
    def test_of_a_bucket_is_refused(
        self, store: FolderObjectStore, root: Path, bucket: str
    ) -> None:
        for act in (
            lambda: store.verify(bucket),
            lambda: store.stat(bucket, NAME),
            lambda: list(store.names(bucket, "")),
        ):
            with pytest.raises(StoreRefused, match="bucket"):
                act()
        assert not root.exists() or files(root) == []

    @pytest.mark.parametrize("prefix", ["../", "/", "..", "lake/../..", "\0", "\ud800"])
    def test_finds_nothing_as_a_prefix(
        self, store: FolderObjectStore, tmp_path: Path, prefix: str
    ) -> None:
        (tmp_path / "secret").touch()
        put(store, NAME)
        assert list(store.names("lake", prefix)) == []


class TestALink:
    @pytest.fixture
    def elsewhere(self, tmp_path: Path) -> Path:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "secret").write_bytes(b"secret")
        return elsewhere

    def test_to_a_folder_leads_nowhere(
        self, store: FolderObjectStore, root: Path, elsewhere: Path
    ) -> None:
        put(store, NAME)
        (root / "lake" / "out").symlink_to(elsewhere)
        with pytest.raises(StoreRefused):
            put(store, "out/x")
        assert store.stat("lake", "out/secret") is None
        assert list(store.names("lake", "")) == [NAME]
        assert [path.name for path in elsewhere.iterdir()] == ["secret"]

    def test_in_place_of_a_bucket_leads_nowhere(
        self, store: FolderObjectStore, root: Path, elsewhere: Path
    ) -> None:
        root.mkdir()
        (root / "lake").symlink_to(elsewhere)
        with pytest.raises(StoreRefused):
            put(store, "x")
        assert [path.name for path in elsewhere.iterdir()] == ["secret"]

    def test_to_a_file_is_no_object(
        self, store: FolderObjectStore, root: Path, elsewhere: Path
    ) -> None:
        put(store, NAME)
        (root / "lake" / "link").symlink_to(elsewhere / "secret")
        with pytest.raises(StoreRefused):
            store.stat("lake", "link")
        with pytest.raises(StoreRefused):
            put(store, "link", b"other")
        assert list(store.names("lake", "")) == [NAME]
        assert (elsewhere / "secret").read_bytes() == b"secret"


class TestWhatIsNoFile:
    def test_is_no_object(self, store: FolderObjectStore, root: Path) -> None:
        put(store, NAME)
        os.mkfifo(root / "lake" / "pipe")
        (root / "lake" / "folder").mkdir()
        assert store.stat("lake", "pipe") is None
        assert store.stat("lake", "folder") is None
        assert list(store.names("lake", "")) == [NAME]

    def test_keeps_its_name(self, store: FolderObjectStore, root: Path) -> None:
        put(store, "folder/inner")
        with pytest.raises(StoreRefused) as caught:
            put(store, "folder")
        assert "folder stands" in caught.value.hint
        with pytest.raises(StoreRefused):
            put(store, "folder/inner/more")
        assert list(store.names("lake", "")) == ["folder/inner"]
        assert (root / "lake" / "folder").is_dir()


class TestNames:
    def test_of_a_bucket_that_is_not_there_are_none(self, store: FolderObjectStore) -> None:
        assert list(store.names("lake", "")) == []

    def test_of_a_prefix_are_looked_for_in_its_folders_alone(
        self, store: FolderObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("a/1", "a/b/2", "c/3", "a-b/4"):
            put(store, name)
        listed: list[str] = []
        scandir = os.scandir

        def noted(descriptor: int) -> object:
            listed.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
            return scandir(descriptor)

        monkeypatch.setattr("os.scandir", noted)
        assert list(store.names("lake", "a/b")) == ["a/b/2"]
        assert listed == ["lake", "a", "b"]

    def test_may_be_read_while_objects_are_removed(self, store: FolderObjectStore) -> None:
        for name in ("a/1", "b/1", "c/1"):
            put(store, name)
        names = store.names("lake", "")
        first = next(iter(names))
        gone = store.stat("lake", "b/1")
        assert gone is not None
        store.remove(gone)
        assert [first, *names] == ["a/1", "c/1"]

    def test_are_not_those_of_unreadable_bytes(self, store: FolderObjectStore, root: Path) -> None:
        put(store, NAME)
        Path(os.fsdecode(os.fsencode(root / "lake") + b"/\xff\xfe")).touch()
        assert list(store.names("lake", "")) == [NAME]


class TestADiskThatRefuses:
    def test_more_bytes_leaves_nothing(self, root: Path) -> None:
        with python_process(WRITE_MORE_THAN_FITS, root) as writer:
            assert "files of this size" in writer.line()
            assert writer.line() == "[]"
            assert writer.ended() == 0
        assert files(root) == []

    def test_a_root_is_named_by_verify(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(StoreRefused) as caught:
            FolderObjectStore(tmp_path / "file" / "objects").verify("lake")
        assert caught.value.hint

    @pytest.mark.parametrize("number", MEANING)
    def test_is_named_with_what_to_do(self, number: int) -> None:
        kind, hint = MEANING[number]
        with pytest.raises(kind, match="the subject") as caught, named_errors("the subject"):
            raise OSError(number, os.strerror(number))
        assert caught.value.hint == hint

    def test_for_an_unknown_reason_is_tried_again(self) -> None:
        with pytest.raises(StoreAway) as caught, named_errors("x"):
            raise OSError("odd")
        assert caught.value.hint

    def test_for_a_while_is_refused_by_verify(
        self, store: FolderObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("os.fsync", full)
            with pytest.raises(StoreRefused) as caught:
                store.verify("lake")
        assert "make room" in caught.value.hint
        store.verify("lake")


class TestTwoWhoRemove:
    def test_wait_for_each_other(self, store: FolderObjectStore, root: Path) -> None:
        store.remove(put(store, "earlier"))
        stored = put(store, NAME)
        removed = threading.Event()

        def remove() -> None:
            store.remove(stored)
            removed.set()

        with (root / "lake" / ".oracle-etl" / "removing").open("w") as held_by_another:
            fcntl.flock(held_by_another, fcntl.LOCK_EX)
            thread = threading.Thread(target=remove)
            thread.start()
            assert not removed.wait(0.1)
            assert store.stat("lake", NAME) == stored
        assert removed.wait(30)
        thread.join()
        assert store.stat("lake", NAME) is None

    def test_take_turns(self, store: FolderObjectStore) -> None:
        for number in range(20):
            stored = put(store, NAME, b"%d" % number)
            all_at_once([lambda gone=stored: store.remove(gone)] * 3)  # type: ignore[misc]
            assert store.stat("lake", NAME) is None


class TestADraftWhoseSweepCameFirst:
    def test_is_made_anew(
        self, store: FolderObjectStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between making the file and locking it, a sweep takes it for a dead writer's."""
        swept = threading.Event()
        lock = fcntl.flock

        def swept_before_locking(descriptor: int, operation: int) -> None:
            if not swept.is_set():
                swept.set()
                assert store.sweep() == 1
            lock(descriptor, operation)

        monkeypatch.setattr("fcntl.flock", swept_before_locking)
        stored = put(store, NAME, b"content")
        assert swept.is_set()
        assert content(store, stored) == b"content"
        assert len(files(root)) == 2


class TestAnAbandonedReading:
    def test_closes_its_file(self, store: FolderObjectStore) -> None:
        stored = put(store, NAME, bytes(5_000_000))

        def first_chunk() -> Iterator[int]:
            with store.open(stored) as chunks:
                yield len(next(iter(chunks)))

        before = open_files()
        reading = first_chunk()
        assert next(reading) == 1024 * 1024
        del reading
        assert open_files() == before
