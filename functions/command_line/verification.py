"""Verify a version with the settings of this machine, and show what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial

from command_line.data_folder import prepare_folder
from command_line.exits import BadUsage, DataDiffers, NotAllChecked
from command_line.output import Document, Output, View
from command_line.printable import count, printable, size
from oracle_etl.flow.findings import Depth, Finding, Report
from oracle_etl.flow.verify_job import (
    Verification,
    verification_of_job,
    verification_of_manifest,
)
from oracle_etl.model.errors import NoSuchJob
from oracle_etl.model.work import WorkStatus
from oracle_etl.settings import Settings
from oracle_etl.wiring import wire_api
from oracle_etl.wiring.modes import mode_of_service

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be verified, and how deep."""

    job: str | None
    manifest: str | None
    lines: bool
    deep: bool

    @property
    def depth(self) -> Depth:
        """How much is looked at."""
        if self.deep:
            return Depth.VALUES
        return Depth.LINES if self.lines else Depth.OBJECTS


def show_verification(asked: Asked, output: Output) -> None:
    """Verify, and show it; DataDiffers, NotAllChecked where not all is as it was written."""
    begin = partial(_chosen(asked), depth=asked.depth)
    with _begun(begin, Settings.from_environment()) as verification:
        output.rows(VERIFIED, map(asdict, verification.tables()))
        report = verification.report()
    _show(report, output)
    _judge(report)


def _chosen(asked: Asked) -> Callable[..., Verification]:
    if (asked.job is None) == (asked.manifest is None):
        raise BadUsage("name either a job or, with --manifest, a manifest")
    if asked.job is not None:
        return partial(verification_of_job, asked.job)
    bucket, _, name = (asked.manifest or "").removeprefix(_SCHEME).partition("/")
    if not bucket or not name:
        raise BadUsage(
            f"{asked.manifest!r} names no manifest",
            hint="write BUCKET/NAME, as in lake/TRPID-1a2b3c4d/v001/manifest.json",
        )
    return partial(verification_of_manifest, bucket, name)


@contextmanager
def _begun(begin: Callable[..., Verification], settings: Settings) -> Iterator[Verification]:
    """Begin a verification, in a process that connects in the mode of the job's source."""
    prepare_folder(settings.home)
    with closing(wire_api(settings)) as outside:
        try:
            verification = begin(outside=outside)
        except NoSuchJob as error:
            raise _not_in(settings, error) from error
        source = settings.sources.get(verification.source or "")
        if source is None or source.mode == mode_of_service(settings).connects:
            yield verification
            return
    # Nothing was asked of Oracle so far.
    with closing(wire_api(_of_mode(source.mode, settings))) as outside:
        yield begin(outside=outside)


def _of_mode(mode: str, settings: Settings) -> Settings:
    """Return the settings of a process that knows the sources of one mode alone."""
    sources = {name: each for name, each in settings.sources.items() if each.mode == mode}
    return replace(settings, sources=sources, worker=replace(settings.worker, mode=mode))


def _not_in(settings: Settings, error: NoSuchJob) -> NoSuchJob:
    home, google = settings.home, settings.google
    place = (
        f"the Firestore of project {google.project_id}"
        if home.home == "google"
        else f"the state in {home.data_folder.absolute()}"
    )
    return NoSuchJob(
        f"{error.message} in {place}",
        hint="this command looks there itself, through no server: run it with the service's "
        "settings, or verify the manifest alone with --manifest",
    )


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
