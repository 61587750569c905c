"""Columns: what the dictionary says of a table, and how each column will be carried."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from oracle_etl.model.names import TableName


class ObjectKind(enum.StrEnum):
    """What a name stands for; decides how it is read, split and counted."""

    HEAP = "heap table"
    PARTITIONED = "partitioned table"
    CLUSTERED = "clustered table"
    INDEX_ORGANISED = "index-organised table"
    EXTERNAL = "external table"
    TEMPORARY = "temporary table"
    VIEW = "view"
    MATERIALISED_VIEW = "materialised view"
    QUERY = "query"

    @property
    def has_ranges(self) -> bool:
        """Whether its rows have physical ROWIDs that can bound a part."""
        return self in {
            ObjectKind.HEAP,
            ObjectKind.PARTITIONED,
            ObjectKind.CLUSTERED,
            ObjectKind.MATERIALISED_VIEW,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredColumn:
    """A column as the dictionary declares it."""

    name: str
    data_type: str
    """As ALL_TAB_COLUMNS writes it: NUMBER, VARCHAR2, TIMESTAMP(6) WITH TIME ZONE, ..."""
    precision: int | None = None
    scale: int | None = None
    length: int = 0
    """Bytes."""
    characters: int = 0
    nullable: bool = True
    national: bool = False
    invisible: bool = False
    """Whether only a statement that names it reads it."""
    position: int = 0
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape:
    """What the dictionary says of a table."""

    table: TableName
    """As resolved: owner and name of the object itself, behind any synonym."""
    kind: ObjectKind
    columns: tuple[DeclaredColumn, ...]
    primary_key: tuple[str, ...] = ()
    estimated_rows: int | None = None
    estimated_bytes: int | None = None
    partitions: tuple[str, ...] = ()
    has_policy: bool = False
    """Whether row-level policies may hide rows from the account."""
    character_set: str = "AL32UTF8"
    source_encoding: str | None = None
    """What the source's text really is, where the settings say that the database misnames it."""
    hashes_in_database: bool = False
    """Whether the account may call DBMS_CRYPTO, so that hash masks need not see clear values."""


class WireForm(enum.StrEnum):
    """What a column's select expression delivers, and so how the encoder treats it."""

    INTEGER = "integer"
    """A whole number that int64 holds."""
    DECIMAL = "decimal"
    """An exact decimal128."""
    FLOAT = "float"
    """BINARY_FLOAT or BINARY_DOUBLE; NaN and infinities become text."""
    BOOLEAN = "boolean"
    NUMBER_TEXT = "number text"
    """A number as Oracle's own text; to be made canonical."""
    TEXT = "text"
    MOMENT = "moment"
    """A DATE or TIMESTAMP that a microsecond timestamp holds exactly."""
    INSTANT = "instant"
    """The same in UTC, of a TIMESTAMP WITH LOCAL TIME ZONE."""
    BYTES = "bytes"
    DAYS = "days"
    """An INTERVAL DAY TO SECOND as Oracle's own text; to be made ISO 8601."""
    MONTHS = "months"
    """An INTERVAL YEAR TO MONTH as Oracle's own text; to be made ISO 8601."""
    ENCODED_TEXT = "encoded text"
    """Bytes of a text in `source_encoding`; to be decoded strictly."""
    JSON = "json"
    """JSON text to be embedded as it is."""
    NOTHING = "nothing"
    """Always null: masked, or unsupported and chosen to be null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedColumn:
    """How one column travels from Oracle into each format."""

    name: str
    oracle_type: str
    """The declaration in full: NUMBER(10,2), VARCHAR2(30 CHAR), ..."""
    expression: str
    """What stands in the select list, without its alias."""
    continuation: str | None = None
    """A second expression, whose bytes follow those of the first."""
    form: WireForm
    arrow_type: str
    """What the driver is asked for, in Arrow's words: int64, decimal128(10,2), large_string."""
    json_type: str
    bigquery_type: str
    parquet_type: str
    duckdb_type: str
    nullable: bool = True
    as_number: bool = False
    """Whether JSON shows a bare number; a text otherwise."""
    encoding: str | None = None
    character_set: str | None = None
    """The one that text came from, where it has not all characters: others in it are misnamed."""
    mask: str | None = None
    hash_in_worker: bool = False
    digits: int = 0
    """Of a NUMBER of declared size: how many a value may have."""
    scale: int = 0
    """How many of them stand after the point; of a moment, digits of its seconds' fraction."""
    width: int = 16
    """Bytes that a value is likely to take, for the size of the first batches."""
    is_lob: bool = False
    """Whether values have no declared size, so that batches must start small."""
    note: str = ""
    """What the user should know: a lossy form chosen, a mask, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPlan:
    """The columns of a table's output, in order, and what was left out."""

    columns: tuple[CarriedColumn, ...]
    skipped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def selected(self) -> tuple[CarriedColumn, ...]:
        """Its columns as a statement delivers them: one with a continuation twice."""
        return tuple(
            column
            for column in self.columns
            for _ in range(1 if column.continuation is None else 2)
        )
