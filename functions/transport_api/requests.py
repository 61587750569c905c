"""What callers may send: the types that validate requests and describe them in OpenAPI."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from oracle_etl.flow.draft_transport import TransportDraft
from oracle_etl.model.job import JobRequest, JobStatus
from oracle_etl.model.transport import (
    Consistency,
    Format,
    Mask,
    MaskKind,
    NullsAs,
    NumbersAs,
    OnSchemaChange,
    OnUnsupported,
    Overlap,
    Schedule,
    TableChoice,
)

MOST_OF_A_PAGE = 500
_LARGEST_WHOLE_NUMBER = 2**53


class Sent(BaseModel):
    """A JSON object from a caller: unknown fields and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Asked(BaseModel):
    """The parameters of a query: unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MaskSent(Sent):
    """One column's mask."""

    column: str
    kind: MaskKind
    keep: int = Field(default=4, description="Characters that keep_last leaves")

    def mask(self) -> Mask:
        """Return the model's mask."""
        return Mask(column=self.column, kind=self.kind, keep=self.keep)


class TableSent(Sent):
    """One entry of the list that says more than a name."""

    table: str = Field(description="A table, a pattern, `not` and a pattern, or a query's name")
    query: str | None = Field(default=None, description="A SELECT to read instead of a table")
    columns: list[str] = []
    exclude: list[str] = []
    where: str | None = Field(default=None, description="A predicate; values as `:name`")
    binds: dict[str, str | int | float | None] = {}
    order: list[str] = []
    masks: list[MaskSent] = []
    source_encoding: str | None = None
    on_unsupported: OnUnsupported | None = None

    def choice(self) -> TableChoice:
        """Return the model's entry."""
        return TableChoice(
            table=self.table,
            query=self.query,
            columns=tuple(self.columns),
            exclude=tuple(self.exclude),
            where=self.where,
            binds=dict(self.binds),
            order=tuple(self.order),
            masks=tuple(each.mask() for each in self.masks),
            source_encoding=self.source_encoding,
            on_unsupported=self.on_unsupported,
        )


class ScheduleSent(Sent):
    """When a transport starts by itself."""

    cron: str = Field(description="Minute, hour, day of month, month, day of week")
    time_zone: str = Field(default="UTC", description="An IANA name such as Asia/Seoul")
    overlap: Overlap = Overlap.SKIP
    grace_seconds: int = Field(default=3600, description="How late a missed run may still start")

    def schedule(self) -> Schedule:
        """Return the model's schedule."""
        return Schedule(
            cron=self.cron,
            time_zone=self.time_zone,
            overlap=self.overlap,
            grace_seconds=self.grace_seconds,
        )


NAME_TAG = "name"
ENTRY_TAG = "entry"


def _kind_of_entry(value: object) -> str:
    return NAME_TAG if isinstance(value, str) else ENTRY_TAG


Entry = Annotated[
    Annotated[str, Tag(NAME_TAG)] | Annotated[TableSent, Tag(ENTRY_TAG)],
    Discriminator(_kind_of_entry),
]
"""A name or pattern, or an object that says more."""


class TransportOptions(Sent):
    """The fields of a transport that may be left out."""

    description: str = ""
    source: str = Field(default="default", description="A configured Oracle database")
    target_bucket: str = Field(default="", description="Empty takes GCS_BUCKET_NAME")
    prefix: str = Field(default="", description="Folders before the transport's own")
    parallel_tables: int | None = Field(
        default=None, description="Tables at once; null takes ETL_PARALLEL_TABLES"
    )
    enabled: bool = True
    schedule: ScheduleSent | None = None
    format: Format = Format.JSONL_GZ
    compression_level: int | None = None
    numbers: NumbersAs = NumbersAs.AUTO
    nulls: NullsAs = NullsAs.EXPLICIT
    on_unsupported: OnUnsupported = OnUnsupported.FAIL
    source_encoding: str | None = None
    part_bytes: int | None = Field(default=None, description="Null takes ETL_PART_BYTES")
    leave_parts: bool = False
    consistency: Consistency = Consistency.BEST
    count_rows: bool = True
    on_schema_change: OnSchemaChange = OnSchemaChange.WARN
    max_row_drop_percent: float | None = None
    mixed_success: bool = False


class TransportSent(TransportOptions):
    """A transport to be created."""

    id: str | None = Field(
        default=None,
        description="TRPID-xxxxxxxx; null makes a new one",
        json_schema_extra={"pattern": "^TRPID-[0-9a-z]{8}$"},
    )
    name: str = Field(json_schema_extra={"minLength": 1, "maxLength": 200})
    tables: list[Entry] = Field(json_schema_extra={"minItems": 1})

    def draft(self, *, parallel_tables: int) -> TransportDraft:
        """Return what the transport should be; `parallel_tables` is the service's default."""
        draft = TransportDraft(name=self.name, tables=(), parallel_tables=parallel_tables)
        return draft.changed(_in_the_model(self, parallel_tables=parallel_tables))


class TransportChange(TransportOptions):
    """Fields of a transport to be changed; those left out stay as they are."""

    name: str = ""
    tables: list[Entry] = []

    model_config = ConfigDict(
        json_schema_extra=lambda schema: _without_defaults(schema),  # noqa: PLW0108 - defined below
    )

    def changes(self, *, parallel_tables: int) -> dict[str, Any]:
        """Return the fields that were sent, as the model has them."""
        return _in_the_model(self, parallel_tables=parallel_tables)


def _without_defaults(schema: dict[str, Any]) -> None:
    # What is left out stays as it is: a default would say otherwise.
    for each in schema.get("properties", {}).values():
        each.pop("default", None)


def _in_the_model(sent: TransportOptions, *, parallel_tables: int) -> dict[str, Any]:
    values = {name: getattr(sent, name) for name in sent.model_fields_set - {"id"}}
    if "tables" in values:
        values["tables"] = tuple(
            TableChoice(table=each) if isinstance(each, str) else each.choice()
            for each in values["tables"]
        )
    if values.get("schedule") is not None:
        values["schedule"] = values["schedule"].schedule()
    if "parallel_tables" in values and values["parallel_tables"] is None:
        values["parallel_tables"] = parallel_tables
    return values


class ExecuteSent(Sent):
    """What to run of a transport; an empty object runs all of it."""

    limit: int | None = Field(
        default=None, ge=1, le=_LARGEST_WHOLE_NUMBER, description="Rows of each table: a test run"
    )
    tables: list[str] = Field(default=[], max_length=10_000, description="A subset of the tables")

    def job_request(self, *, idempotency_key: str | None) -> JobRequest:
        """Return the model's request."""
        return JobRequest(
            limit=self.limit, tables=tuple(self.tables), idempotency_key=idempotency_key
        )


class Nothing(Sent):
    """An empty object."""


class PageAsked(Asked):
    """Which page of a list."""

    page_size: int = Field(default=50, ge=1, le=MOST_OF_A_PAGE)
    page_token: str | None = Field(
        default=None, max_length=2000, description="`next_page_token` of the page before"
    )


class JobsAsked(PageAsked):
    """Which jobs."""

    transport: str | None = Field(default=None, max_length=64, description="A transport's id")
    status: JobStatus | None = None


class TablesAsked(PageAsked):
    """Which tables of a source."""

    model_config = ConfigDict(populate_by_name=False)

    owner: str | None = Field(default=None, alias="schema", min_length=1, max_length=128)
    search: str | None = Field(
        default=None, min_length=1, max_length=128, description="Part of a name, in any case"
    )
    source: str = Field(default="default", max_length=64)
    counts: str = Field(
        default="estimated",
        pattern="^(estimated|exact)$",
        description="`exact` counts the rows of the page's tables, which takes time",
    )


class TableAsked(Asked):
    """Which source a table is in."""

    source: str = Field(default="default", max_length=64)


class SampleAsked(TableAsked):
    """How many rows of a table to show."""

    limit: int = Field(default=100, ge=1, le=1000)


class NothingAsked(Asked):
    """No parameters."""


class EditAsked(Asked):
    """Whether an edit is meant, or only what would become of it."""

    validate_only: bool = Field(
        default=False,
        description="Check it and answer as if it were done, without doing it",
    )
