"""Rows of the state file as model values."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from oracle_etl.gateways.stored_documents import JOBS, PARTS, TABLES
from oracle_etl.model.job import Counts, Job
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.work import Hold

COUNTED_OF_JOB = frozenset({"counts", "totals"})
"""Fields of a job that stand in columns of their own, so that adding is one UPDATE."""
COUNTED_OF_TABLE = frozenset(
    {"parts_completed", "parts_failed", "parts_rows", "parts_bytes", "progress"}
)
COUNTED_OF_PART = frozenset({"progress"})

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FREE = -(2**62)


def microseconds(moment: datetime) -> int:
    """Return a time as the columns hold it."""
    return (moment - _EPOCH) // _MICROSECOND


def held_until(hold: Hold) -> int:
    """Return the time at which work may be claimed: long ago where nothing keeps it."""
    if hold.expires_at is None:
        return _FREE
    return microseconds(hold.expires_at)


def job_of(row: sqlite3.Row) -> Job:
    """Read a job."""
    counts = b'{"tables_completed":%d,"tables_failed":%d,"tables_cancelled":%d' % (
        row["tables_completed"],
        row["tables_failed"],
        row["tables_cancelled"],
    )
    counts += b',"rows":%d,"bytes":%d}' % (row["rows"], row["bytes"])
    return JOBS.from_bytes(row["document"], columns={"counts": counts, "totals": row["totals"]})


def columns_of(counts: Counts) -> dict[str, int]:
    """Return a job's counters by column."""
    return {
        "tables_completed": counts.tables_completed,
        "tables_failed": counts.tables_failed,
        "tables_cancelled": counts.tables_cancelled,
        "rows": counts.rows,
        "bytes": counts.bytes,
    }


def table_of(row: sqlite3.Row) -> TableTask:
    """Read a table."""
    columns = {name: row[name] for name in COUNTED_OF_TABLE}
    return TABLES.from_bytes(row["document"], columns=columns)


def part_of(row: sqlite3.Row) -> PartTask:
    """Read a part."""
    return PARTS.from_bytes(row["document"], columns={"progress": row["progress"]})
