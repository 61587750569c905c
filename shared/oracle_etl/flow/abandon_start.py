"""End a job whose start cannot be finished, before any of its tables was begun."""

from __future__ import annotations

from oracle_etl.model.job import Dispatch, Job, JobStatus
from oracle_etl.model.table_task import Failure
from oracle_etl.model.transport import TransportStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries


def abandon_start(job: Job, failure: Failure | None, *, outside: Outside) -> None:
    """End the job failed, or cancelled where there is no failure; nothing where it went on."""
    now = outside.clock.now()
    ends = JobStatus.CANCELLED if failure is None else JobStatus.FAILED
    rests = TransportStatus.IDLE if failure is None else TransportStatus.FAILED

    def abandon(entries: Entries) -> None:
        stored = entries.job(job.id)
        transport = entries.transport(job.transport_id)
        retry_of = job.request.retry_of
        earlier = None if retry_of is None else entries.job(retry_of)
        if stored is None or stored.status.ended or stored.dispatch is not Dispatch.WRITING:
            return
        entries.put_job(stored.closed(ends, now=now, failure=failure, manifest=None))
        if transport is not None and transport.running_job == job.id:
            entries.put_transport(transport.released(rests))
        if earlier is not None:
            entries.put_job(earlier.given_back(job.id))

    outside.book.transact(abandon)
