"""Transports, jobs, tables and parts in SQLite."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from oracle_etl.gateways.embedded.sqlite.database import Database
from oracle_etl.gateways.embedded.sqlite.entries import SqliteEntries
from oracle_etl.gateways.embedded.sqlite.rows import job_of, microseconds, part_of, table_of
from oracle_etl.gateways.page_tokens import Key, key_of, page_token
from oracle_etl.gateways.stored_documents import PLANS, RECEIPTS, TRANSPORTS
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import InvalidRequest, NoSuchJob, NoSuchTable, NoSuchTransport
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.transport import Transport
from oracle_etl.model.work import WorkRef, WorkStatus
from oracle_etl.ports import Entries, Page, PageRequest, Receipt, TableChanges

T = TypeVar("T")

_CURSOR = re.compile(r"[0-9]{1,18}\Z", re.ASCII)

# Lists go on from a key, so that rows which come or go meanwhile move nothing. First keys:
_NEWEST: Key = (2**63 - 1, "")
_FIRST_PLACE: Key = (-1, "")
_FIRST_NUMBER: Key = (-1,)

_TRANSPORTS = """
    SELECT id, created_at, document FROM transports
    WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?
"""
_DUE_TRANSPORTS = """
    SELECT document FROM transports
    WHERE fires_at IS NOT NULL AND fires_at <= ? ORDER BY fires_at, id LIMIT ?
"""
_JOBS = """
    SELECT * FROM jobs
    WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?
"""
_JOBS_OF_TRANSPORT = """
    SELECT * FROM jobs WHERE transport_id = ?
    AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?
"""
_JOBS_BY_STATUS = """
    SELECT * FROM jobs WHERE status = ?
    AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?
"""
_JOBS_BY_BOTH = """
    SELECT * FROM jobs WHERE transport_id = ? AND status = ?
    AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?
"""
_UNFINISHED_JOBS = """
    SELECT * FROM jobs INDEXED BY jobs_unfinished
    WHERE status IN ('pending', 'running') ORDER BY created_at, id LIMIT ?
"""
_WAITING_JOBS = """
    SELECT id FROM jobs WHERE status = 'pending' ORDER BY created_at, id LIMIT ?
"""
_TABLES = """
    SELECT * FROM tables WHERE job_id = ?
    AND (position, table_id) > (?, ?) ORDER BY position, table_id LIMIT ?
"""
_TABLES_BY_STATUS = """
    SELECT * FROM tables WHERE job_id = ? AND status = ?
    AND (position, table_id) > (?, ?) ORDER BY position, table_id LIMIT ?
"""
_TABLE_CHANGES = """
    SELECT * FROM tables WHERE job_id = ? AND change > ? ORDER BY change LIMIT ?
"""
_PARTS = """
    SELECT * FROM parts WHERE job_id = ? AND table_id = ?
    AND number > ? ORDER BY number LIMIT ?
"""
_PARTS_BY_STATUS = """
    SELECT * FROM parts WHERE job_id = ? AND table_id = ? AND status = ?
    AND number > ? ORDER BY number LIMIT ?
"""
_CLAIMABLE_TABLES = """
    SELECT table_id, NULL AS number FROM tables
    WHERE job_id = ? AND status = ? AND held_until <= ?
    AND (step <> 'parts' OR (parts_total > 0 AND parts_completed + parts_failed >= parts_total))
    ORDER BY position, table_id LIMIT ?
"""
_CLAIMABLE_PARTS = """
    SELECT table_id, number FROM parts
    WHERE job_id = ? AND status IN ('pending', 'running') AND held_until <= ?
    ORDER BY table_id, number LIMIT ?
"""
_EXPIRED_JOB = """
    SELECT id FROM jobs WHERE expire_at IS NOT NULL AND expire_at <= ?
    AND status NOT IN ('pending', 'running') LIMIT 1
"""
_FORGET_JOB = (
    "DELETE FROM parts WHERE job_id = ?",
    "DELETE FROM plans WHERE job_id = ?",
    "DELETE FROM tables WHERE job_id = ?",
    "DELETE FROM jobs WHERE id = ?",
)


class SqliteJobBook:
    """The truth of the embedded home: writers take turns, readers wait for nobody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def transact(self, work: Callable[[Entries], T]) -> T:
        """Run `work` once, in one transaction, and return what it returns."""
        with self._database.writing() as connection:
            return work(SqliteEntries(connection))

    def transport(self, transport_id: str) -> Transport:
        """Return a transport; NoSuchTransport."""
        rows = self._rows("SELECT document FROM transports WHERE id = ?", transport_id)
        if not rows:
            raise NoSuchTransport(f"there is no transport {transport_id}")
        return TRANSPORTS.from_bytes(rows[0]["document"])

    def transports(self, page: PageRequest) -> Page[Transport]:
        """Return transports, newest first."""
        return self._page(
            _TRANSPORTS,
            page,
            of=("transports",),
            first=_NEWEST,
            key=lambda row: (row["created_at"], row["id"]),
            read=lambda row: TRANSPORTS.from_bytes(row["document"]),
        )

    def due_transports(self, now: datetime, *, limit: int) -> Sequence[Transport]:
        """Return enabled transports whose `next_fire_at` has come, earliest first."""
        rows = self._rows(_DUE_TRANSPORTS, microseconds(now), limit)
        return [TRANSPORTS.from_bytes(row["document"]) for row in rows]

    def receipt(self, key: str) -> Receipt | None:
        """Return what an idempotency key stood for."""
        rows = self._rows("SELECT document FROM receipts WHERE key = ?", key)
        return RECEIPTS.from_bytes(rows[0]["document"]) if rows else None

    def job(self, job_id: str) -> Job:
        """Return a job; NoSuchJob."""
        rows = self._rows("SELECT * FROM jobs WHERE id = ?", job_id)
        if not rows:
            raise NoSuchJob(f"there is no job {job_id}")
        return job_of(rows[0])

    def jobs(
        self,
        page: PageRequest,
        *,
        transport_id: str | None = None,
        status: JobStatus | None = None,
    ) -> Page[Job]:
        """Return jobs, newest first."""
        filters = tuple(each for each in (transport_id, status) if each is not None)
        if len(filters) == 2:  # noqa: PLR2004 - both
            query = _JOBS_BY_BOTH
        elif transport_id is not None:
            query = _JOBS_OF_TRANSPORT
        else:
            query = _JOBS if status is None else _JOBS_BY_STATUS
        return self._page(
            query,
            page,
            *filters,
            of=("jobs", transport_id, status),
            first=_NEWEST,
            key=lambda row: (row["created_at"], row["id"]),
            read=job_of,
        )

    def unfinished_jobs(self, *, limit: int) -> Sequence[Job]:
        """Return pending and running jobs, oldest first."""
        return [job_of(row) for row in self._rows(_UNFINISHED_JOBS, limit)]

    def waiting_jobs(self, *, limit: int) -> Sequence[str]:
        """Return the ids of pending jobs, oldest first."""
        return [row["id"] for row in self._rows(_WAITING_JOBS, limit)]

    def tables(
        self, job_id: str, page: PageRequest, *, status: WorkStatus | None = None
    ) -> Page[TableTask]:
        """Return a job's tables by position."""
        filters = (job_id,) if status is None else (job_id, status)
        return self._page(
            _TABLES if status is None else _TABLES_BY_STATUS,
            page,
            *filters,
            of=("tables", job_id, status),
            first=_FIRST_PLACE,
            key=lambda row: (row["position"], row["table_id"]),
            read=table_of,
        )

    def table(self, job_id: str, table_id: str) -> TableTask:
        """Return a table; NoSuchTable."""
        rows = self._rows(
            "SELECT * FROM tables WHERE job_id = ? AND table_id = ?", job_id, table_id
        )
        if not rows:
            raise NoSuchTable(f"job {job_id} has no table {table_id}")
        return table_of(rows[0])

    def plan(self, job_id: str, table_id: str) -> ColumnPlan | None:
        """Return a table's column plan, None before it was planned."""
        rows = self._rows(
            "SELECT document FROM plans WHERE job_id = ? AND table_id = ?", job_id, table_id
        )
        return PLANS.from_bytes(rows[0]["document"]) if rows else None

    def parts(
        self, job_id: str, table_id: str, page: PageRequest, *, status: WorkStatus | None = None
    ) -> Page[PartTask]:
        """Return a table's parts by number."""
        filters = (job_id, table_id) if status is None else (job_id, table_id, status)
        return self._page(
            _PARTS if status is None else _PARTS_BY_STATUS,
            page,
            *filters,
            of=("parts", job_id, table_id, status),
            first=_FIRST_NUMBER,
            key=lambda row: (row["number"],),
            read=part_of,
        )

    def claimable(self, job_id: str, now: datetime, *, limit: int) -> Sequence[WorkRef]:
        """Return work that may be claimed: what finishes tables before what begins new ones."""
        at = microseconds(now)
        rows = self._rows(_CLAIMABLE_PARTS, job_id, at, limit)
        for status in (WorkStatus.RUNNING, WorkStatus.PENDING):
            rows += self._rows(_CLAIMABLE_TABLES, job_id, status, at, limit - len(rows))
        return [
            WorkRef(job_id=job_id, table_id=row["table_id"], part=row["number"]) for row in rows
        ]

    def table_changes(self, job_id: str, *, after: str | None, limit: int) -> TableChanges:
        """Return tables changed after a cursor, in order of change.

        Every writing of a table takes the next number inside its transaction, and transactions
        come one after the other: a smaller number is never seen later than a larger one.
        """
        if after is not None and not _CURSOR.match(after):
            raise InvalidRequest(
                "this cursor was never given", hint="leave it out to begin with every table"
            )
        rows = self._rows(_TABLE_CHANGES, job_id, int(after or 0), limit)
        cursor = str(rows[-1]["change"]) if rows else after or "0"
        return TableChanges(tables=tuple(map(table_of, rows)), cursor=cursor)

    def forget_expired(self, now: datetime, *, limit: int = 10_000) -> int:
        """Remove receipts and ended jobs whose time is over; return how many jobs went.

        What Firestore does by itself, somebody has to ask of this home now and then. Each job
        goes by itself, so that others can write in between.
        """
        at = microseconds(now)
        with self._database.writing(durable=False) as connection:
            connection.execute("DELETE FROM receipts WHERE expire_at <= ?", (at,))
        forgotten = 0
        while forgotten < limit and self._forget_one(at):
            forgotten += 1
        return forgotten

    def _forget_one(self, at: int) -> bool:
        with self._database.writing(durable=False) as connection:
            row = connection.execute(_EXPIRED_JOB, (at,)).fetchone()
            if row is None:
                return False
            for statement in _FORGET_JOB:
                connection.execute(statement, (row["id"],))
            return True

    def _rows(self, query: str, *values: str | int) -> list[sqlite3.Row]:
        with self._database.reading() as connection:
            return connection.execute(query, values).fetchall()

    def _page(
        self,
        query: str,
        page: PageRequest,
        *filters: str,
        of: Sequence[str | None],
        first: Key,
        key: Callable[[sqlite3.Row], Key],
        read: Callable[[sqlite3.Row], T],
    ) -> Page[T]:
        after = first
        if page.token is not None:
            after = key_of(page.token, of, [type(each) for each in first])
        rows = self._rows(query, *filters, *after, page.size + 1)
        shown = rows[: page.size]
        more = len(rows) > len(shown)
        return Page(
            items=tuple(map(read, shown)),
            next_token=page_token(of, key(shown[-1])) if more and shown else None,
        )
