"""Recognise a request that came before: what its idempotency key stood for."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import timedelta

from oracle_etl.model.errors import KeyReused, NoSuchJob
from oracle_etl.model.job import Job, JobRequest
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, Receipt

_RECEIPT_DAYS = 2


def earlier_job(transport_id: str, request: JobRequest, *, outside: Outside) -> Job | None:
    """Return the job that the key stood for; read without locks, for many may ask at once."""
    if request.idempotency_key is None:
        return None
    receipt = outside.book.receipt(_receipt_key(transport_id, request.idempotency_key))
    if receipt is None:
        return None
    with suppress(NoSuchJob):
        return outside.book.job(_told(receipt, transport_id, request))
    return None


def job_of_key(entries: Entries, transport_id: str, request: JobRequest) -> Job | None:
    """Return the job that the key stands for in this transaction."""
    if request.idempotency_key is None:
        return None
    receipt = entries.receipt(_receipt_key(transport_id, request.idempotency_key))
    if receipt is None:
        return None
    return entries.job(_told(receipt, transport_id, request))


def put_receipt(entries: Entries, transport_id: str, request: JobRequest, job: Job) -> None:
    """Write down what the request's key stands for from now on, if it has one."""
    if request.idempotency_key is not None:
        entries.put_receipt(
            Receipt(
                key=_receipt_key(transport_id, request.idempotency_key),
                request_digest=_digest(transport_id, request),
                job_id=job.id,
                expire_at=job.created_at + timedelta(days=_RECEIPT_DAYS),
            )
        )


def _told(receipt: Receipt, transport_id: str, request: JobRequest) -> str:
    """Return the id of a receipt's job, if it was given for this request."""
    if receipt.request_digest != _digest(transport_id, request):
        raise KeyReused(
            "this Idempotency-Key came before with another request",
            hint="use a new key for a new request",
            details={"job_id": receipt.job_id},
        )
    return receipt.job_id


def _receipt_key(transport_id: str, key: str) -> str:
    # Hashed: a key may be long, and may hold what no store allows in a document's name.
    return hashlib.sha256(f"{transport_id}\x00{key}".encode()).hexdigest()


def _digest(transport_id: str, request: JobRequest) -> str:
    said = (transport_id, request.limit, request.tables)
    return hashlib.sha256(repr(said).encode()).hexdigest()
