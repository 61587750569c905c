"""A transport: a named group of tables, and how each is to be carried."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from datetime import datetime

DEFAULT_TENANT = "default"
"""Whose transports and jobs are, while nobody is told apart."""


class TransportStatus(enum.StrEnum):
    """What a transport does now, or how its last job ended."""

    IDLE = "idle"
    RUNNING = "running"
    FAILED = "failed"


class Format(enum.StrEnum):
    """How rows are written; the value is the object's suffix."""

    JSONL_GZ = "jsonl.gz"
    JSONL_ZST = "jsonl.zst"
    PARQUET = "parquet"


class NumbersAs(enum.StrEnum):
    """How NUMBER stands in JSON: a number while 15 digits hold it (auto), or always one form."""

    AUTO = "auto"
    DIGITS = "digits"
    TEXT = "text"


class NullsAs(enum.StrEnum):
    """Whether a JSON row shows a null or leaves its key out."""

    EXPLICIT = "explicit"
    ABSENT = "absent"


class OnUnsupported(enum.StrEnum):
    """What becomes of a column whose type cannot be carried exactly."""

    FAIL = "fail"
    TEXT = "text"
    NULL = "null"
    SKIP = "skip"


class Consistency(enum.StrEnum):
    """Whether one SCN for the whole job is demanded, or the best that the account allows."""

    BEST = "best"
    JOB = "job"


class OnSchemaChange(enum.StrEnum):
    """What becomes of a version whose columns differ from the last one's."""

    ALLOW = "allow"
    WARN = "warn"
    FAIL = "fail"


class Overlap(enum.StrEnum):
    """What a due schedule does while the transport's last job still runs."""

    SKIP = "skip"
    QUEUE = "queue"


class MaskKind(enum.StrEnum):
    """How a column's clear value is kept from leaving."""

    NULL = "null"
    REDACT = "redact"
    HASH = "hash"
    KEEP_LAST = "keep_last"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """One column's mask; `keep` counts the characters that KEEP_LAST leaves."""

    column: str
    kind: MaskKind
    keep: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChoice:
    """One entry of a transport's list: a name or a pattern, and what to take of it."""

    table: str
    """As the user wrote it: `EMP`, `HR.EMP`, `SALES.*`, `not *_TMP`; the name of a `query`."""
    query: str | None = None
    columns: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    where: str | None = None
    binds: dict[str, str | int | float | None] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    masks: tuple[Mask, ...] = ()
    source_encoding: str | None = None
    on_unsupported: OnUnsupported | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the entry is a name and nothing else, as the seed's lists have it."""
        return self == TableChoice(table=self.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """How a transport's values and objects are written."""

    format: Format = Format.JSONL_GZ
    compression_level: int | None = None
    numbers: NumbersAs = NumbersAs.AUTO
    nulls: NullsAs = NullsAs.EXPLICIT
    on_unsupported: OnUnsupported = OnUnsupported.FAIL
    source_encoding: str | None = None
    part_bytes: int | None = None
    """Target size of a part before compression; None takes the setting."""
    leave_parts: bool = False
    """Leave a table in its parts instead of putting them together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What must hold before a version gets its _SUCCESS."""

    consistency: Consistency = Consistency.BEST
    count_rows: bool = True
    on_schema_change: OnSchemaChange = OnSchemaChange.WARN
    max_row_drop_percent: float | None = None
    mixed_success: bool = False
    """Allow _SUCCESS for a version completed at more than one SCN."""

    def judged_as(self, now: Proof) -> Proof:
        """Return what was proved, with what is demanded now of a version whose tables are read.

        One moment for all may be let go, and is demanded of no version that was begun without it.
        """
        demands_moment = self.consistency is now.consistency is Consistency.JOB
        return replace(
            self,
            consistency=Consistency.JOB if demands_moment else Consistency.BEST,
            on_schema_change=now.on_schema_change,
            max_row_drop_percent=now.max_row_drop_percent,
            mixed_success=now.mixed_success,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a transport starts by itself."""

    cron: str
    time_zone: str = "UTC"
    overlap: Overlap = Overlap.SKIP
    grace_seconds: int = 3600
    """How late a missed run may still start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """A named group of tables of one source."""

    id: str
    name: str
    description: str = ""
    source: str = "default"
    tables: tuple[TableChoice, ...]
    target_bucket: str = ""
    prefix: str = ""
    parallel_tables: int = 4
    carriage: Carriage = Carriage()
    proof: Proof = Proof()
    enabled: bool = True
    schedule: Schedule | None = None
    next_fire_at: datetime | None = None
    status: TransportStatus = TransportStatus.IDLE
    running_job: str | None = None
    last_job: str | None = None
    last_version: int = 0
    revision: int = 1
    tenant: str = DEFAULT_TENANT
    created_at: datetime
    updated_at: datetime

    def edited(self, at: datetime, **changes: object) -> Transport:
        """Return the transport with changed fields, as a new revision."""
        return replace(self, revision=self.revision + 1, updated_at=at, **changes)  # type: ignore[arg-type]

    def occupied(self, job_id: str, *, version: int) -> Transport:
        """Return the transport running a job; `version` is the last one it gave out."""
        return replace(
            self,
            status=TransportStatus.RUNNING,
            running_job=job_id,
            last_job=job_id,
            last_version=version,
        )

    def released(self, status: TransportStatus) -> Transport:
        """Return the transport after its job has ended."""
        return replace(self, status=status, running_job=None)

    def fires_next(self, at: datetime | None) -> Transport:
        """Return the transport waiting for its next due instant."""
        return replace(self, next_fire_at=at)
