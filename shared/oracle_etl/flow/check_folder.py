"""Look at the folder of a version as a whole: is all there that belongs there, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from oracle_etl.flow.decode import Damaged
from oracle_etl.flow.decode.manifest import WrittenVersion, open_manifest
from oracle_etl.flow.encode.schema_files import SCHEMA_SUFFIX
from oracle_etl.flow.findings import Fault, Finding
from oracle_etl.model.job import JobKind, JobStatus
from oracle_etl.ports import ObjectStore

_MANIFEST, _SUCCESS = "manifest.json", "_SUCCESS"
_OTHER_MANIFEST = re.compile(r"manifest-[^/]+\.json\Z")
_STRAYS_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Where a version lies."""

    bucket: str
    path: str
    manifest: str
    """The name of the manifest that is verified."""

    @classmethod
    def around(cls, bucket: str, manifest: str) -> Folder:
        """Return the folder in which a manifest lies."""
        return cls(bucket=bucket, path=manifest.rpartition("/")[0], manifest=manifest)


def check_success(
    folder: Folder, version: WrittenVersion | None, *, store: ObjectStore
) -> Iterator[Finding]:
    """Yield where `_SUCCESS` stands and should not, or should and does not.

    It belongs to the folder's complete manifest; a failed job whose version a retry completed
    lies in the same folder.
    """
    own = folder.manifest == f"{folder.path}/{_MANIFEST}"
    if own and version is not None:
        is_full = version.mode == JobKind.FULL and version.status == JobStatus.COMPLETED
    else:
        is_full = store.stat(folder.bucket, f"{folder.path}/{_MANIFEST}") is not None
    stands = store.stat(folder.bucket, f"{folder.path}/{_SUCCESS}") is not None
    if is_full and not stands:
        yield Finding(
            fault=Fault.SUCCESS_MISSING,
            message="_SUCCESS is not there, and the job is complete",
            hint="consumers wait for it: put an empty object there if nothing else was found",
            object=f"{folder.path}/{_SUCCESS}",
        )
    if stands and not is_full:
        yield Finding(
            fault=Fault.SUCCESS_UNEXPECTED,
            message="_SUCCESS is there, and the job is not a complete run of all tables",
            hint="remove it, so that nobody takes the version for complete",
            object=f"{folder.path}/{_SUCCESS}",
        )


def check_strays(folder: Folder, named: frozenset[str], *, store: ObjectStore) -> Iterator[Finding]:
    """Yield the data in the folder that no manifest names; `named` is what this one does."""
    allowed = named | frozenset(_named_by_others(folder, store=store))
    strays = (
        name
        for name in store.names(folder.bucket, f"{folder.path}/")
        if name not in allowed and not _is_no_data(name, folder)
    )
    for name in islice(strays, _STRAYS_NAMED):
        yield _stray(name, "it lies there, and no manifest names it")
    if more := sum(1 for _ in strays):
        yield _stray(None, f"and {more} more objects lie there that no manifest names")


def _stray(name: str | None, message: str) -> Finding:
    return Finding(
        fault=Fault.STRAY_OBJECT,
        message=message,
        hint="readers that take the whole folder would take it too: find out whose it is, and "
        "remove it",
        object=name,
    )


def _is_no_data(name: str, folder: Folder) -> bool:
    inner = name.removeprefix(f"{folder.path}/")
    return (
        inner in {_MANIFEST, _SUCCESS}
        or inner.endswith(SCHEMA_SUFFIX)
        or _OTHER_MANIFEST.match(inner) is not None
    )


def _named_by_others(folder: Folder, *, store: ObjectStore) -> Iterator[str]:
    """Yield what the folder's other manifests name: those of failed jobs, or of the retry."""
    for name in store.names(folder.bucket, f"{folder.path}/manifest"):
        if name == folder.manifest or not _is_no_data(name, folder):
            continue
        stored = store.stat(folder.bucket, name)
        if stored is None:
            continue
        with store.open(stored) as chunks:
            yield from _names_in(chunks)


def _names_in(chunks: Iterator[bytes]) -> Iterator[str]:
    try:
        for table in open_manifest(chunks).tables:
            yield from (each.name for each in table.objects)
    except Damaged:
        # What it names then shows as strays, which is where somebody has to look.
        return
