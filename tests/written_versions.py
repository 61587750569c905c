"""Versions that the flow wrote, and ways to damage what lies in them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from builders import a_transport
from fakes.memory_source import MemorySource
from flow_home import BUCKET, a_home, drain, put_transport, settle, start
from oracle_etl.flow.findings import Depth, Fault, Report, TableReport
from oracle_etl.flow.retry_job import retry_job
from oracle_etl.flow.verify_job import verify_job
from oracle_etl.model.errors import SourceAway
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage, Format, Proof, TableChoice
from oracle_etl.outside import Outside

EMP = tuple((number, f"name {number}") for number in range(25))
DEPT = ((1, None), (2, "sales"))
KINDS = {
    "gzip": Carriage(),
    "gzip put together": Carriage(part_bytes=4096),
    "gzip in parts": Carriage(part_bytes=4096, leave_parts=True),
    "zstandard": Carriage(format=Format.JSONL_ZST),
    "parquet": Carriage(format=Format.PARQUET),
}
"""How the tables of a version may lie there."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Written:
    """A completed job of two tables and what it wrote."""

    home: Outside
    source: MemorySource
    job: Job
    folder: Path
    """Where its objects lie as files."""

    def verify(self, depth: Depth = Depth.OBJECTS) -> Report:
        return verify_job(self.job.id, outside=self.home, depth=depth)

    @property
    def manifest(self) -> Path:
        """Where its manifest lies as a file."""
        return self.folder / "manifest.json"

    def of(self, table: str) -> Path:
        """Return the first file of a table's data."""
        files = sorted(each for each in self.folder.rglob("*") if each.is_file())
        data = (each for each in files if not each.name.endswith(".schema.json"))
        return next(
            each for each in data if each.relative_to(self.folder).parts[0].startswith(table)
        )


def write_version(
    folder: Path,
    carriage: Carriage | None = None,
    *,
    choices: Sequence[TableChoice] = (TableChoice(table="EMP"), TableChoice(table="DEPT")),
    **changes: Any,  # noqa: ANN401 - any field of a home
) -> Written:
    """Let the flow write a version of two tables below a folder."""
    source = MemorySource()
    source.put("EMP", EMP)
    source.put("DEPT", DEPT)
    home = a_home(folder, source=source, **changes)
    transport = a_transport(tables=tuple(choices), carriage=carriage or Carriage())
    home.book.transact(lambda entries: entries.put_transport(transport))
    job = start(home, transport)
    drain(home)
    job = settle(home, job.id)
    return Written(
        home=home, source=source, job=job, folder=folder / "objects" / BUCKET / job.folder
    )


@pytest.fixture(scope="module", params=KINDS)
def any_kind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Written]:
    """A version of each kind, which tests leave as they found it."""
    written = write_version(tmp_path_factory.mktemp("version"), KINDS[request.param])
    yield written
    written.home.close()


def write_mixed_version(folder: Path) -> Written:
    """Let the flow write a version that took one table over from the version before it."""
    source = MemorySource()
    source.put("EMP", EMP)
    home = a_home(folder, source=source)
    transport = put_transport(home, "EMP", "LATE", proof=Proof(mixed_success=True))
    failed = settle(home, start(home, transport).id)
    source.put("LATE", DEPT)
    source.forget_before(source.scn)
    job = settle(home, retry_job(failed.id, outside=home).job.id)
    return Written(
        home=home, source=source, job=job, folder=folder / "objects" / BUCKET / job.folder
    )


def write_failed_version(folder: Path) -> Written:
    """Let the flow write a version of which one table fails."""
    source = MemorySource()
    source.put("EMP", EMP)
    home = a_home(folder, source=source)
    source.put("DEPT", DEPT)

    def refuse(reading: Reading, _: int) -> None:
        if reading.table.name == "DEPT":
            raise SourceAway("the listener is down")

    source.before_batch = refuse
    job = settle(home, start(home, put_transport(home, "EMP", "DEPT")).id)
    source.before_batch = None
    assert job.status is JobStatus.FAILED
    return Written(
        home=home, source=source, job=job, folder=folder / "objects" / BUCKET / job.folder
    )


def table_of(report: Report, name: str) -> TableReport:
    return next(each for each in report.tables if each.table.endswith(name))


def faults(report: Report, name: str) -> set[Fault]:
    """Return what is wrong with a table."""
    return {each.fault for each in table_of(report, name).findings}


def of_version(report: Report) -> set[Fault]:
    """Return what is wrong with a version as a whole."""
    return {each.fault for each in report.findings}


@contextmanager
def changed(
    file: Path, change: Callable[[bytes], bytes], *, unseen: bool = False
) -> Iterator[None]:
    """Change a file's bytes for a while; unseen, its time of change stays, as when disks rot."""
    before, status = file.read_bytes(), file.stat()
    try:
        _overwrite(file, change(before))
        if unseen:
            os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        yield
    finally:
        _overwrite(file, before)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def _overwrite(file: Path, content: bytes) -> None:
    # In place, so that it stays the same file.
    with file.open("r+b") as target:
        target.truncate(0)
        target.write(content)


def byte_changed(content: bytes, *, at: int, by: int) -> bytes:
    """Return bytes of which one is another."""
    at %= len(content)
    return content[:at] + bytes((content[at] ^ by,)) + content[at + 1 :]


def rewritten(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    """Return what changes a manifest's document and lays it out as it was."""

    def rewrite(content: bytes) -> bytes:
        document = json.loads(content)
        change(document)
        tables = document.pop("tables")
        head = json.dumps(document, ensure_ascii=False, indent=1).removesuffix("\n}")
        lines = ",\n".join("  " + json.dumps(each, ensure_ascii=False) for each in tables)
        return f'{head},\n "tables": [\n{lines}\n ]\n}}\n'.encode()

    return rewrite


def change_manifest(written: Written, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what a version's manifest says."""
    written.manifest.write_bytes(rewritten(change)(written.manifest.read_bytes()))
