"""What callers get of transports."""

from __future__ import annotations

from datetime import datetime

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
from transport_api.answers import Answer, version_of


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
            last_version=version_of(transport.last_version or None),
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
