"""Where transports, jobs, tables and parts are written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.transport import Transport
from oracle_etl.model.work import WorkRef, WorkStatus
from oracle_etl.ports.entries import Entries, Receipt
from oracle_etl.ports.pages import Page, PageRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChanges:
    """The tables of a job that changed after a cursor, and the cursor to ask with next."""

    tables: tuple[TableTask, ...]
    cursor: str


class JobBook(Protocol):
    """Where transports, jobs, tables and parts are written down; the truth."""

    def transact(self, work: Callable[[Entries], T]) -> T:
        """Run `work` in one transaction and return what it returns.

        `work` may run more than once, so it changes nothing but entries. What it raises
        passes through and nothing is written. BookAway when others won too often.
        """
        ...

    def transport(self, transport_id: str) -> Transport:
        """Return a transport; NoSuchTransport."""
        ...

    def transports(self, page: PageRequest) -> Page[Transport]:
        """Return transports, newest first."""
        ...

    def due_transports(self, now: datetime, *, limit: int) -> Sequence[Transport]:
        """Return enabled transports whose `next_fire_at` has come, earliest first."""
        ...

    def receipt(self, key: str) -> Receipt | None:
        """Return what an idempotency key stood for."""
        ...

    def job(self, job_id: str) -> Job:
        """Return a job; NoSuchJob."""
        ...

    def jobs(
        self,
        page: PageRequest,
        *,
        transport_id: str | None = None,
        status: JobStatus | None = None,
    ) -> Page[Job]:
        """Return jobs, newest first."""
        ...

    def unfinished_jobs(self, *, limit: int) -> Sequence[Job]:
        """Return pending and running jobs, oldest first."""
        ...

    def waiting_jobs(self, *, limit: int) -> Sequence[str]:
        """Return the ids of pending jobs, oldest first; no job is read for it."""
        ...

    def tables(
        self, job_id: str, page: PageRequest, *, status: WorkStatus | None = None
    ) -> Page[TableTask]:
        """Return a job's tables by position."""
        ...

    def table(self, job_id: str, table_id: str) -> TableTask:
        """Return a table; NoSuchTable."""
        ...

    def plan(self, job_id: str, table_id: str) -> ColumnPlan | None:
        """Return a table's column plan, None before it was planned."""
        ...

    def parts(
        self, job_id: str, table_id: str, page: PageRequest, *, status: WorkStatus | None = None
    ) -> Page[PartTask]:
        """Return a table's parts by number."""
        ...

    def claimable(self, job_id: str, now: datetime, *, limit: int) -> Sequence[WorkRef]:
        """Return work of a job that a worker may claim now: pending, or with a lapsed lease.

        A split table counts when all its parts have ended. May be slightly out of date.
        """
        ...

    def table_changes(self, job_id: str, *, after: str | None, limit: int) -> TableChanges:
        """Return tables changed after a cursor, in order of change; no change is passed over.

        None come only where nothing has changed by now. A table that changed more than once may
        come once, as it is now. InvalidRequest for a cursor that was never given.
        """
        ...
