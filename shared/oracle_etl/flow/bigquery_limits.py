"""Warn of objects that BigQuery loads slowly, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oracle_etl.model.objects import FinalObject
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.transport import Carriage, Format

LARGEST_GZIP_FOR_BIGQUERY = 4 * 1024**3
"""BigQuery loads no larger compressed object."""
LARGEST_FOR_ONE_READER = 4 * 1024**3
"""Of JSON before compression: gzip cannot be split, so one reader takes all of it."""
_GIGABYTE = 10**9


def bigquery_warnings(
    table: TableTask, objects: Sequence[FinalObject], *, carriage: Carriage
) -> Iterator[str]:
    """Yield what whoever loads a table's gzip objects should know, and which setting helps."""
    if carriage.format is not Format.JSONL_GZ or not objects:
        return
    size = max(each.object.size for each in objects)
    plain = max(each.plain_bytes for each in objects)
    if size > LARGEST_GZIP_FOR_BIGQUERY:
        yield (
            f"{table.table}: a gzip object of {size / _GIGABYTE:.1f} GB, and BigQuery loads none"
            f" over 4 GB; {_remedy(table, objects)}"
        )
    elif plain > LARGEST_FOR_ONE_READER:
        yield (
            f"{table.table}: {plain / _GIGABYTE:.1f} GB of JSON in one gzip object, which BigQuery"
            f" reads with one reader; {_remedy(table, objects)}"
        )


def _remedy(table: TableTask, objects: Sequence[FinalObject]) -> str:
    if not table.parts_total:
        return 'set "format" to "parquet", which is read by many'
    if len(objects) > 1:
        return 'set "part_bytes" smaller'
    return 'set "leave_parts", which leaves it in its parts, or "format" to "parquet"'
