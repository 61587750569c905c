from __future__ import annotations

import json
import os
from pathlib import Path

import google_crc32c
import pytest

from objects_in_a_folder import GZIP, NAME, content, facts_of, put
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.model.errors import NoSuchObject, StoreRefused


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
