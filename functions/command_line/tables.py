"""`oracle-etl tables`: what the source offers."""

from __future__ import annotations

import click

from command_line.api_client import LARGEST_PAGE, path
from command_line.session import Session, calls_the_api, examples
from command_line.views import COLUMN, TABLE, rows_of

_COUNTED_AT_ONCE = 5

_source = click.option("--source", help="A configured source other than the default.")


@click.group("tables")
def tables() -> None:
    """Look at the tables that the source offers."""


@tables.command("list", epilog=examples("oracle-etl tables list --schema SALES --search ORD"))
@click.option("--schema", help="Only tables of this owner.")
@click.option("--search", help="Only names that hold this text.")
@click.option("--count", "counted", is_flag=True, help="Count rows exactly; may take long.")
@click.option("--limit", type=click.IntRange(1), default=200, show_default=True)
@_source
@calls_the_api
def list_tables(session: Session, *, counted: bool, limit: int, **query: str | None) -> None:
    """List tables and views with their size."""
    # Counting takes its time, so the server counts a small page at once.
    wanted = (
        {**query, "counts": "exact", "page_size": min(limit, _COUNTED_AT_ONCE)}
        if counted
        else {**query, "page_size": min(limit, LARGEST_PAGE)}
    )
    found = session.api.pages(path("tables"), "tables", query=wanted, most=limit)
    session.show_list(TABLE, found)


@tables.command("show", epilog=examples("oracle-etl tables show SALES.ORDERS"))
@click.argument("name")
@_source
@calls_the_api
def show(session: Session, *, name: str, source: str | None) -> None:
    """Show a table's columns and how each will be carried."""
    table = session.api.get(path("tables", name), query={"source": source}).body
    session.output.event("table", table)
    session.output.rows(COLUMN, table["columns"])


@tables.command("sample", epilog=examples("oracle-etl tables sample SALES.ORDERS --limit 5 --json"))
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True)
@_source
@calls_the_api
def sample(session: Session, *, name: str, limit: int, source: str | None) -> None:
    """Show the first rows of a table."""
    query = {"limit": limit, "source": source}
    answer = session.api.get(path("tables", name, "sample"), query=query).body
    session.output.rows(rows_of(answer["columns"]), answer["rows"])
