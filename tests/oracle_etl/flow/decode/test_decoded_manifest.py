from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_etl.flow.decode import Damaged
from oracle_etl.flow.decode.manifest import Manifest, open_manifest
from written_versions import rewritten, write_version


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    written = write_version(tmp_path_factory.mktemp("version"))
    written.home.close()
    return Path(written.folder / "manifest.json").read_bytes()


def read(content: bytes) -> tuple[Manifest, list[str]]:
    manifest = open_manifest([content])
    return manifest, [each.table for each in manifest.tables]


class TestAManifest:
    @settings(max_examples=20, deadline=None)
    @given(size=st.integers(1, 5000))
    def test_is_read_the_same_however_its_bytes_come(self, content: bytes, size: int) -> None:
        chunks = (content[at : at + size] for at in range(0, len(content), size))
        manifest = open_manifest(chunks)
        document = json.loads(content)
        assert [each.document for each in manifest.tables] == document.pop("tables")
        assert manifest.version.document == document

    def test_is_read_a_table_at_a_time(self, content: bytes) -> None:
        head, first, rest = content.partition(b'\n  {"table": "DEPT"')
        taken: list[bytes] = []

        def chunks() -> Iterator[bytes]:
            for chunk in (head + b"\n", first[1:] + rest):
                taken.append(chunk)
                yield chunk

        tables = open_manifest(chunks()).tables
        assert next(tables).table == "EMP"
        assert len(taken) == 1


class TestWhatIsNoManifest:
    @pytest.mark.parametrize(
        "change",
        [
            lambda whole: whole.update(format="csv"),
            lambda whole: whole.update(rows=-1),
            lambda whole: whole.update(rows=True),
            lambda whole: whole.update(tool=None),
            lambda whole: whole["tables"][0].update(objects=None),
            lambda whole: whole["tables"][0].update(columns=[1]),
            lambda whole: whole["tables"][0]["objects"][0].update(crc32c="AAA"),
            lambda whole: whole["tables"][0]["objects"][0].update(crc32c="not base64"),
            lambda whole: whole["tables"][0]["objects"][0].update(name=None),
            lambda whole: whole["tables"].append("EMP"),
        ],
    )
    def test_is_damaged_where_a_value_cannot_be(
        self,
        content: bytes,
        change: Any,  # noqa: ANN401 - of a document
    ) -> None:
        with pytest.raises(Damaged):
            read(rewritten(change)(content))

    @pytest.mark.parametrize("behind", [b"x", b"{}", b"\n }"])
    def test_is_damaged_where_something_follows_its_end(
        self, content: bytes, behind: bytes
    ) -> None:
        with pytest.raises(Damaged, match="something follows its end"):
            read(content + behind)

    def test_is_damaged_where_it_is_laid_out_otherwise(self, content: bytes) -> None:
        with pytest.raises(Damaged, match="not laid out as oracle-etl writes it"):
            read(json.dumps(json.loads(content)).encode())

    def test_is_damaged_where_it_is_nested_beyond_reason(self) -> None:
        with pytest.raises(Damaged):
            read(b'{\n "a": ' + b"[" * 100_000 + b',\n "tables": [\n ]\n}\n')

    def test_is_damaged_where_it_ends_among_its_tables(self, content: bytes) -> None:
        with pytest.raises(Damaged, match="the manifest is cut off"):
            read(content.removesuffix(b" ]\n}\n"))

    @pytest.mark.parametrize("piece", [b"x", b"x" * 1024 * 1024 + b"\n"])
    def test_is_damaged_where_it_would_fill_the_memory(
        self, monkeypatch: pytest.MonkeyPatch, piece: bytes
    ) -> None:
        monkeypatch.setattr("oracle_etl.flow.decode.manifest._LONGEST", 3 * 1024 * 1024)
        endless = itertools.repeat(piece * (4 * 1024 * 1024 // len(piece)))
        with pytest.raises(Damaged):
            open_manifest(endless)
