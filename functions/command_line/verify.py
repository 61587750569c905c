"""`oracle-etl verify`: prove after the fact that a version is what its job wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial

import click

from command_line.exits import BadUsage, DataDiffers, NotAllChecked
from command_line.output import Document, Output, View
from command_line.printable import count, printable, size
from command_line.session import examples, says_how_it_ends
from oracle_etl.flow.findings import Depth, Finding, Report
from oracle_etl.flow.verify_job import (
    Verification,
    verification_of_job,
    verification_of_manifest,
)
from oracle_etl.model.work import WorkStatus
from oracle_etl.settings import Settings
from oracle_etl.wiring import wire_api

_SCHEME = "gs://"


def _result(table: Document) -> str:
    if table["findings"]:
        return "DIFFERS"
    if table["status"] != WorkStatus.COMPLETED:
        return "not carried"
    if table["unchecked"]:
        return "not compared"
    compared = table["rows_compared"]
    same = "ok" if compared is None else f"ok, {count(compared)} rows as in Oracle"
    return f"{same}, in a copy" if table["warnings"] else same


VERIFIED = View(
    event="verified_table",
    columns={
        "TABLE": lambda table: table["table"],
        "STATUS": lambda table: table["status"],
        "OBJECTS": lambda table: table["objects"],
        "ROWS": lambda table: count(table["rows"]),
        "SIZE": lambda table: size(table["bytes"]),
        "RESULT": _result,
    },
)


@click.command(
    "verify",
    epilog=examples(
        "oracle-etl verify JOB-20260118-103000-1a2b",
        "oracle-etl verify JOB-20260118-103000-1a2b --deep",
        "oracle-etl verify --manifest gs://lake/TRPID-1a2b3c4d/v001/manifest.json --json",
    ),
)
@click.argument("job", required=False)
@click.option(
    "--manifest",
    metavar="BUCKET/NAME",
    help="Verify what this manifest names, also when nobody knows its job any more.",
)
@click.option("--lines", is_flag=True, help="Also read every line as JSON.")
@click.option("--deep", is_flag=True, help="Also compare every value with the database.")
@says_how_it_ends
def verify(
    output: Output, *, job: str | None, manifest: str | None, lines: bool, deep: bool
) -> None:
    """Read a job's manifest and objects again, and say by table what is wrong.

    Checks presence, generation, size, crc32c, sha256, compression and rows of every object, and
    that nothing else lies there. With --deep the rows are compared with the database at the SCN
    that they were read at, as far as undo reaches. Reads with the settings of this machine, not
    through the API.
    """
    begin = _chosen(job, manifest)
    outside = wire_api(Settings.from_environment())
    try:
        verification = begin(outside=outside, depth=_depth(lines=lines, deep=deep))
        output.rows(VERIFIED, map(asdict, verification.tables()))
        report = verification.report()
    finally:
        outside.close()
    _show(report, output)
    _judge(report)


def _chosen(job: str | None, manifest: str | None) -> Callable[..., Verification]:
    if (job is None) == (manifest is None):
        raise BadUsage("name either a job or, with --manifest, a manifest")
    if job is not None:
        return partial(verification_of_job, job)
    bucket, _, name = (manifest or "").removeprefix(_SCHEME).partition("/")
    if not bucket or not name:
        raise BadUsage(
            f"{manifest!r} names no manifest",
            hint="write BUCKET/NAME, as in lake/TRPID-1a2b3c4d/v001/manifest.json",
        )
    return partial(verification_of_manifest, bucket, name)


def _depth(*, lines: bool, deep: bool) -> Depth:
    if deep:
        return Depth.VALUES
    return Depth.LINES if lines else Depth.OBJECTS


def _show(report: Report, output: Output) -> None:
    """Say what is wrong, by table and of the version; and what that was held against."""
    for table in report.tables:
        _say(output, table.table, (*table.findings, *table.warnings), table.unchecked)
    _say(output, "the version", report.findings, report.unchecked)
    output.event("verified", _summary(report))
    word = "checked" if report.differs or not _is_proved(report) else "verified"
    output.note(f"{word} {report.manifest} against: {report.basis}")


def _say(output: Output, about: str, findings: Sequence[Finding], unchecked: Sequence[str]) -> None:
    for finding in findings:
        where = "" if finding.object is None else f"{finding.object}: "
        output.note(printable(f"{about}: {where}{finding.message}"))
        output.note(f"  {printable(finding.hint)}")
    for each in unchecked:
        output.note(printable(f"{about}: {each}"))


def _summary(report: Report) -> Document:
    """Return the report without its tables, each of which had an event of its own."""
    whole = asdict(report)
    return {
        **{key: value for key, value in whole.items() if key != "tables"},
        "tables": len(report.tables),
        "rows": sum(each.rows for each in report.tables),
        "bytes": sum(each.bytes for each in report.tables),
        "tables_that_differ": sum(bool(each.findings) for each in report.tables),
        "warnings": sum(len(each.warnings) for each in report.tables),
        "differs": report.differs,
        "is_whole": report.is_whole,
    }


def _is_proved(report: Report) -> bool:
    """Tell whether all that the job was to carry is there, and could be checked."""
    return report.is_whole and not _not_carried(report)


def _not_carried(report: Report) -> list[str]:
    return [each.table for each in report.tables if each.status != WorkStatus.COMPLETED]


def _judge(report: Report) -> None:
    if report.differs:
        tables = sum(bool(each.findings) for each in report.tables)
        found = len(report.findings) + sum(len(each.findings) for each in report.tables)
        raise DataDiffers(
            f"{report.job} is not as it was written: findings: {found}, "
            f"tables concerned: {tables} of {len(report.tables)}",
            hint="what to do about each stands with it",
        )
    if not report.is_whole:
        raise NotAllChecked(
            f"nothing of {report.job} differs, but not everything could be checked",
            hint="the reasons stand with the tables",
        )
    if missing := _not_carried(report):
        raise NotAllChecked(
            f"nothing of {report.job} differs, but {len(missing)} of its {len(report.tables)} "
            "tables were not carried",
            hint="`oracle-etl jobs retry` does those again",
        )
