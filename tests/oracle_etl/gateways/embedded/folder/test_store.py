from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from contracts.together import all_at_once
from objects_in_a_folder import GZIP, NAME, facts_of, files, put
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.model.errors import ObjectConflict, StoreRefused


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


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

    def test_has_the_name_also_where_another_writer_was_killed_behind_its_link(
        self, store: FolderObjectStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stored = put(store, "a/b/c")
        synced: list[str] = []
        fsync = os.fsync

        def noted_fsync(descriptor: int) -> None:
            fsync(descriptor)
            synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

        monkeypatch.setattr("os.fsync", noted_fsync)
        assert put(store, "a/b/c") == stored
        assert synced[-1] == "b", "the folder that holds c"


class TestAGeneration:
    def test_differs_within_one_tick_of_the_kernels_clock(
        self, store: FolderObjectStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("secrets.randbelow", lambda _: 123_456)
        put(store, NAME)
        assert (root / "lake" / NAME).stat().st_mtime_ns % 1_000_000 == 123_456


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
