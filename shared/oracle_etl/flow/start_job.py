"""Start a job: write it down first, so that no message ever names a job nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from oracle_etl.flow.advance_start import advance_start, new_tables
from oracle_etl.flow.recognise_request import earlier_job, job_of_key, put_receipt
from oracle_etl.flow.resolve_tables import Resolved, resolved_for
from oracle_etl.flow.write_tables import fit_in_one_write, put_tables, write_tables
from oracle_etl.model.errors import (
    NoSuchTransport,
    TransportIsDisabled,
    TransportIsRunning,
    TryAgain,
)
from oracle_etl.model.job import Dispatch, Job, JobKind, JobRequest
from oracle_etl.model.names import new_job_id
from oracle_etl.model.transport import Transport
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The job, and whether an earlier request with the same key had made it."""

    job: Job
    repeated: bool = False


def start_job(transport_id: str, request: JobRequest, *, outside: Outside) -> Started:
    """Start a job of a transport, or return the one that the same key started before.

    Once the job is written down it will happen: what fails afterwards is left to the next
    tick, and the caller gets the job all the same.
    """
    transport = outside.book.transport(transport_id)
    repeated = earlier_job(transport_id, request, outside=outside)
    if repeated is not None:
        return Started(job=repeated, repeated=True)
    # Most who may not start one learn it here, before anybody waits for Oracle or for locks.
    startable(transport, transport_id)
    resolved = resolved_for(transport, request, outside=outside)
    started = _begin(transport, request, resolved, outside=outside)
    if started is None:
        return start_job(transport_id, request, outside=outside)
    if started.repeated:
        return started
    job = started.job
    try:
        if job.dispatch is Dispatch.WRITING:
            job = write_tables(job, new_tables(job, resolved), outside=outside)
        job = advance_start(job, outside=outside)
    except TryAgain:
        job = outside.book.job(started.job.id)
    return Started(job=job)


def _begin(
    seen: Transport, request: JobRequest, resolved: Sequence[Resolved], *, outside: Outside
) -> Started | None:
    """Write the job down; with its tables, where they fit in the same transaction.

    None where the transport was edited since it was seen: its tables may be others now.
    """
    transport_id = seen.id
    offered: set[str] = set()

    def begin(entries: Entries) -> Started | None:
        job = job_of_key(entries, transport_id, request)
        if job is not None:
            return Started(job=job, repeated=job.id not in offered)
        transport = entries.transport(transport_id)
        if transport is not None and transport.running_job in offered:
            # The first run of this function was kept, and only its answer was lost.
            return Started(job=running_job(entries, transport))
        transport = startable(transport, transport_id)
        if transport.revision != seen.revision:
            return None
        job_id = unused_job_id(entries, outside=outside)
        offered.add(job_id)
        job = _new_job(job_id, transport, request, outside=outside)
        job = job.being_written(now=job.created_at, lease_seconds=outside.limits.lease)
        entries.put_transport(
            transport.occupied(job_id, version=job.version or transport.last_version)
        )
        if fit_in_one_write(resolved):
            put_tables(entries, tables=tuple(new_tables(job, resolved)))
            job = job.written(job.writing.fence, tables_total=len(resolved))
        entries.put_job(job)
        put_receipt(entries, transport_id, request, job)
        return Started(job=job)

    return outside.book.transact(begin)


def running_job(entries: Entries, transport: Transport) -> Job:
    """Return the job that a transport runs."""
    job = None if transport.running_job is None else entries.job(transport.running_job)
    assert job is not None, "a running transport names a job that is written down with it"
    return job


def unused_job_id(entries: Entries, *, outside: Outside) -> str:
    """Return a job's id that no job has yet; four random digits may meet within one second."""
    while True:
        job_id = new_job_id(outside.clock.now(), outside.randomness())
        if entries.job(job_id) is None:
            return job_id


def startable(transport: Transport | None, transport_id: str) -> Transport:
    """Return the transport if a job of it may start now."""
    if transport is None:
        raise NoSuchTransport(f"there is no transport {transport_id}")
    if transport.running_job is not None:
        raise TransportIsRunning(
            f"{transport.running_job} of this transport has not ended",
            hint="wait for it, or cancel it",
            details={"job_id": transport.running_job},
        )
    if not transport.enabled:
        raise TransportIsDisabled(
            f"{transport_id} is disabled",
            hint=f"`oracle-etl transports update {transport_id} --enabled` lets it run",
        )
    return transport


def _new_job(job_id: str, transport: Transport, request: JobRequest, *, outside: Outside) -> Job:
    now = outside.clock.now()
    # The bucket is settled here: where objects were written, they are looked for, also by a retry
    # under another default.
    bucket = transport.target_bucket or outside.default_bucket
    return Job(
        id=job_id,
        transport=replace(transport, target_bucket=bucket),
        version=transport.last_version + 1 if request.kind is JobKind.FULL else None,
        request=request,
        created_at=now,
        expire_at=now + timedelta(days=outside.limits.history_days),
        tenant=transport.tenant,
    )
