"""Judge a job whose tables have ended: did it complete, and may its version be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from oracle_etl.flow.bigquery_limits import bigquery_warnings
from oracle_etl.flow.compare_versions import compare_versions, tables_gone, version_before
from oracle_etl.flow.keep_closing import nothing_to_keep
from oracle_etl.flow.tables_of import tables_of
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.names import TableName
from oracle_etl.model.table_task import Failure, TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside

_FAILURES_NAMED = 5
_TABLES_NAMED = 20
_WHAT_REFUSES = (
    "`transports execute` reads all tables anew, at one moment; or let the transport allow what it"
    " names (`on_schema_change`, `max_row_drop_percent`, `mixed_success`), and `jobs retry`"
    " completes this version without reading it again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a job ends, and what its manifest and its caller are told."""

    status: JobStatus
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()
    is_mixed: bool = False
    """Whether its tables were read at more than one moment."""
    finished_at: datetime | None = None
    """When the last of its tables ended."""


@dataclass(slots=True, kw_only=True)
class _Findings:
    failed: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    """What to do about the first tables that failed, each thing once."""
    failed_count: int = 0
    cancelled_count: int = 0
    completed_count: int = 0
    objections: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """What is said of tables whose columns are not those of the version before."""
    listed: set[str] = field(default_factory=set)
    """The ids of all its tables."""
    known_count: int = 0
    """Tables that the version before has too."""
    gone: list[str] = field(default_factory=list)
    """What is said of tables that were in the version before and are not in this one."""
    apart: list[str] = field(default_factory=list)
    """Tables read in a transaction of their own."""
    large: list[str] = field(default_factory=list)
    """What is said of tables whose objects BigQuery loads slowly, or not at all."""
    names: dict[TableName, TableName] = field(default_factory=dict)
    """By the object that was read, the name in the list that it was first met by."""
    doubled: list[str] = field(default_factory=list)
    """What is said of tables that are in the list by two names."""
    moments: set[int | None] = field(default_factory=set)
    finished_at: datetime | None = None


def judge_version(
    job: Job, *, keep: Callable[[], None] = nothing_to_keep, outside: Outside
) -> Verdict:
    """Return the verdict: the same each time, until another version of the transport completes.

    `keep` is called at every table; it may raise LeaseLost.
    """
    findings = _Findings()
    before = version_before(job, outside=outside)
    for table in tables_of(job.id, outside=outside):
        keep()
        _look_at(table, findings)
        carriage = job.transport.carriage
        findings.large += bigquery_warnings(table, table.objects, carriage=carriage)
        if before is not None and table.status is WorkStatus.COMPLETED:
            compared = compare_versions(job, before, table, outside=outside)
            findings.objections += compared.objections
            findings.changed += compared.warnings
            findings.known_count += compared.was_there
    if before is not None and findings.known_count < before.counts.tables_completed:
        gone = tables_gone(job, before, listed=findings.listed, keep=keep, outside=outside)
        findings.objections += gone.objections
        findings.gone += gone.warnings
    return replace(_verdict(job, findings), finished_at=findings.finished_at)


def _verdict(job: Job, findings: _Findings) -> Verdict:
    warnings = (
        *job.warnings,
        *_apart(findings),
        *_first(findings.doubled, others="more names like these"),
        *_first(findings.large, others="more tables like these"),
        *_first(findings.changed, others="more tables whose columns changed"),
        *_first(findings.gone, others="more tables that are not in this version"),
    )
    # No SCN at all means a transaction per table: each has a moment of its own.
    is_mixed = len(findings.moments) > 1 or findings.moments == {None}
    if job.cancel_requested_at is not None and job.counts.tables_cancelled:
        return Verdict(status=JobStatus.CANCELLED, warnings=warnings, is_mixed=is_mixed)
    objections = [*findings.objections, *_unasked(findings)]
    # A table with a transaction of its own is told apart, in a retry as in any other job.
    carried = job.request.retry_of is not None and len(findings.moments - {None}) > 1
    if carried and not job.transport.proof.mixed_success:
        objections.append("its tables were read at more than one SCN, which the transport forbids")
    if findings.failed_count:
        failure = _tables_failed(findings, of=job.tables_total)
    elif objections:
        failure = _version_refused(objections)
    else:
        return Verdict(status=JobStatus.COMPLETED, warnings=warnings, is_mixed=is_mixed)
    return Verdict(status=JobStatus.FAILED, failure=failure, warnings=warnings, is_mixed=is_mixed)


def _unasked(findings: _Findings) -> tuple[str, ...]:
    """Return what is wrong with tables that were cancelled in a job which is not."""
    count = findings.cancelled_count
    return (f"{count} of the tables were cancelled, and nobody cancelled the job",) if count else ()


def _apart(findings: _Findings) -> tuple[str, ...]:
    if not findings.apart:
        return ()
    named = ", ".join(findings.apart[:_TABLES_NAMED])
    more = len(findings.apart) - _TABLES_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return (f"read in a transaction of their own, not at the job's SCN: {named}{rest}",)


def _first(told: list[str], *, others: str) -> tuple[str, ...]:
    """Return what is said of the first tables; the job's document holds no more."""
    more = len(told) - _TABLES_NAMED
    rest = (f"and {more} {others}",) if more > 0 else ()
    return (*told[:_TABLES_NAMED], *rest)


def _tables_failed(findings: _Findings, *, of: int) -> Failure:
    more = findings.failed_count - len(findings.failed)
    named = "; ".join(findings.failed) + (f"; and {more} more" if more else "")
    return Failure(
        code="TABLES_FAILED",
        message=f"{findings.failed_count} of {of} table{'' if of == 1 else 's'} failed: {named}",
        hint=_remedy(findings),
    )


def _version_refused(objections: list[str]) -> Failure:
    more = len(objections) - _FAILURES_NAMED
    named = "; ".join(objections[:_FAILURES_NAMED]) + (f"; and {more} more" if more > 0 else "")
    return Failure(code="VERSION_REFUSED", message=named, hint=_WHAT_REFUSES)


def _remedy(findings: _Findings) -> str:
    others = "the other tables are complete; " if findings.completed_count else ""
    return " ".join([*findings.hints, f"{others}`jobs retry` does the failed ones again"])


def _look_at(table: TableTask, findings: _Findings) -> None:
    findings.listed.add(table.table_id)
    if table.completed_at is not None:
        findings.finished_at = max(findings.finished_at or table.completed_at, table.completed_at)
    if table.status is WorkStatus.FAILED:
        findings.failed_count += 1
        if len(findings.failed) < _FAILURES_NAMED and table.failure is not None:
            findings.failed.append(f"{table.table}: {table.failure.message}")
            if table.failure.hint and f"{table.failure.hint};" not in findings.hints:
                findings.hints.append(f"{table.failure.hint};")
    elif table.status is WorkStatus.COMPLETED:
        findings.completed_count += 1
        findings.moments.add(table.scn)
        if table.scn is None:
            findings.apart.append(str(table.table))
        _look_for_its_other_name(table, findings)
    elif table.status is WorkStatus.CANCELLED:
        findings.cancelled_count += 1
    else:
        findings.objections.append(f"{table.table} is {table.status}, though all are counted")


def _look_for_its_other_name(table: TableTask, findings: _Findings) -> None:
    """Note where a table was carried by another name already: a synonym's, say."""
    if table.resolved is None or table.choice.query is not None:
        return
    first = findings.names.setdefault(table.resolved, table.table)
    if first != table.table:
        findings.doubled.append(
            f"{first} and {table.table} are both {table.resolved}, so its rows are in both"
        )
