"""Go through a job's tables in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

from oracle_etl.flow.every_item import every_item
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest

_PAGE = 50
"""A table that was split into 2,000 parts takes half a megabyte, and there may be many of them."""


def tables_of(
    job_id: str, *, outside: Outside, status: WorkStatus | None = None
) -> Iterator[TableTask]:
    """Yield the tables of a job by position, a page at a time."""
    return every_item(
        lambda token: outside.book.tables(
            job_id, PageRequest(size=_PAGE, token=token), status=status
        )
    )
