"""The book inside one transaction of Firestore."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from google.cloud import firestore

from oracle_etl.gateways.google.firestore import documents
from oracle_etl.gateways.google.firestore.client import (
    LOCKING_SECONDS,
    RETRIED,
    TIMEOUT_SECONDS,
    Database,
    Snapshot,
    named_errors,
)
from oracle_etl.gateways.google.firestore.queries import Asked, ask
from oracle_etl.gateways.stored_documents import (
    PARTS,
    RECEIPTS,
    SLOTS,
    Document,
    plain,
)
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.job import Counts, Job, JobStatus, Totals
from oracle_etl.model.table_task import PartTask, TableTask
from oracle_etl.model.transport import Transport
from oracle_etl.model.work import WorkStatus
from oracle_etl.ports import PartCounts, Receipt, SessionSlot

Write = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beginning:
    """Fields that a put writes with a new document only, since later they change otherwise."""

    counters: dict[str, int]
    others: Document
    beneath: str | None = None
    """The document without which this one cannot be there."""

    @property
    def is_usual(self) -> bool:
        """Whether every counter begins at 0, so that adding 0 is all there is to do."""
        return not any(self.counters.values())


class FirestoreEntries:
    """Reads under the transaction's locks, and writes that leave when the work has ended.

    A put of what was read replaces its fields, counters excepted. A put of what was not read is
    laid over whatever is there, so a fan-out of hundreds of tables costs no reads.

    Every document says which writing wrote it last, so that a commit whose reply was lost can be
    told from one that was refused.
    """

    def __init__(
        self, database: Database, transaction: firestore.Transaction, *, expire_at: datetime
    ) -> None:
        self._database = database
        self._transaction = transaction
        self._expire_at = expire_at
        self._is_there: dict[str, bool] = {}
        self._to_be_looked_at: list[str] = []
        self._writes: list[Write] = []
        self._mark = {documents.WRITTEN_BY: secrets.token_hex(8)}
        self._marked: str | None = None
        """A document that was given the mark: by a put, where there was one, since others may
        count at any moment and so put a mark of theirs over it."""
        self._removed: str | None = None

    def transport(self, transport_id: str) -> Transport | None:
        """Read a transport."""
        found = self._read(documents.transport_path(transport_id))
        return None if found is None else documents.transport_in(found)

    def job(self, job_id: str) -> Job | None:
        """Read a job."""
        found = self._read(documents.job_path(job_id))
        return None if found is None else documents.job_in(found)

    def table(self, job_id: str, table_id: str) -> TableTask | None:
        """Read a table of a job."""
        found = self._read(documents.table_path(job_id, table_id))
        return None if found is None else documents.table_in(found)

    def part(self, job_id: str, table_id: str, number: int) -> PartTask | None:
        """Read a part of a table."""
        found = self._read(documents.part_path(job_id, table_id, number))
        return None if found is None else PARTS.from_document(found)

    def receipt(self, key: str) -> Receipt | None:
        """Read what an idempotency key stood for."""
        found = self._read(documents.receipt_path(key))
        return None if found is None else RECEIPTS.from_document(found)

    def slot(self, source: str, number: int) -> SessionSlot | None:
        """Read one session slot."""
        found = self._read(documents.slot_path(source, number))
        return None if found is None else SLOTS.from_document(found)

    def slots(self, source: str) -> Sequence[SessionSlot]:
        """Read the session slots of a source that were ever taken."""
        found = self._ask(Asked(shape="slots", equal=(source,)))
        return [SLOTS.from_document(documents.model_fields(each.to_dict())) for each in found]

    def count_running_jobs(self) -> int:
        """Count the jobs whose status is running.

        By reading their names: a count by the server would take no locks.
        """
        asked = Asked(shape="ids of jobs of a status", equal=(JobStatus.RUNNING.value,))
        return len(self._ask(asked))

    def count_running_tables(self, job_id: str) -> int:
        """Count a job's tables whose status is running, as above."""
        asked = Asked(
            shape="ids of tables of a status",
            beneath=documents.job_path(job_id),
            equal=(WorkStatus.RUNNING.value,),
        )
        return len(self._ask(asked))

    def put_transport(self, transport: Transport) -> None:
        """Write a transport."""
        self._put(documents.transport_path(transport.id), documents.transport_document(transport))

    def remove_transport(self, transport_id: str) -> None:
        """Remove a transport."""
        self._removed = documents.transport_path(transport_id)
        reference = self._reference(self._removed)
        self._writes.append(lambda: self._transaction.delete(reference))

    def put_job(self, job: Job) -> None:
        """Write a job."""
        self._put_over(
            documents.job_path(job.id),
            documents.job_document(job),
            _Beginning(
                counters=documents.job_counters(job.counts), others={"totals": plain(job.totals)}
            ),
        )
        if job.totals != Totals():
            self._look_at(documents.job_path(job.id))

    def put_table(self, table: TableTask) -> None:
        """Write a table."""
        self._put_over(
            documents.table_path(table.job_id, table.table_id),
            documents.table_document(table, expire_at=self._expire_at),
            _Beginning(
                counters=documents.table_counters(table),
                others={},
                beneath=documents.job_path(table.job_id),
            ),
        )

    def put_plan(self, job_id: str, table_id: str, plan: ColumnPlan) -> None:
        """Write a table's column plan."""
        self._put(
            documents.plan_path(job_id, table_id),
            documents.plan_document(plan, expire_at=self._expire_at),
        )

    def put_part(self, part: PartTask) -> None:
        """Write a part."""
        self._put(
            documents.part_path(part.job_id, part.table_id, part.number),
            documents.part_document(part, expire_at=self._expire_at),
        )

    def put_receipt(self, receipt: Receipt) -> None:
        """Write what an idempotency key stands for."""
        self._put(documents.receipt_path(receipt.key), RECEIPTS.to_document(receipt))

    def put_slot(self, slot: SessionSlot) -> None:
        """Write a session slot."""
        document = {**SLOTS.to_document(slot), "expire_at": self._expire_at}
        self._put(documents.slot_path(slot.source, slot.number), document)

    def count_job(self, job_id: str, added: Counts) -> None:
        """Add to a job's terminal counters."""
        self._add(documents.job_path(job_id), documents.job_counters(added), {})

    def count_part(self, job_id: str, table_id: str, added: PartCounts) -> None:
        """Add to a table's part counters."""
        self._add(
            documents.table_path(job_id, table_id),
            documents.part_counters(added),
            {"changed_at": firestore.SERVER_TIMESTAMP},
        )

    def write(self) -> None:
        """Hand every write to the transaction; called once, when the work has ended."""
        for path in self._to_be_looked_at:
            self._got(path)
        for write in self._writes:
            write()

    def were_written(self) -> bool:
        """Tell whether the writes are there, after the reply to the commit was a failure."""
        path = self._marked or self._removed
        if path is None:
            return False
        with named_errors(f"looking whether {path} was written"):
            found = self._reference(path).get(retry=RETRIED, timeout=TIMEOUT_SECONDS)
        if self._marked is None:
            return not found.exists
        fields = found.to_dict() or {}
        return all(fields.get(name) == value for name, value in self._mark.items())

    def _read(self, path: str) -> Document | None:
        self._refuse_reading_after_writing()
        found = self._got(path)
        return documents.model_fields(found.to_dict()) if found.exists else None

    def _got(self, path: str) -> Snapshot:
        with named_errors(f"reading {path}"):
            found: Snapshot = self._reference(path).get(
                transaction=self._transaction, retry=RETRIED, timeout=LOCKING_SECONDS
            )
        self._is_there[path] = found.exists
        return found

    def _ask(self, asked: Asked) -> list[Snapshot]:
        self._refuse_reading_after_writing()
        return ask(self._database, asked, transaction=self._transaction)

    def _refuse_reading_after_writing(self) -> None:
        if self._writes:
            raise RuntimeError("in a transaction every read comes before the first write")

    def _put(self, path: str, document: Document) -> None:
        reference = self._reference(path)
        marked = self._with_mark(path, document)
        self._writes.append(lambda: self._transaction.set(reference, marked))

    def _put_over(self, path: str, document: Document, beginning: _Beginning) -> None:
        if not beginning.is_usual:
            self._look_at(path)
        marked = self._with_mark(path, document)
        self._writes.append(lambda: self._write_over(path, marked, beginning))

    def _look_at(self, path: str) -> None:
        """Ask, before the writes, whether something is there, since it decides what is written."""
        if path not in self._is_there:
            self._to_be_looked_at.append(path)

    def _write_over(self, path: str, document: Document, beginning: _Beginning) -> None:
        reference = self._reference(path)
        is_there = self._is_there.get(path)
        if is_there is None and self._is_there.get(beginning.beneath or "") is False:
            # A new job's tables are new: laying hundreds over nothing takes twice the time.
            whole = {**document, **beginning.counters, **beginning.others}
            self._transaction.set(reference, documents.nested(whole))
        elif is_there is None:
            zeros = {counter: firestore.Increment(0) for counter in beginning.counters}
            laid_over = {**document, **zeros}
            self._transaction.set(reference, documents.nested(laid_over), merge=list(laid_over))
        elif is_there:
            self._transaction.update(reference, document)
        else:
            whole = {**document, **beginning.counters, **beginning.others}
            self._transaction.create(reference, documents.nested(whole))
            self._is_there[path] = True

    def _add(self, path: str, added: dict[str, int], also: Document) -> None:
        reference = self._reference(path)
        increments = {field: firestore.Increment(value) for field, value in added.items() if value}
        if increments:
            marked = {**increments, **also, **self._mark}
            self._marked = self._marked or path
            self._writes.append(lambda: self._transaction.update(reference, marked))

    def _with_mark(self, path: str, document: Document) -> Document:
        self._marked = path
        return {**document, **self._mark}

    def _reference(self, path: str) -> firestore.DocumentReference:
        return self._database.client.document(path)
