from __future__ import annotations

from pathlib import Path

import pytest

from objects_in_a_folder import GZIP, NAME, content, files, put
from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.model.errors import StoreRefused
from oracle_etl.model.objects import StoredObject


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
