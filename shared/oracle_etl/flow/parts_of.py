"""Go through a table's parts in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

from oracle_etl.flow.every_item import every_item
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import PageRequest

_PAGE = 500


def parts_of(
    table: TableTask, *, outside: Outside, status: WorkStatus | None = None
) -> Iterator[PartTask]:
    """Yield the parts that a table was handed over to, by number."""
    parts = every_item(
        lambda token: outside.book.parts(
            table.job_id, table.table_id, PageRequest(size=_PAGE, token=token), status=status
        )
    )
    # Numbers beyond the total are left over from a plan that was never handed over.
    return (each for each in parts if each.number <= table.parts_total)
