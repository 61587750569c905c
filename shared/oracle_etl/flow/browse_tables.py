"""Look at a source's tables: which there are, how they would be carried, their first rows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from oracle_etl.flow.carry_column import declaration
from oracle_etl.flow.encode.json_lines import JsonLines
from oracle_etl.flow.plan_columns import plan_columns, with_moments_as_text
from oracle_etl.model.columns import CarriedColumn, ColumnPlan, DeclaredColumn, TableShape
from oracle_etl.model.errors import (
    TransportError,
    TryAgain,
    UnreadableMoment,
    UnsupportedColumn,
)
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage, NullsAs, OnUnsupported, TableChoice
from oracle_etl.outside import Outside
from oracle_etl.ports import CatalogueAsked, CatalogueShelf, KeptCatalogue, TableSource

MAX_AGE_SECONDS = 600.0
"""How long a kept catalogue is shown; new tables take so long to appear in lists."""

_SAMPLE_BATCH_BYTES = 1024 * 1024
_MOST_SAMPLE_BYTES = 16 * 1024 * 1024
"""A sample of large LOBs ends with the row that reaches it."""
_ACTION = "browse"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownColumn:
    """A column as declared, and how it would be carried, or why it would not."""

    declared: DeclaredColumn
    oracle_type: str
    carried: CarriedColumn | None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTable:
    """A table, and how each of its columns would be carried."""

    shape: TableShape
    columns: tuple[ShownColumn, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first rows of a table, each as a line of JSON, as an object would hold it."""

    table: TableName
    columns: tuple[str, ...]
    lines: tuple[bytes, ...]


def list_tables(
    asked: CatalogueAsked, *, outside: Outside, max_age_seconds: float = MAX_AGE_SECONDS
) -> KeptCatalogue:
    """Return a page of the tables that the account may read, with estimated rows.

    A page that the home keeps is returned while it is young enough; an older one where the
    source is away.
    """
    kept = _found(asked, outside.shelf)
    now = outside.clock.now()
    if kept is not None and (now - kept.listed_at).total_seconds() < max_age_seconds:
        return kept
    try:
        page = outside.source(asked.source).catalogue(
            asked.page, schema=asked.schema, search=asked.search
        )
    except TryAgain:
        if kept is None:
            raise
        return kept
    listed = KeptCatalogue(items=page.items, next_token=page.next_token, listed_at=now)
    if outside.shelf is not None:
        with suppress(TransportError):
            outside.shelf.keep(asked, listed)
    return listed


def _found(asked: CatalogueAsked, shelf: CatalogueShelf | None) -> KeptCatalogue | None:
    if shelf is None:
        return None
    with suppress(TransportError):
        return shelf.find(asked)
    return None


def count_tables(listed: KeptCatalogue, *, source_name: str, outside: Outside) -> KeptCatalogue:
    """Return the page with the rows of each table counted, one after the other."""
    source = outside.source(source_name)
    counted = tuple(
        replace(each, counted_rows=source.count(_whole_table(each.table))) for each in listed.items
    )
    return replace(listed, items=counted)


def show_table(table: TableName, *, source_name: str, outside: Outside) -> ShownTable:
    """Return what the dictionary says of a table, and the plan for its columns."""
    shape = outside.source(source_name).shape(table)
    columns = tuple(_shown(each, shape) for each in shape.columns)
    warnings = _plan_of_what_can_be_carried(shape).warnings
    return ShownTable(shape=shape, columns=columns, warnings=warnings)


def sample_table(table: TableName, *, limit: int, source_name: str, outside: Outside) -> Sample:
    """Return the first rows of a table, without the columns that cannot be carried."""
    source = outside.source(source_name)
    shape = source.shape(table)
    plan = _plan_of_what_can_be_carried(shape)
    reading = Reading(table=shape.table, plan=plan, limit=limit, action=_ACTION)
    try:
        lines = _lines(reading, source)
    except UnreadableMoment:
        plan = with_moments_as_text(plan, shape, Carriage())
        lines = _lines(replace(reading, plan=plan), source)
    return Sample(table=shape.table, columns=tuple(each.name for each in plan.columns), lines=lines)


def _lines(reading: Reading, source: TableSource) -> tuple[bytes, ...]:
    writer = JsonLines(reading.plan.columns, nulls=NullsAs.EXPLICIT, mask_key=None)
    lines: list[bytes] = []
    size = 0
    with source.read(reading, batch_bytes=_SAMPLE_BATCH_BYTES) as batches:
        for batch in batches:
            written = writer.lines(batch)
            lines += written.splitlines()
            size += len(written)
            if size >= _MOST_SAMPLE_BYTES:
                break
    return tuple(lines)


def _shown(column: DeclaredColumn, shape: TableShape) -> ShownColumn:
    oracle_type = declaration(column)
    choice = TableChoice(table=shape.table.name, columns=(column.name,))
    try:
        [carried] = plan_columns(shape, choice, Carriage()).columns
    except UnsupportedColumn as error:
        return ShownColumn(
            declared=column, oracle_type=oracle_type, carried=None, refusal=error.message
        )
    return ShownColumn(declared=column, oracle_type=oracle_type, carried=carried)


def _plan_of_what_can_be_carried(shape: TableShape) -> ColumnPlan:
    carriage = Carriage(on_unsupported=OnUnsupported.SKIP)
    return plan_columns(shape, TableChoice(table=shape.table.name), carriage)


def _whole_table(table: TableName) -> Reading:
    return Reading(table=table, plan=ColumnPlan(columns=()), action=_ACTION)
