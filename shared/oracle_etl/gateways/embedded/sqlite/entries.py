"""The book inside one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from oracle_etl.gateways.embedded.sqlite.rows import (
    COUNTED_OF_JOB,
    COUNTED_OF_PART,
    COUNTED_OF_TABLE,
    columns_of,
    held_until,
    job_of,
    microseconds,
    part_of,
    table_of,
)
from oracle_etl.gateways.stored_documents import (
    JOBS,
    PARTS,
    PLANS,
    PROGRESS,
    RECEIPTS,
    SLOTS,
    TABLES,
    TOTALS,
    TRANSPORTS,
)
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import NoSuchJob, NoSuchTable
from oracle_etl.model.job import Counts, Job
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.transport import Transport
from oracle_etl.ports import PartCounts, Receipt, SessionSlot

_NEXT_CHANGE = "UPDATE changes SET last = last + 1"

_PUT_TRANSPORT = """
    INSERT INTO transports (id, created_at, fires_at, document)
    VALUES (:id, :created_at, :fires_at, :document)
    ON CONFLICT (id) DO UPDATE SET
        created_at = excluded.created_at, fires_at = excluded.fires_at, document = excluded.document
"""
_PUT_JOB = """
    INSERT INTO jobs (
        id, transport_id, status, created_at, expire_at, tables_completed, tables_failed,
        tables_cancelled, rows, bytes, totals, document
    ) VALUES (
        :id, :transport_id, :status, :created_at, :expire_at, :tables_completed, :tables_failed,
        :tables_cancelled, :rows, :bytes, :totals, :document
    )
    ON CONFLICT (id) DO UPDATE SET
        transport_id = excluded.transport_id, status = excluded.status,
        created_at = excluded.created_at, expire_at = excluded.expire_at,
        document = excluded.document
"""
_PUT_TABLE = """
    INSERT INTO tables (
        job_id, table_id, position, status, step, held_until, change, parts_total,
        parts_completed, parts_failed, parts_rows, parts_bytes, progress, document
    ) VALUES (
        :job_id, :table_id, :position, :status, :step, :held_until, (SELECT last FROM changes),
        :parts_total, :parts_completed, :parts_failed, :parts_rows, :parts_bytes, :progress,
        :document
    )
    ON CONFLICT (job_id, table_id) DO UPDATE SET
        position = excluded.position, status = excluded.status, step = excluded.step,
        held_until = excluded.held_until, change = excluded.change,
        parts_total = excluded.parts_total, progress = excluded.progress,
        document = excluded.document
"""
_PUT_PLAN = """
    INSERT INTO plans (job_id, table_id, document) VALUES (?, ?, ?)
    ON CONFLICT (job_id, table_id) DO UPDATE SET document = excluded.document
"""
_PUT_PART = """
    INSERT INTO parts (job_id, table_id, number, status, held_until, progress, document)
    VALUES (:job_id, :table_id, :number, :status, :held_until, :progress, :document)
    ON CONFLICT (job_id, table_id, number) DO UPDATE SET
        status = excluded.status, held_until = excluded.held_until, progress = excluded.progress,
        document = excluded.document
"""
_PUT_RECEIPT = """
    INSERT INTO receipts (key, expire_at, document) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET expire_at = excluded.expire_at, document = excluded.document
"""
_PUT_SLOT = """
    INSERT INTO slots (source, number, document) VALUES (?, ?, ?)
    ON CONFLICT (source, number) DO UPDATE SET document = excluded.document
"""
_COUNT_JOB = """
    UPDATE jobs SET
        tables_completed = tables_completed + :tables_completed,
        tables_failed = tables_failed + :tables_failed,
        tables_cancelled = tables_cancelled + :tables_cancelled,
        rows = rows + :rows, bytes = bytes + :bytes
    WHERE id = :id
"""
_COUNT_PART = """
    UPDATE tables SET
        parts_completed = parts_completed + :completed, parts_failed = parts_failed + :failed,
        parts_rows = parts_rows + :rows, parts_bytes = parts_bytes + :bytes,
        change = (SELECT last FROM changes)
    WHERE job_id = :job_id AND table_id = :table_id
"""


class SqliteEntries:
    """The book inside one transaction of SQLite; it sees and writes what no one else does now.

    SQLite could read after a write. Refusing it keeps the flow fit for a home that cannot.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._has_written = False

    def transport(self, transport_id: str) -> Transport | None:
        """Read a transport."""
        row = self._one("SELECT document FROM transports WHERE id = ?", transport_id)
        return None if row is None else TRANSPORTS.from_bytes(row["document"])

    def job(self, job_id: str) -> Job | None:
        """Read a job."""
        row = self._one("SELECT * FROM jobs WHERE id = ?", job_id)
        return None if row is None else job_of(row)

    def table(self, job_id: str, table_id: str) -> TableTask | None:
        """Read a table of a job."""
        row = self._one("SELECT * FROM tables WHERE job_id = ? AND table_id = ?", job_id, table_id)
        return None if row is None else table_of(row)

    def part(self, job_id: str, table_id: str, number: int) -> PartTask | None:
        """Read a part of a table."""
        row = self._one(
            "SELECT * FROM parts WHERE job_id = ? AND table_id = ? AND number = ?",
            job_id,
            table_id,
            number,
        )
        return None if row is None else part_of(row)

    def receipt(self, key: str) -> Receipt | None:
        """Read what an idempotency key stood for."""
        row = self._one("SELECT document FROM receipts WHERE key = ?", key)
        return None if row is None else RECEIPTS.from_bytes(row["document"])

    def slot(self, source: str, number: int) -> SessionSlot | None:
        """Read one session slot."""
        row = self._one(
            "SELECT document FROM slots WHERE source = ? AND number = ?", source, number
        )
        return None if row is None else SLOTS.from_bytes(row["document"])

    def slots(self, source: str) -> Sequence[SessionSlot]:
        """Read the session slots of a source that were ever taken."""
        rows = self._all("SELECT document FROM slots WHERE source = ? ORDER BY number", source)
        return [SLOTS.from_bytes(row["document"]) for row in rows]

    def count_running_jobs(self) -> int:
        """Count the jobs whose status is running."""
        return self._count("SELECT count(*) FROM jobs WHERE status = 'running'")

    def count_running_tables(self, job_id: str) -> int:
        """Count a job's tables whose status is running."""
        return self._count(
            "SELECT count(*) FROM tables WHERE job_id = ? AND status = 'running'", job_id
        )

    def put_transport(self, transport: Transport) -> None:
        """Write a transport."""
        fires_at = transport.next_fire_at if transport.enabled else None
        self._write(
            _PUT_TRANSPORT,
            {
                "id": transport.id,
                "created_at": microseconds(transport.created_at),
                "fires_at": None if fires_at is None else microseconds(fires_at),
                "document": TRANSPORTS.to_bytes(transport),
            },
        )

    def remove_transport(self, transport_id: str) -> None:
        """Remove a transport; its jobs stay."""
        self._write("DELETE FROM transports WHERE id = ?", (transport_id,))

    def put_job(self, job: Job) -> None:
        """Write a job; `counts` and `totals` only when it is new, later they change by adding."""
        self._write(
            _PUT_JOB,
            {
                "id": job.id,
                "transport_id": job.transport_id,
                "status": job.status,
                "created_at": microseconds(job.created_at),
                "expire_at": None if job.expire_at is None else microseconds(job.expire_at),
                "totals": TOTALS.to_bytes(job.totals),
                "document": JOBS.to_bytes(job, without=COUNTED_OF_JOB),
                **columns_of(job.counts),
            },
        )

    def put_table(self, table: TableTask) -> None:
        """Write a table; its part counters only when it is new, later they change by adding."""
        self._write(_NEXT_CHANGE)
        self._write(
            _PUT_TABLE,
            {
                "job_id": table.job_id,
                "table_id": table.table_id,
                "position": table.position,
                "status": table.status,
                "step": table.step,
                "held_until": held_until(table.hold),
                "parts_total": table.parts_total,
                "parts_completed": table.parts_completed,
                "parts_failed": table.parts_failed,
                "parts_rows": table.parts_rows,
                "parts_bytes": table.parts_bytes,
                "progress": PROGRESS.to_bytes(table.progress),
                "document": TABLES.to_bytes(table, without=COUNTED_OF_TABLE),
            },
        )

    def put_plan(self, job_id: str, table_id: str, plan: ColumnPlan) -> None:
        """Write a table's column plan."""
        self._write(_PUT_PLAN, (job_id, table_id, PLANS.to_bytes(plan)))

    def put_part(self, part: PartTask) -> None:
        """Write a part."""
        self._write(
            _PUT_PART,
            {
                "job_id": part.job_id,
                "table_id": part.table_id,
                "number": part.number,
                "status": part.status,
                "held_until": held_until(part.hold),
                "progress": PROGRESS.to_bytes(part.progress),
                "document": PARTS.to_bytes(part, without=COUNTED_OF_PART),
            },
        )

    def put_receipt(self, receipt: Receipt) -> None:
        """Write what an idempotency key stands for."""
        self._write(
            _PUT_RECEIPT,
            (receipt.key, microseconds(receipt.expire_at), RECEIPTS.to_bytes(receipt)),
        )

    def put_slot(self, slot: SessionSlot) -> None:
        """Write a session slot."""
        self._write(_PUT_SLOT, (slot.source, slot.number, SLOTS.to_bytes(slot)))

    def count_job(self, job_id: str, added: Counts) -> None:
        """Add to a job's terminal counters, blindly: any number may do so at once."""
        if self._write(_COUNT_JOB, {"id": job_id, **columns_of(added)}) == 0:
            raise NoSuchJob(f"there is no job {job_id}")

    def count_part(self, job_id: str, table_id: str, added: PartCounts) -> None:
        """Add to a table's part counters, blindly: any number may do so at once."""
        self._write(_NEXT_CHANGE)
        written = self._write(
            _COUNT_PART,
            {
                "job_id": job_id,
                "table_id": table_id,
                "completed": added.completed,
                "failed": added.failed,
                "rows": added.rows,
                "bytes": added.bytes,
            },
        )
        if written == 0:
            raise NoSuchTable(f"job {job_id} has no table {table_id}")

    def _one(self, query: str, *values: str | int) -> sqlite3.Row | None:
        return next(iter(self._all(query, *values)), None)

    def _all(self, query: str, *values: str | int) -> list[sqlite3.Row]:
        if self._has_written:
            raise RuntimeError("a transaction reads after it has written; read first")
        return self._connection.execute(query, values).fetchall()

    def _count(self, query: str, *values: str | int) -> int:
        (count,) = self._all(query, *values)[0]
        return int(count)

    def _write(self, statement: str, values: Sequence[Any] | dict[str, Any] = ()) -> int:
        self._has_written = True
        return self._connection.execute(statement, values).rowcount
