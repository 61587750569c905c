from __future__ import annotations

import fcntl
import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes.python_process import python_process
from objects_in_a_folder import GZIP, NAME, content, facts_of, files, put
from oracle_etl.gateways.embedded.folder import FolderObjectStore

WRITE_UNTIL_KILLED = """
from pathlib import Path
from oracle_etl.gateways.embedded.folder import FolderObjectStore

with FolderObjectStore(Path(sys.argv[1])).create("lake", "half", content_type="x") as target:
    target.write(b"x" * 3_000_000)
    print("written", flush=True)
    sys.stdin.readline()
"""


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

    @pytest.mark.parametrize("name", ["a//b", "../x", "", "kept/x", "link/x", "x" * 300, 7, None])
    def test_removes_facts_that_name_no_place(
        self, store: FolderObjectStore, root: Path, name: object
    ) -> None:
        kept, gone = put(store, "kept"), put(store, "gone")
        (root / "lake" / "link").symlink_to(root)
        (root / "lake" / "gone").unlink()
        odd = facts_of(root, kept).with_name("1-1")
        odd.write_text(json.dumps({"name": name, "crc32c": 1}))
        assert store.sweep() == 2
        assert not odd.exists()
        assert not facts_of(root, gone).exists()
        assert facts_of(root, kept).exists()

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


class TestAProofThatWasKilled:
    """What `verify` wrote and could not remove any more."""

    def test_goes_with_old_attempts(self, store: FolderObjectStore, root: Path) -> None:
        then = datetime(2026, 3, 1, tzinfo=UTC)
        probe = "_attempts/verify-0123456789abcdef"
        for name in (probe, f"{probe}0", f"a/{probe}"):
            put(store, name)
            os.utime(root / "lake" / name, (then.timestamp(), then.timestamp()))
        assert store.remove_attempts(then + timedelta(seconds=1)) == 1
        assert store.stat("lake", probe) is None


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
