"""A job: one run of a transport."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime

from oracle_etl.model.errors import JobNotRetryable
from oracle_etl.model.names import version_label
from oracle_etl.model.objects import Intent
from oracle_etl.model.table_task import Failure
from oracle_etl.model.transport import Transport
from oracle_etl.model.work import Hold


class JobStatus(enum.StrEnum):
    """Where a job stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self not in {JobStatus.PENDING, JobStatus.RUNNING}


class JobKind(enum.StrEnum):
    """What a job covers; only FULL takes a version and may write _SUCCESS."""

    FULL = "full"
    SUBSET = "subset"
    TEST = "test"


class Dispatch(enum.StrEnum):
    """How far the start of a job has come; a tick goes on from wherever it stopped."""

    WRITING = "writing"
    """Its tables are being written down."""
    READY = "ready"
    """All tables are written; it may run as soon as the cap allows."""
    PUBLISHED = "published"
    """Every table has its message."""
    LAUNCHED = "launched"
    """Workers were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What the caller of execute asked for."""

    limit: int | None = None
    tables: tuple[str, ...] = ()
    idempotency_key: str | None = None
    trigger: str = "api"
    """`api`, `schedule:` and the due instant, or `retry:` and the job that is run again."""
    retry_of: str | None = None

    @property
    def kind(self) -> JobKind:
        """The kind of job that this request makes."""
        if self.limit is not None:
            return JobKind.TEST
        return JobKind.SUBSET if self.tables else JobKind.FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Terminal counters of a job: they only ever grow, each table adding itself once."""

    tables_completed: int = 0
    tables_failed: int = 0
    tables_cancelled: int = 0
    rows: int = 0
    bytes: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            tables_completed=self.tables_completed + other.tables_completed,
            tables_failed=self.tables_failed + other.tables_failed,
            tables_cancelled=self.tables_cancelled + other.tables_cancelled,
            rows=self.rows + other.rows,
            bytes=self.bytes + other.bytes,
        )

    @property
    def tables_ended(self) -> int:
        """How many tables will not change any more."""
        return self.tables_completed + self.tables_failed + self.tables_cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Live totals of a running job, kept by one leased writer at most once per interval."""

    rows: int = 0
    bytes: int = 0
    rows_per_second: float = 0.0
    percent: float = 0.0
    current_tables: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWith:
    """What all readings of a job have to have in common, beside their moment."""

    database: str
    """What the database calls itself."""
    mask_key: str | None
    """What tells the key of hash masks from others; None while there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of a transport, with the transport as it was when the job started."""

    id: str
    transport: Transport
    version: int | None
    request: JobRequest
    status: JobStatus = JobStatus.PENDING
    dispatch: Dispatch = Dispatch.WRITING
    tables_total: int = 0
    counts: Counts = Counts()
    totals: Totals = Totals()
    totals_hold: Hold = Hold()
    writing: Hold = Hold()
    """Who writes its tables down, where that takes more than one transaction."""
    closing: Hold = Hold()
    scn: int | None = None
    scn_at: datetime | None = None
    """When the SCN was settled; a retry has the first job's."""
    held_by: str | None = None
    """How consistency is held: `scn` or `read-only transaction per table`; None until known."""
    read_with: ReadWith | None = None
    """Settled with the SCN; None until then."""
    is_mixed: bool = False
    """Whether its tables were read at more than one moment; settled at its end."""
    cancel_requested_at: datetime | None = None
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()
    manifest: str | None = None
    """The manifest's object name, once written."""
    release: str | None = None
    """The release of this program that began to close it; one that goes on names the same."""
    leftovers: tuple[Intent, ...] = ()
    """What closers put at final names of a version that could not be completed after all."""
    retried_by: str | None = None
    """The job that took its tables over; there is one at most."""
    created_at: datetime
    dispatched_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    expire_at: datetime | None = None
    tenant: str = "default"

    @property
    def transport_id(self) -> str:
        """The id of the transport that this job runs."""
        return self.transport.id

    @property
    def consistency(self) -> str | None:
        """How its tables were held together, as the manifest says it; None until known."""
        if self.held_by is not None and self.scn is None:
            return self.held_by
        return "mixed" if self.is_mixed else self.held_by

    @property
    def kind(self) -> JobKind:
        """Whether the job is a full, a subset or a test run."""
        return self.request.kind

    @property
    def all_tables_ended(self) -> bool:
        """Whether the job only waits to be closed."""
        return (
            self.dispatch is not Dispatch.WRITING and self.counts.tables_ended >= self.tables_total
        )

    @property
    def bucket(self) -> str:
        """Where all objects of the job and of its retries lie, as was settled when it started."""
        return self.transport.target_bucket

    @property
    def folder(self) -> str:
        """Where the job's final objects lie, without a slash at the end."""
        transport = self.transport
        root = f"{transport.prefix.strip('/')}/" if transport.prefix.strip("/") else ""
        if self.version is not None:
            return f"{root}{transport.id}/{version_label(self.version)}"
        kind = "_test" if self.kind is JobKind.TEST else "_partial"
        return f"{root}{transport.id}/{kind}/{self.id}"

    @property
    def attempts_folder(self) -> str:
        """Where work under way lies, without a slash at the end."""
        root = f"{self.transport.prefix.strip('/')}/" if self.transport.prefix.strip("/") else ""
        return f"{root}_attempts/{self.id}"

    def check_retryable(self) -> None:
        """Raise JobNotRetryable unless the job failed or was cancelled, and no retry has it."""
        if self.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
            raise JobNotRetryable(
                f"{self.id} is {self.status}",
                hint="only failed and cancelled jobs can be retried",
                details={"status": str(self.status)},
            )
        if self.retried_by is not None:
            raise JobNotRetryable(
                f"{self.id} was retried by {self.retried_by}",
                hint=f"see what became of {self.retried_by}, and retry that one if it failed too",
                details={"status": str(self.status), "retried_by": self.retried_by},
            )

    def retried(self, job_id: str) -> Job:
        """Return the job taken over by its retry."""
        self.check_retryable()
        return replace(self, retried_by=job_id)

    def given_back(self, job_id: str) -> Job:
        """Return the job free to be retried again, after a retry that never began."""
        return replace(self, retried_by=None) if self.retried_by == job_id else self

    def being_written(self, *, now: datetime, lease_seconds: float) -> Job:
        """Return the job held by whoever writes its tables down; LeaseLost where another does."""
        held = self.writing.claimed("starter", now=now, lease_seconds=lease_seconds)
        return replace(self, writing=held)

    def writing_on(self, fence: int, *, now: datetime, lease_seconds: float) -> Job:
        """Return the job with more of its tables written down by the same writer."""
        held = self.writing.renewed(fence, now=now, lease_seconds=lease_seconds)
        return replace(self, writing=held)

    def written(self, fence: int, *, tables_total: int) -> Job:
        """Return the job with all its tables written down; from now on they hold the choices."""
        return replace(
            self,
            dispatch=Dispatch.READY,
            writing=self.writing.freed(fence),
            tables_total=tables_total,
            transport=replace(self.transport, tables=()),
        )

    def running(self, *, now: datetime) -> Job:
        """Return the job allowed to run."""
        return replace(self, status=JobStatus.RUNNING, started_at=self.started_at or now)

    def published(self, *, now: datetime) -> Job:
        """Return the job whose tables all have their messages."""
        return replace(self, dispatch=Dispatch.PUBLISHED, dispatched_at=now)

    def launched(self, *, now: datetime) -> Job:
        """Return the job for which workers were asked."""
        return replace(self, dispatch=Dispatch.LAUNCHED, dispatched_at=now)

    def held_at(self, scn: int | None, *, held_by: str, read_with: ReadWith, at: datetime) -> Job:
        """Return the job with its SCN settled; the first worker to settle it decides."""
        if self.read_with is not None:
            return self
        scn_at = None if scn is None else at
        return replace(self, scn=scn, held_by=held_by, read_with=read_with, scn_at=scn_at)

    def hashed_with(self, mask_key: str) -> Job:
        """Return the job with the key of its first hash, where it began without one."""
        if self.read_with is None or self.read_with.mask_key is not None:
            return self
        return replace(self, read_with=replace(self.read_with, mask_key=mask_key))

    def cancelling(self, *, now: datetime) -> Job:
        """Return the job whose workers are asked to stop."""
        return replace(self, cancel_requested_at=self.cancel_requested_at or now)

    def closed(
        self, status: JobStatus, *, now: datetime, failure: Failure | None, manifest: str | None
    ) -> Job:
        """Return the job ended."""
        return replace(
            self,
            status=status,
            failure=failure,
            manifest=manifest,
            completed_at=now,
            writing=replace(self.writing, owner=None, expires_at=None),
            closing=replace(self.closing, owner=None, expires_at=None),
        )
