"""The JobBook in Firestore: documents, and transactions that are tried again with patience."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, islice, repeat
from threading import Lock
from typing import TypeVar

from google.cloud import firestore

from oracle_etl.gateways.google.firestore import documents
from oracle_etl.gateways.google.firestore.changes import table_changes
from oracle_etl.gateways.google.firestore.client import (
    RETRIED,
    TIMEOUT_SECONDS,
    Database,
    named_errors,
    unhidden_errors,
)
from oracle_etl.gateways.google.firestore.entries import FirestoreEntries
from oracle_etl.gateways.google.firestore.queries import SHAPES, Asked, ask
from oracle_etl.gateways.google.patience import Patience, patiently
from oracle_etl.gateways.page_tokens import key_of, page_token
from oracle_etl.gateways.stored_documents import PARTS, RECEIPTS, Document
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import (
    InvalidRequest,
    NoSuchJob,
    NoSuchTable,
    NoSuchTransport,
    TransportError,
)
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.table_task import PartTask, Step, TableTask
from oracle_etl.model.transport import Transport
from oracle_etl.model.work import WorkRef, WorkStatus
from oracle_etl.ports import Clock, Entries, Page, PageRequest, Receipt, TableChanges

T = TypeVar("T")
CONTENDED = Patience(
    repeats=10, first_wait_seconds=0.05, longest_wait_seconds=4.0, longest_seconds=60.0
)
"""Transactions that lose against others are short, so their first waits are.

One that does not even begin takes the client a minute: nobody waits for ten of them.
"""
_LONGEST_IN_LINE_SECONDS = 4.0
"""Where Firestore itself is slow, nobody shall wait for all others to find that out."""


class FirestoreJobBook:
    """Transports, jobs, tables and parts; may be used by any number of threads and processes."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        keep_days: float,
        patience: Patience = CONTENDED,
    ) -> None:
        self._database = database
        self._clock = clock
        self._keep = timedelta(days=keep_days)
        self._patience = patience
        self._line = Lock()

    def transact(self, work: Callable[[Entries], T]) -> T:
        """Run `work` in one transaction, again and again while others win, up to a limit.

        Where the reply to a commit is lost, the documents tell whether it was done.
        """
        attempts = chain([self._transact_once], repeat(self._transact_in_line))
        return patiently(lambda: next(attempts)(work), patience=self._patience, clock=self._clock)

    def _transact_in_line(self, work: Callable[[Entries], T]) -> T:
        """Try again while no other thread here does: many at once would only lose together."""
        is_alone = self._line.acquire(timeout=_LONGEST_IN_LINE_SECONDS)
        try:
            return self._transact_once(work)
        finally:
            if is_alone:
                self._line.release()

    def _transact_once(self, work: Callable[[Entries], T]) -> T:
        transaction = self._database.client.transaction(max_attempts=1)
        entries = FirestoreEntries(
            self._database, transaction, expire_at=self._clock.now() + self._keep
        )
        results: list[T] = []

        @firestore.transactional
        def run(_transaction: firestore.Transaction) -> None:
            result = work(entries)
            entries.write()
            results.append(result)

        try:
            with named_errors("writing state"), unhidden_errors():
                run(transaction)
        except TransportError:
            # With a result, it was the commit that failed, or only its reply.
            if not results or not entries.were_written():
                raise
        return results[0]

    def transport(self, transport_id: str) -> Transport:
        """Return a transport."""
        found = self._read(documents.transport_path(transport_id))
        if found is None:
            raise NoSuchTransport(f"there is no transport {transport_id}")
        return documents.transport_in(found)

    def transports(self, page: PageRequest) -> Page[Transport]:
        """Return transports, newest first."""
        return self._page(Asked(shape="transports"), page, read=documents.transport_in)

    def due_transports(self, now: datetime, *, limit: int) -> Sequence[Transport]:
        """Return enabled transports whose time has come."""
        asked = Asked(shape="due transports", equal=(True,), up_to=now, limit=limit)
        return [documents.transport_in(each) for each in self._documents(asked)]

    def receipt(self, key: str) -> Receipt | None:
        """Return what an idempotency key stood for."""
        found = self._read(documents.receipt_path(key))
        return None if found is None else RECEIPTS.from_document(found)

    def job(self, job_id: str) -> Job:
        """Return a job."""
        found = self._read(documents.job_path(job_id))
        if found is None:
            raise NoSuchJob(f"there is no job {job_id}")
        return documents.job_in(found)

    def jobs(
        self,
        page: PageRequest,
        *,
        transport_id: str | None = None,
        status: JobStatus | None = None,
    ) -> Page[Job]:
        """Return jobs, newest first."""
        asked = {
            (False, False): Asked(shape="jobs"),
            (True, False): Asked(shape="jobs of a transport", equal=(transport_id,)),
            (False, True): Asked(shape="jobs of a status", equal=(status,)),
            (True, True): Asked(
                shape="jobs of a transport and status", equal=(transport_id, status)
            ),
        }[transport_id is not None, status is not None]
        return self._page(asked, page, read=documents.job_in)

    def unfinished_jobs(self, *, limit: int) -> Sequence[Job]:
        """Return pending and running jobs, oldest first."""
        asked = Asked(
            shape="unfinished jobs", among=(JobStatus.PENDING, JobStatus.RUNNING), limit=limit
        )
        return [documents.job_in(each) for each in self._documents(asked)]

    def waiting_jobs(self, *, limit: int) -> Sequence[str]:
        """Return the ids of pending jobs, oldest first."""
        asked = Asked(shape="ids of waiting jobs", among=(JobStatus.PENDING,), limit=limit)
        return [each.id for each in ask(self._database, asked)]

    def tables(
        self, job_id: str, page: PageRequest, *, status: WorkStatus | None = None
    ) -> Page[TableTask]:
        """Return a job's tables by position."""
        beneath = documents.job_path(job_id)
        return self._page(
            Asked(shape="tables", beneath=beneath)
            if status is None
            else Asked(shape="tables of a status", beneath=beneath, equal=(status,)),
            page,
            read=documents.table_in,
        )

    def table(self, job_id: str, table_id: str) -> TableTask:
        """Return a table."""
        found = self._read(documents.table_path(job_id, table_id))
        if found is None:
            raise NoSuchTable(f"job {job_id} has no table {table_id}")
        return documents.table_in(found)

    def plan(self, job_id: str, table_id: str) -> ColumnPlan | None:
        """Return a table's column plan."""
        found = self._read(documents.plan_path(job_id, table_id))
        return None if found is None else documents.plan_in(found)

    def parts(
        self, job_id: str, table_id: str, page: PageRequest, *, status: WorkStatus | None = None
    ) -> Page[PartTask]:
        """Return a table's parts by number."""
        beneath = documents.table_path(job_id, table_id)
        return self._page(
            Asked(shape="parts", beneath=beneath)
            if status is None
            else Asked(shape="parts of a status", beneath=beneath, equal=(status,)),
            page,
            read=PARTS.from_document,
        )

    def claimable(self, job_id: str, now: datetime, *, limit: int) -> Sequence[WorkRef]:
        """Return work that may be claimed: what finishes tables before what begins new ones."""
        beneath = documents.job_path(job_id)
        claimable_parts = Asked(shape="claimable parts", equal=(job_id,), up_to=now, limit=limit)
        claimable_tables = Asked(shape="claimable tables", beneath=beneath, up_to=now, limit=limit)
        found = chain(
            self._split_tables_to_close(job_id, now),
            self._refs(claimable_parts),
            self._refs(claimable_tables),
        )
        return list(islice(found, limit))

    def table_changes(self, job_id: str, *, after: str | None, limit: int) -> TableChanges:
        """Return tables changed after a cursor; see `changes` for why none is passed over."""
        return table_changes(
            self._database, job_id, after=after, limit=limit, now=self._clock.now()
        )

    def _split_tables_to_close(self, job_id: str, now: datetime) -> Iterator[WorkRef]:
        """Yield split tables whose parts have ended; their counters are blind, so they are read."""
        asked = Asked(
            shape="tables at a step", beneath=documents.job_path(job_id), equal=(Step.PARTS,)
        )
        for each in self._documents(asked):
            table = documents.table_in(each)
            if table.can_be_claimed(now):
                yield table.ref

    def _refs(self, asked: Asked) -> Iterator[WorkRef]:
        for each in self._documents(asked):
            yield WorkRef(job_id=each["job_id"], table_id=each["table_id"], part=each.get("number"))

    def _page(self, asked: Asked, page: PageRequest, *, read: Callable[[Document], T]) -> Page[T]:
        """Return one page; a document more than it holds tells whether another follows."""
        list_name = (asked.shape, asked.beneath, *map(str, asked.equal))
        order = SHAPES[asked.shape].order or ""
        after = None if page.token is None else _place(page.token, list_name, order)
        found = ask(self._database, replace(asked, after=after, limit=page.size + 1))
        shown = found[: page.size]
        token = None
        if len(found) > page.size:
            last = documents.model_fields(shown[-1].to_dict())[order]
            key = last.isoformat() if isinstance(last, datetime) else last
            token = page_token(list_name, (key, shown[-1].id))
        items = tuple(read(documents.model_fields(each.to_dict())) for each in shown)
        return Page(items=items, next_token=token)

    def _documents(self, asked: Asked) -> Iterator[Document]:
        for each in ask(self._database, asked):
            yield documents.model_fields(each.to_dict())

    def _read(self, path: str) -> Document | None:
        with named_errors(f"reading {path}"):
            found = self._database.client.document(path).get(retry=RETRIED, timeout=TIMEOUT_SECONDS)
        return documents.model_fields(found.to_dict()) if found.exists else None


def _place(token: str, list_name: Sequence[str], order: str) -> tuple[datetime | int, str]:
    """Return the value and the document id that a token names."""
    by_moment = order == "created_at"
    key, name = key_of(token, list_name, (str if by_moment else int, str))
    try:
        value = datetime.fromisoformat(str(key)) if by_moment else int(key)
        if "/" in str(name) or not name:
            raise ValueError("a path")
    except ValueError:
        raise InvalidRequest("this page token is not one of this list") from None
    return value, str(name)
