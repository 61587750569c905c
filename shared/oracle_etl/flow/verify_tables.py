"""Verify the tables of a version one after the other, in the order of its manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from oracle_etl.flow.check_manifest import check_sums, held_manifest, table_differs, unlike_the_book
from oracle_etl.flow.check_objects import CheckedObject, check_object, check_schema
from oracle_etl.flow.compare_values import Compared, Comparison
from oracle_etl.flow.decode.manifest import (
    WrittenObject,
    WrittenTable,
    WrittenVersion,
    open_manifest,
)
from oracle_etl.flow.encode.schema_files import schema_name
from oracle_etl.flow.findings import Depth, Finding, TableReport
from oracle_etl.flow.tables_of import tables_of
from oracle_etl.model.job import Job
from oracle_etl.model.objects import StoredObject
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside

_NO_PLAN = (
    "not compared with the database: the job book does not have the job any more, and with it "
    "how the columns were read"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A table as the job book has it: as its manifest must tell it, and as it was worked on."""

    told: WrittenTable
    task: TableTask


def verify_tables(
    version: WrittenVersion,
    manifest: StoredObject | None,
    job: Job | None,
    *,
    outside: Outside,
    depth: Depth,
) -> Iterator[TableReport]:
    """Yield a report of each table; without a manifest the book says what has to be there."""
    checks = _Checks(version, job, outside=outside, depth=depth)
    with ExitStack() as stack:
        if manifest is None:
            for held in checks.held():
                yield checks.report(held.told, held)
            return
        chunks = stack.enter_context(outside.store.open(manifest))
        # Both list the tables by position.
        for written, held in zip_longest(open_manifest(chunks).tables, checks.held()):
            yield checks.report(written, held)


class _Checks:
    """What is done with each table."""

    def __init__(
        self, version: WrittenVersion, job: Job | None, *, outside: Outside, depth: Depth
    ) -> None:
        self._version = version
        self._job = job
        self._outside = outside
        self._depth = depth
        self._comparison = None if job is None else Comparison(job, outside=outside)
        self._same_tool = True

    def held(self) -> Iterator[_Held]:
        """Yield the tables that the job book has."""
        if self._job is None:
            return
        manifest = held_manifest(self._job, outside=self._outside)
        self._same_tool = manifest.version.tool == self._version.tool
        tasks = tables_of(self._job.id, outside=self._outside)
        for told, task in zip(manifest.tables, tasks, strict=True):
            yield _Held(told=told, task=task)

    def report(self, written: WrittenTable | None, held: _Held | None) -> TableReport:
        """Check one table; `held` is what the book has in its place."""
        if written is None:
            assert held is not None, "one of both is there"
            missing = unlike_the_book(f"{held.told.table} is not in it")
            return _report(held.told, [missing], Compared())
        findings = [*check_sums(written), *self._against_the_book(written, held)]
        checked = [self._object(each, written) for each in written.objects]
        findings += chain.from_iterable(each.findings for each in checked)
        findings += self._schema(written)
        report = _report(written, findings, self._compared(written, held))
        warnings = chain.from_iterable(each.warnings for each in checked)
        return replace(report, warnings=tuple(warnings))

    def _against_the_book(self, written: WrittenTable, held: _Held | None) -> Iterable[Finding]:
        if self._job is None:
            return ()
        if held is None or held.told.table != written.table:
            return (unlike_the_book("the book has another table in its place, or none"),)
        return table_differs(written, held.told, same_tool=self._same_tool)

    def _object(self, each: WrittenObject, written: WrittenTable) -> CheckedObject:
        store, format_ = self._outside.store, self._version.format
        return check_object(each, written, format_, self._depth, store=store)

    def _schema(self, written: WrittenTable) -> Iterator[Finding]:
        for first in written.objects[:1]:
            name = schema_name(first.name, self._version.format)
            yield from check_schema(name, written, bucket=first.bucket, store=self._outside.store)

    def _compared(self, written: WrittenTable, held: _Held | None) -> Compared:
        if self._depth is not Depth.VALUES or written.status != WorkStatus.COMPLETED:
            return Compared()
        if self._comparison is None or held is None or held.told.table != written.table:
            return Compared(unchecked=(_NO_PLAN,))
        return self._comparison.compare(written, held.task)


def _report(written: WrittenTable, findings: list[Finding], compared: Compared) -> TableReport:
    return TableReport(
        table=written.table,
        status=written.status,
        objects=len(written.objects),
        rows=written.rows,
        bytes=written.size,
        findings=(*findings, *compared.findings),
        unchecked=compared.unchecked,
        rows_compared=compared.rows,
    )
