"""What callers get: the documents of the API, built from the model's values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from oracle_etl.flow.load_into_bigquery import BigqueryLoad
from oracle_etl.model.job import Job, JobKind, JobStatus
from oracle_etl.model.names import version_label
from oracle_etl.model.table_task import Failure, TableTask
from oracle_etl.model.transport import (
    Consistency,
    Format,
    NullsAs,
    NumbersAs,
    OnSchemaChange,
    OnUnsupported,
    Overlap,
    Schedule,
    TableChoice,
    Transport,
    TransportStatus,
)
from oracle_etl.model.work import WorkStatus


class Answer(BaseModel):
    """A JSON document for a caller; every field is always there, null where nothing is known."""

    model_config = ConfigDict(
        frozen=True, serialize_by_alias=True, json_schema_serialization_defaults_required=True
    )


class MaskAnswer(Answer):
    """One column's mask."""

    column: str
    kind: str
    keep: int


class EntryAnswer(Answer):
    """One entry of a transport's list that says more than a name."""

    table: str
    query: str | None
    columns: list[str]
    exclude: list[str]
    where: str | None
    binds: dict[str, str | int | float | None]
    order: list[str]
    masks: list[MaskAnswer]
    source_encoding: str | None
    on_unsupported: OnUnsupported | None

    @classmethod
    def of(cls, choice: TableChoice) -> EntryAnswer:
        """Describe an entry."""
        return cls(
            table=choice.table,
            query=choice.query,
            columns=list(choice.columns),
            exclude=list(choice.exclude),
            where=choice.where,
            binds=choice.binds,
            order=list(choice.order),
            masks=[
                MaskAnswer(column=each.column, kind=each.kind, keep=each.keep)
                for each in choice.masks
            ],
            source_encoding=choice.source_encoding,
            on_unsupported=choice.on_unsupported,
        )


class ScheduleAnswer(Answer):
    """When a transport starts by itself."""

    cron: str
    time_zone: str
    overlap: Overlap
    grace_seconds: int

    @classmethod
    def of(cls, schedule: Schedule) -> ScheduleAnswer:
        """Describe a schedule."""
        return cls(
            cron=schedule.cron,
            time_zone=schedule.time_zone,
            overlap=schedule.overlap,
            grace_seconds=schedule.grace_seconds,
        )


class TransportAnswer(Answer):
    """A transport."""

    id: str
    name: str
    description: str
    source: str
    tables: list[str | EntryAnswer]
    target_bucket: str
    prefix: str
    format: Format
    parallel_tables: int
    enabled: bool
    schedule: ScheduleAnswer | None
    next_fire_at: datetime | None
    status: TransportStatus
    running_job: str | None
    last_job: str | None
    last_version: str | None
    compression_level: int | None
    numbers: NumbersAs
    nulls: NullsAs
    on_unsupported: OnUnsupported
    source_encoding: str | None
    part_bytes: int | None
    leave_parts: bool
    consistency: Consistency
    count_rows: bool
    on_schema_change: OnSchemaChange
    max_row_drop_percent: float | None
    mixed_success: bool
    revision: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, transport: Transport) -> TransportAnswer:
        """Describe a transport."""
        carriage, proof = transport.carriage, transport.proof
        return cls(
            id=transport.id,
            name=transport.name,
            description=transport.description,
            source=transport.source,
            tables=[
                each.table if each.is_plain else EntryAnswer.of(each) for each in transport.tables
            ],
            target_bucket=transport.target_bucket,
            prefix=transport.prefix,
            format=carriage.format,
            parallel_tables=transport.parallel_tables,
            enabled=transport.enabled,
            schedule=ScheduleAnswer.of(transport.schedule) if transport.schedule else None,
            next_fire_at=transport.next_fire_at,
            status=transport.status,
            running_job=transport.running_job,
            last_job=transport.last_job,
            last_version=_version(transport.last_version or None),
            compression_level=carriage.compression_level,
            numbers=carriage.numbers,
            nulls=carriage.nulls,
            on_unsupported=carriage.on_unsupported,
            source_encoding=carriage.source_encoding,
            part_bytes=carriage.part_bytes,
            leave_parts=carriage.leave_parts,
            consistency=proof.consistency,
            count_rows=proof.count_rows,
            on_schema_change=proof.on_schema_change,
            max_row_drop_percent=proof.max_row_drop_percent,
            mixed_success=proof.mixed_success,
            revision=transport.revision,
            created_at=transport.created_at,
            updated_at=transport.updated_at,
        )


class TransportsAnswer(Answer):
    """A page of transports, newest first."""

    transports: list[TransportAnswer]
    next_page_token: str | None


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
            version=_version(job.version),
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


class StageAnswer(Answer):
    """One stage that a table went through."""

    name: str
    at: datetime
    note: str


class ObjectAnswer(Answer):
    """One object that a table was written to."""

    path: str
    bytes: int
    rows: int
    crc32c: str = Field(description="Castagnoli checksum, eight hexadecimal digits")
    generation: str


class BigqueryLoadAnswer(Answer):
    """How a table gets into BigQuery."""

    command: str | None = Field(
        description="For a shell; null where BigQuery cannot read the objects where they are"
    )
    hint: str

    @classmethod
    def of(cls, load: BigqueryLoad) -> BigqueryLoadAnswer:
        """Describe how."""
        return cls(command=load.command, hint=load.hint)


class TableOfJobAnswer(Answer):
    """One table of a job."""

    id: str
    job_id: str
    table_name: str
    status: WorkStatus
    row_count: int
    bytes_transferred: int
    rows_total: int | None
    rows_total_is_estimate: bool
    rows_per_second: float
    progress_percent: float | None
    eta_seconds: float | None
    parts_total: int
    parts_completed: int
    attempts_failed: int
    started_at: datetime | None
    completed_at: datetime | None
    gcs_path: str | None = Field(description="The first object's address; null before it is whole")
    objects: list[ObjectAnswer]
    stages: list[StageAnswer]
    error: str | None
    failure: FailureAnswer | None
    warnings: list[str]
    carried_from: str | None
    bq_load: BigqueryLoadAnswer | None = Field(
        description="Null until the job is complete, and for test runs"
    )

    @classmethod
    def of(
        cls, table: TableTask, *, objects: list[ObjectAnswer], load: BigqueryLoad | None
    ) -> TableOfJobAnswer:
        """Describe a table of a job."""
        progress = table.progress
        return cls(
            id=table.table_id,
            job_id=table.job_id,
            table_name=f"{table.table}",
            status=table.status,
            row_count=rows_so_far(table),
            bytes_transferred=bytes_so_far(table),
            rows_total=progress.rows_total,
            rows_total_is_estimate=progress.is_estimate,
            rows_per_second=round(progress.rows_per_second, 1),
            progress_percent=rounded(progress.percent),
            eta_seconds=None if table.status.ended else rounded(progress.eta_seconds),
            parts_total=table.parts_total,
            parts_completed=table.parts_completed,
            attempts_failed=table.hold.failures,
            started_at=table.started_at,
            completed_at=table.completed_at,
            gcs_path=objects[0].path if objects else None,
            objects=objects,
            stages=[
                StageAnswer(name=each.name, at=each.at, note=each.note) for each in table.stages
            ],
            error=table.failure.message if table.failure else None,
            failure=FailureAnswer.of(table.failure) if table.failure else None,
            warnings=list(table.warnings),
            carried_from=table.carried_from,
            bq_load=None if load is None else BigqueryLoadAnswer.of(load),
        )


class TablesOfJobAnswer(Answer):
    """A page of a job's tables, in the transport's order."""

    tables: list[TableOfJobAnswer]
    next_page_token: str | None


class TableListingAnswer(Answer):
    """One table of the source."""

    table_name: str
    owner: str | None = Field(serialization_alias="schema")
    kind: str
    columns: int
    estimated_rows: int | None
    estimated_bytes: int | None
    row_count: int | None = Field(description="Counted; null unless asked for")


class TablesAnswer(Answer):
    """A page of the tables that the account may read."""

    tables: list[TableListingAnswer]
    next_page_token: str | None


class ColumnAnswer(Answer):
    """One column: what Oracle says of it, and how it is carried."""

    name: str
    oracle_type: str
    nullable: bool
    comment: str | None
    expression: str | None = Field(description="What is selected; null where it is not carried")
    json_type: str | None
    bigquery_type: str | None
    parquet_type: str | None
    duckdb_type: str | None
    note: str


class TableAnswer(Answer):
    """A table of the source, and how each of its columns would be carried."""

    table_name: str
    owner: str | None = Field(serialization_alias="schema")
    kind: str
    columns: list[ColumnAnswer]
    primary_key: list[str]
    partitions: list[str]
    estimated_rows: int | None
    estimated_bytes: int | None
    has_policy: bool = Field(description="Row-level policies may hide rows from the account")
    warnings: list[str]


class SampleAnswer(Answer):
    """The first rows of a table, each as the object would hold it."""

    table_name: str
    owner: str | None = Field(serialization_alias="schema")
    columns: list[str]
    row_count: int
    rows: list[dict[str, Any]]


class SourceAnswer(Answer):
    """What a connection test found."""

    source: str
    status: str = Field(description="connected, unreachable, not_configured or unknown")
    checked_at: datetime | None
    latency_ms: float | None
    version: str | None
    character_set: str | None
    national_character_set: str | None
    mode: str
    pool: dict[str, int] | None
    error: str | None
    hint: str


class OracleStatusAnswer(Answer):
    """The connection test of every source."""

    status: str
    timestamp: datetime
    sources: list[SourceAnswer]


class PartHealthAnswer(Answer):
    """The state of one part of the service."""

    status: str = Field(description="ok, down, unknown or not_configured")
    checked_at: datetime | None
    code: str | None = Field(description="What is wrong; details need authentication")


class HealthAnswer(Answer):
    """Whether the service works: ok, degraded, or down."""

    status: str
    timestamp: datetime
    version: str
    oracle: PartHealthAnswer
    state: PartHealthAnswer
    queue: PartHealthAnswer
    object_store: PartHealthAnswer


class LiveAnswer(Answer):
    """That the process answers."""

    status: str
    version: str


class WatcherAnswer(Answer):
    """What a page needs to listen to Firestore, besides its own web API key."""

    custom_token: str = Field(description="For signInWithCustomToken of the Firebase SDK")
    expires_at: datetime
    tenant: str = Field(description="What every query must ask for by name")
    project_id: str
    database: str


class TickAnswer(Answer):
    """What a tick did."""

    jobs_started: list[str]
    jobs_closed: list[str]
    messages_republished: int
    workers_launched: int
    dead_letters: int
    problems: list[str]


def duration_seconds(began: datetime | None, ended: datetime | None) -> float | None:
    """Return the seconds between two moments, None where one is unknown."""
    if began is None or ended is None:
        return None
    return round((ended - began).total_seconds(), 3)


def rounded(value: float | None) -> float | None:
    """Return a figure for people, to one decimal."""
    return None if value is None else round(value, 1)


def rows_so_far(table: TableTask) -> int:
    """Return the rows that a table has carried: by its end, by its ended parts, or live."""
    if table.status.ended:
        return table.rows
    return max(table.progress.rows, table.parts_rows)


def bytes_so_far(table: TableTask) -> int:
    """Return the bytes that a table has carried, as above."""
    if table.status.ended:
        return table.bytes
    return max(table.progress.bytes, table.parts_bytes)


def _version(number: int | None) -> str | None:
    return None if number is None else version_label(number)
