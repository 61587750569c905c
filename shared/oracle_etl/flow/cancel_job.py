"""Cancel a job: its workers stop within seconds, and what nobody has begun never begins."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from oracle_etl.flow.claim_work import claim_work
from oracle_etl.flow.finish_job import finish_job
from oracle_etl.flow.work_on import LONGEST_REST_SECONDS
from oracle_etl.model.errors import JobHasEnded, NoSuchJob, TryAgain
from oracle_etl.model.job import Dispatch, Job
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

_CANCELLED_AT_ONCE = 500


def cancel_job(job_id: str, *, outside: Outside) -> Job:
    """Ask a job to stop and return it; asking again is no error until it has ended."""
    now = outside.clock.now()

    def ask(entries: Entries) -> None:
        job = entries.job(job_id)
        if job is None:
            raise NoSuchJob(f"there is no job {job_id}")
        if job.status.ended:
            raise JobHasEnded(
                f"{job_id} has ended: {job.status}",
                hint="there is nothing left to cancel; `jobs retry` starts what is incomplete",
                details={"status": str(job.status)},
            )
        entries.put_job(job.cancelling(now=now))

    outside.book.transact(ask)
    with suppress(TryAgain):
        cancel_unclaimed(job_id, outside=outside)
    return outside.book.job(job_id)


def cancel_unclaimed(job_id: str, *, outside: Outside) -> None:
    """Cancel what of a cancelled job nobody holds, and close the job if that was all.

    Bounded, so that a caller does not wait for thousands of tables; a tick goes on.
    """
    if outside.book.job(job_id).dispatch is Dispatch.WRITING:
        return  # its tables are still being written; a tick goes on with it, or ends it
    for _ in range(2):  # a split table can be claimed only after its parts
        # What rests after a failure is nobody's either, so the look goes that far ahead.
        soon = outside.clock.now() + timedelta(seconds=LONGEST_REST_SECONDS)
        for ref in outside.book.claimable(job_id, soon, limit=_CANCELLED_AT_ONCE):
            claim_work(ref, owner="cancel", outside=outside)
    job = outside.book.job(job_id)
    if job.all_tables_ended:
        finish_job(job_id, outside=outside)
