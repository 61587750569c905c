"""Hold a manifest against itself, and against the job book as long as that has the job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version

from oracle_etl.flow.decode.manifest import (
    Document,
    Manifest,
    WrittenTable,
    WrittenVersion,
    open_manifest,
)
from oracle_etl.flow.findings import Fault, Finding
from oracle_etl.flow.judge_version import Verdict, judge_version
from oracle_etl.flow.write_manifest import manifest_text
from oracle_etl.model.job import Job
from oracle_etl.model.transport import OnSchemaChange
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a whole manifest amounts to."""

    version: WrittenVersion
    names: frozenset[str]
    """Of all objects of all tables."""
    tables: int
    rows: int
    size: int


def contents_of(manifest: Manifest) -> Contents:
    """Read a manifest to its end."""
    names: set[str] = set()
    tables = rows = size = 0
    for table in manifest.tables:
        tables, rows, size = tables + 1, rows + table.rows, size + table.size
        names.update(each.name for each in table.objects)
    return Contents(
        version=manifest.version, names=frozenset(names), tables=tables, rows=rows, size=size
    )


def held_manifest(job: Job, *, outside: Outside) -> Manifest:
    """Return the manifest as the book has it, and this release writes it."""
    job = replace(job, release=version("oracle-etl"))
    return open_manifest(manifest_text(job, _verdict(job, outside=outside), outside=outside))


def head_differs(written: WrittenVersion, held: WrittenVersion) -> Iterator[Finding]:
    """Yield where a manifest's head differs from the book."""
    same_tool = written.tool == held.tool
    return _differences(written.document, held.document, same_tool=same_tool)


def table_differs(
    written: WrittenTable, held: WrittenTable, *, same_tool: bool
) -> Iterator[Finding]:
    """Yield where what a manifest says of a table differs from the book."""
    return _differences(written.document, held.document, same_tool=same_tool)


def check_totals(contents: Contents) -> Iterator[Finding]:
    """Yield where a manifest's head does not count what its tables hold."""
    version = contents.version
    for what, whole, counted in (
        ("tables", version.tables_total, contents.tables),
        ("rows", version.rows, contents.rows),
        ("bytes", version.size, contents.size),
    ):
        if whole != counted:
            yield inconsistent(f"its {what} are {whole}, but those of its tables {counted}")


def check_sums(table: WrittenTable) -> Iterator[Finding]:
    """Yield where what a manifest says of a table does not add up."""
    said = [
        ("rows", table.rows, sum(each.rows for each in table.objects)),
        ("bytes", table.size, sum(each.size for each in table.objects)),
        *(
            (f"rows of {each.name}", each.rows, sum(piece.rows for piece in each.pieces))
            for each in table.objects
            if each.pieces
        ),
    ]
    for what, whole, parts in said:
        if whole != parts:
            yield inconsistent(f"its {what} are {whole}, but those of its parts {parts}")
    if table.counted_rows not in {None, table.rows}:
        yield inconsistent(f"Oracle counted {table.counted_rows} rows, and {table.rows} came")
    if table.status == WorkStatus.COMPLETED and not table.objects:
        yield inconsistent("it is completed, and has no object")


def inconsistent(message: str) -> Finding:
    """Return the finding that a manifest contradicts itself."""
    return Finding(
        fault=Fault.MANIFEST_INCONSISTENT,
        message=f"the manifest contradicts itself: {message}",
        hint="it was changed after it was written: restore it, or run the transport again",
    )


def unlike_the_book(message: str) -> Finding:
    """Return the finding that a manifest does not say what the job book says."""
    return Finding(
        fault=Fault.MANIFEST_DIFFERS,
        message=f"the manifest differs from the job book: {message}",
        hint="it was changed after it was written: restore it, or trust the book",
    )


def _differences(written: Document, held: Document, *, same_tool: bool) -> Iterator[Finding]:
    # Another release of the tool may write other keys; those that both know must agree.
    keys = written.keys() | held.keys() if same_tool else written.keys() & held.keys()
    for key in sorted(keys - {"tool"}):
        if written.get(key) != held.get(key):
            yield unlike_the_book(
                f"its {key!r} is {written.get(key)!r:.80}, and the book has {held.get(key)!r:.80}"
            )


def _verdict(job: Job, *, outside: Outside) -> Verdict:
    """Return the verdict that the job was closed with.

    Judged anew for what its tables say; how it ended then, after it was held against the version
    before it, is in the book.
    """
    proof = replace(
        job.transport.proof, on_schema_change=OnSchemaChange.ALLOW, max_row_drop_percent=None
    )
    alone = replace(job, transport=replace(job.transport, proof=proof))
    judged = judge_version(alone, outside=outside)
    return replace(judged, status=job.status, failure=job.failure, warnings=job.warnings)
