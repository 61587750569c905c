"""What tests of the folder home write, and how they look at what lies there."""

from __future__ import annotations

from pathlib import Path

from oracle_etl.gateways.embedded.folder import FolderObjectStore
from oracle_etl.model.objects import StoredObject

GZIP = "application/gzip"
NAME = "TRPID-00000001/v001/EMP.jsonl.gz"


def put(store: FolderObjectStore, name: str, content: bytes = b"1") -> StoredObject:
    with store.create("lake", name, content_type=GZIP) as target:
        target.write(content)
    return target.stored()


def content(store: FolderObjectStore, stored: StoredObject) -> bytes:
    with store.open(stored) as chunks:
        return b"".join(chunks)


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def facts_of(root: Path, stored: StoredObject) -> Path:
    return root / "lake" / ".oracle-etl" / "facts" / stored.generation
