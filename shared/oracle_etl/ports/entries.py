"""The book inside one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.job import Counts, Job
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an idempotency key stood for: the request's digest and the job it made."""

    key: str
    request_digest: str
    job_id: str
    expire_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSlot:
    """One of the seats that cap the Oracle sessions of a source over all workers."""

    source: str
    number: int
    owner: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartCounts:
    """What an ended part adds to its table's counters `parts_completed`, `parts_failed`, ..."""

    completed: int = 0
    failed: int = 0
    rows: int = 0
    bytes: int = 0


class Entries(Protocol):
    """The book inside one transaction: reads stay true until its end, writes are all or nothing.

    Every read comes before the first write; one after it is a bug, and raises RuntimeError.
    """

    def transport(self, transport_id: str) -> Transport | None:
        """Read a transport."""
        ...

    def job(self, job_id: str) -> Job | None:
        """Read a job."""
        ...

    def table(self, job_id: str, table_id: str) -> TableTask | None:
        """Read a table of a job."""
        ...

    def part(self, job_id: str, table_id: str, number: int) -> PartTask | None:
        """Read a part of a table."""
        ...

    def receipt(self, key: str) -> Receipt | None:
        """Read what an idempotency key stood for."""
        ...

    def slot(self, source: str, number: int) -> SessionSlot | None:
        """Read one session slot; None where it was never taken."""
        ...

    def slots(self, source: str) -> Sequence[SessionSlot]:
        """Read the session slots of a source that were ever taken."""
        ...

    def count_running_jobs(self) -> int:
        """Count the jobs whose status is running."""
        ...

    def count_running_tables(self, job_id: str) -> int:
        """Count a job's tables whose status is running."""
        ...

    def put_transport(self, transport: Transport) -> None:
        """Write a transport."""
        ...

    def remove_transport(self, transport_id: str) -> None:
        """Remove a transport; its jobs stay."""
        ...

    def put_job(self, job: Job) -> None:
        """Write a job; `counts` and `totals` only when it is new, later they change by adding."""
        ...

    def put_table(self, table: TableTask) -> None:
        """Write a table; its part counters only when it is new, later they change by adding."""
        ...

    def put_plan(self, job_id: str, table_id: str, plan: ColumnPlan) -> None:
        """Write a table's column plan."""
        ...

    def put_part(self, part: PartTask) -> None:
        """Write a part."""
        ...

    def put_receipt(self, receipt: Receipt) -> None:
        """Write what an idempotency key stands for."""
        ...

    def put_slot(self, slot: SessionSlot) -> None:
        """Write a session slot."""
        ...

    def count_job(self, job_id: str, added: Counts) -> None:
        """Add to a job's terminal counters, blindly: any number may do so at once."""
        ...

    def count_part(self, job_id: str, table_id: str, added: PartCounts) -> None:
        """Add to a table's part counters, blindly: any number may do so at once."""
        ...
