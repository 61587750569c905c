"""The operations on a source's tables."""

from __future__ import annotations

import json
from collections.abc import Mapping

from oracle_etl.flow.browse_tables import (
    MAX_AGE_SECONDS,
    ShownColumn,
    count_tables,
    list_tables,
    sample_table,
    show_table,
)
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.names import TableName
from oracle_etl.ports import CatalogueAsked, PageRequest, TableListing
from transport_api.call import Call, Reply
from transport_api.reading import naming, naming_the_page
from transport_api.requests import SampleAsked, TableAsked, TablesAsked
from transport_api.source_answers import (
    ColumnAnswer,
    TableAnswer,
    TableListingAnswer,
    TablesAnswer,
)

_MOST_COUNTED = 50


def list_(call: Call[TablesAsked, None]) -> Reply:
    """List tables."""
    asked = call.query
    if asked.counts == "exact" and asked.page_size > _MOST_COUNTED:
        raise InvalidRequest(
            "too many tables to count in one page",
            details={"page_size": f"must be at most {_MOST_COUNTED} with counts=exact"},
        )
    with naming_the_page(asked.page_token):
        catalogue = list_tables(
            CatalogueAsked(
                source=asked.source,
                page=PageRequest(size=asked.page_size, token=asked.page_token),
                schema=asked.owner,
                search=asked.search,
            ),
            max_age_seconds=_max_age_seconds(call.headers),
            outside=call.outside,
        )
    age = (call.outside.clock.now() - catalogue.listed_at).total_seconds()
    if asked.counts == "exact":
        catalogue = count_tables(catalogue, source_name=asked.source, outside=call.outside)
    return Reply(
        content=TablesAnswer(
            tables=[_listing(each) for each in catalogue.items],
            next_page_token=catalogue.next_token,
        ),
        # Another instance, whose clock is ahead, may have listed it.
        headers={"Age": f"{max(0.0, age):.0f}"},
    )


def _max_age_seconds(headers: Mapping[str, str]) -> float:
    said = {each.strip().lower() for each in headers.get("cache-control", "").split(",")}
    return 0.0 if said & {"no-cache", "max-age=0"} else MAX_AGE_SECONDS


def show(call: Call[TableAsked, None]) -> Reply:
    """Show a table."""
    shown = show_table(_named(call), source_name=call.query.source, outside=call.outside)
    shape = shown.shape
    return Reply(
        content=TableAnswer(
            table_name=shape.table.name,
            owner=shape.table.owner,
            kind=shape.kind,
            columns=[_column(each) for each in shown.columns],
            primary_key=list(shape.primary_key),
            partitions=list(shape.partitions),
            estimated_rows=shape.estimated_rows,
            estimated_bytes=shape.estimated_bytes,
            has_policy=shape.has_policy,
            warnings=list(shown.warnings),
        )
    )


def sample(call: Call[SampleAsked, None]) -> Reply:
    """Show a table's first rows, each as the line that an object would hold."""
    found = sample_table(
        _named(call),
        limit=call.query.limit,
        source_name=call.query.source,
        outside=call.outside,
    )
    head = {
        "table_name": found.table.name,
        "schema": found.table.owner,
        "columns": list(found.columns),
        "row_count": len(found.lines),
    }
    # The rows go in as they are: reading and writing them again could change a number.
    opening = json.dumps(head, ensure_ascii=False).removesuffix("}").encode()
    return Reply(content=opening + b', "rows": [' + b",\n".join(found.lines) + b"]}")


def _named(call: Call[TableAsked, None]) -> TableName:
    with naming("name", 'must be TABLE, OWNER.TABLE, or "Quoted Owner"."Quoted Table"'):
        return TableName.parse(call.path["name"])


def _listing(listing: TableListing) -> TableListingAnswer:
    return TableListingAnswer(
        table_name=listing.table.name,
        owner=listing.table.owner,
        kind=listing.kind,
        columns=listing.columns,
        estimated_rows=listing.estimated_rows,
        estimated_bytes=listing.estimated_bytes,
        row_count=listing.counted_rows,
    )


def _column(column: ShownColumn) -> ColumnAnswer:
    carried = column.carried
    declared = column.declared
    return ColumnAnswer(
        name=declared.name,
        oracle_type=column.oracle_type,
        nullable=declared.nullable,
        comment=declared.comment,
        expression=carried.expression if carried else None,
        json_type=carried.json_type if carried else None,
        bigquery_type=carried.bigquery_type if carried else None,
        parquet_type=carried.parquet_type if carried else None,
        duckdb_type=carried.duckdb_type if carried else None,
        note=carried.note if carried else column.refusal,
    )
