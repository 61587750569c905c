"""What callers get of jobs."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from oracle_etl.model.job import Job, JobKind, JobStatus
from oracle_etl.model.table_task import Failure
from transport_api.answers import Answer, duration_seconds, version_of


class MetricsAnswer(Answer):
    """What a job has done so far."""

    rows_processed: int
    rows_per_second: float
    bytes_transferred: int
    current_table: str | None
    current_tables: list[str]
    progress_percent: float = Field(description="Of the whole job")
    duration_seconds: float | None

    @classmethod
    def of(cls, job: Job, *, now: datetime) -> MetricsAnswer:
        """Measure a job: by its final counts once it has ended, by its live totals before."""
        duration = duration_seconds(job.started_at, job.completed_at or now)
        ended = job.status.ended
        rows = job.counts.rows if ended else max(job.totals.rows, job.counts.rows)
        size = job.counts.bytes if ended else max(job.totals.bytes, job.counts.bytes)
        running = () if ended else job.totals.current_tables
        speed = rows / duration if ended and duration else job.totals.rows_per_second
        completed = job.status is JobStatus.COMPLETED
        return cls(
            rows_processed=rows,
            rows_per_second=round(speed, 1),
            bytes_transferred=size,
            current_table=running[0] if running else None,
            current_tables=list(running),
            progress_percent=100.0 if completed else round(job.totals.percent, 1),
            duration_seconds=duration,
        )


class FailureAnswer(Answer):
    """Why work ended for good."""

    code: str
    message: str
    hint: str

    @classmethod
    def of(cls, failure: Failure) -> FailureAnswer:
        """Describe a failure."""
        return cls(code=failure.code, message=failure.message, hint=failure.hint)


class JobAnswer(Answer):
    """A job."""

    id: str
    transport_id: str
    version: str | None = Field(description="Null for test and subset runs")
    kind: JobKind
    status: JobStatus
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    total_rows: int
    bytes_transferred: int
    error: str | None
    failure: FailureAnswer | None
    metrics: MetricsAnswer
    tables_total: int
    tables_completed: int
    tables_failed: int
    tables_cancelled: int
    limit: int | None
    tables: list[str] = Field(description="The subset that was asked for")
    trigger: str
    retry_of: str | None
    queue_position: int | None = Field(description="From 1 to about 100, while it waits in line")
    cancel_requested_at: datetime | None
    scn: int | None
    consistency: str | None = Field(description="How it is held; null until known")
    warnings: list[str]
    location: str = Field(description="Where its objects lie")
    manifest: str | None = Field(description="The manifest's address, once written")

    @classmethod
    def of(
        cls,
        job: Job,
        *,
        now: datetime,
        location: str,
        manifest: str | None,
        queue_position: int | None,
    ) -> JobAnswer:
        """Describe a job."""
        metrics = MetricsAnswer.of(job, now=now)
        return cls(
            id=job.id,
            transport_id=job.transport_id,
            version=version_of(job.version),
            kind=job.kind,
            status=job.status,
            created_at=job.created_at,
            started_at=job.started_at,
            completed_at=job.completed_at,
            total_rows=metrics.rows_processed,
            bytes_transferred=metrics.bytes_transferred,
            error=job.failure.message if job.failure else None,
            failure=FailureAnswer.of(job.failure) if job.failure else None,
            metrics=metrics,
            tables_total=job.tables_total,
            tables_completed=job.counts.tables_completed,
            tables_failed=job.counts.tables_failed,
            tables_cancelled=job.counts.tables_cancelled,
            limit=job.request.limit,
            tables=list(job.request.tables),
            trigger=job.request.trigger,
            retry_of=job.request.retry_of,
            queue_position=queue_position,
            cancel_requested_at=job.cancel_requested_at,
            scn=job.scn,
            consistency=job.consistency,
            warnings=list(job.warnings),
            location=location,
            manifest=manifest,
        )


class JobsAnswer(Answer):
    """A page of jobs, newest first."""

    jobs: list[JobAnswer]
    next_page_token: str | None
