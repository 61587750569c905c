"""What callers get of a source: its tables, and how they would be carried."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from transport_api.answers import Answer


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
