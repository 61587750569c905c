"""Take a piece of work by lease, or learn why not."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from oracle_etl.flow.put_ended import put_cancelled, put_failed
from oracle_etl.model.errors import AttemptsExhausted, LeaseLost, NoSuchJob, TransportError
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.table_task import Failure, PartTask, Step, TableTask
from oracle_etl.model.work import Hold, WorkRef, WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

_LOG = logging.getLogger(__name__)


class Unclaimed(enum.Enum):
    """Why the work is not ours."""

    SETTLED = "settled"
    """It has ended, or another worker has it: the message is done."""
    NOT_YET = "not yet"
    """It may be had later: the message comes again."""
    NOT_HERE = "not here"
    """Others have a seat at its source: the message is done, they find the work in the book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A piece of work in our hands, as it was when we took it."""

    job: Job
    table: TableTask
    part: PartTask | None = None
    owner: str
    lapsed_owner: str | None = None
    """Who let the lease lapse that we took over."""

    @property
    def ref(self) -> WorkRef:
        """The name of the work."""
        return self.table.ref if self.part is None else self.part.ref

    @property
    def hold(self) -> Hold:
        """The hold that the claim gave us."""
        return self.table.hold if self.part is None else self.part.hold

    @property
    def fence(self) -> int:
        """The number that tells our claim from a later one."""
        return self.hold.fence


def claim_work(
    ref: WorkRef,
    *,
    owner: str,
    outside: Outside,
    sits_at: Callable[[str], bool] = lambda _: True,
) -> Claim | Unclaimed:
    """Claim a table or a part in one transaction.

    Work of a cancelled job is cancelled on the way, and work that has failed too often is
    failed, so that no job is ever stuck on it. `sits_at` tells whether the worker has a session
    to spend at a source.
    """
    try:
        # Read apart: every worker counts up in the job's document, and a transaction that reads
        # it would wait for them all. A cancel that comes meanwhile is seen by the lease's keeper.
        job = outside.book.job(ref.job_id)
    except NoSuchJob:
        return Unclaimed.SETTLED
    if job.status.ended:
        return Unclaimed.SETTLED
    if job.status is JobStatus.PENDING and job.cancel_requested_at is None:
        return Unclaimed.NOT_YET
    if not sits_at(job.transport.source):
        return Unclaimed.NOT_HERE
    take = _claim_table if ref.part is None else _claim_part
    claimed = outside.book.transact(lambda entries: take(entries, job, ref, owner, outside))
    if isinstance(claimed, Claim) and claimed.lapsed_owner is not None:
        _LOG.warning(
            "%s let the lease of %s lapse",
            claimed.lapsed_owner,
            claimed.table.table,
            extra={"event": "lease_lapsed", "job_id": ref.job_id},
        )
    return claimed


def claimed_table(entries: Entries, claim: Claim) -> TableTask:
    """Return the claim's table as it stands now."""
    table = entries.table(claim.table.job_id, claim.table.table_id)
    if table is None:
        raise LeaseLost(f"{claim.table.table} is no longer in the book")
    return table


def claimed_part(entries: Entries, claim: Claim) -> PartTask:
    """Return the claim's part as it stands now."""
    assert claim.part is not None, "only asked of claims of parts"
    part = entries.part(claim.part.job_id, claim.part.table_id, claim.part.number)
    if part is None:
        raise LeaseLost(f"part {claim.part.number} is no longer in the book")
    return part


def failure_of(error: TransportError) -> Failure:
    """Return what a table's document says of an error."""
    return Failure(code=error.code, message=error.message, hint=error.hint)


def _claim_table(
    entries: Entries, job: Job, ref: WorkRef, owner: str, outside: Outside
) -> Claim | Unclaimed:
    now, limits = outside.clock.now(), outside.limits
    table = entries.table(ref.job_id, ref.table_id)
    if table is None or not table.can_be_ended(now):
        return Unclaimed.SETTLED
    if job.cancel_requested_at is not None:
        put_cancelled(entries, table, now=now)
        return Unclaimed.SETTLED
    if not table.can_be_claimed(now):
        return Unclaimed.SETTLED
    if _exhausted(table.hold, limits.attempts):
        put_failed(entries, table, gave_up(limits.attempts, table.last_note), now=now)
        return Unclaimed.SETTLED
    is_new = table.status is WorkStatus.PENDING
    if is_new and entries.count_running_tables(job.id) >= job.transport.parallel_tables:
        return Unclaimed.NOT_YET
    lapsed_owner = table.hold.owner
    table = table.claimed(owner, now=now, lease_seconds=limits.lease)
    entries.put_table(table)
    return Claim(job=job, table=table, owner=owner, lapsed_owner=lapsed_owner)


def _claim_part(
    entries: Entries, job: Job, ref: WorkRef, owner: str, outside: Outside
) -> Claim | Unclaimed:
    assert ref.part is not None
    table = entries.table(ref.job_id, ref.table_id)
    part = entries.part(ref.job_id, ref.table_id, ref.part)
    if table is None or part is None or not part.can_be_ended(outside.clock.now()):
        return Unclaimed.SETTLED
    if table.step is Step.PLAN:
        # Its planner writes parts now, or died writing them: nobody reads them, but the table
        # may be had.
        return _claim_table(entries, job, table.ref, owner, outside)
    if table.status.ended or part.number > table.parts_total:
        # Left over from a plan that was never handed over; no counter knows of it.
        entries.put_part(part.cancelled())
        return Unclaimed.SETTLED
    return _claim_handed_over(entries, Claim(job=job, table=table, part=part, owner=owner), outside)


def _claim_handed_over(entries: Entries, wanted: Claim, outside: Outside) -> Claim | Unclaimed:
    now, limits = outside.clock.now(), outside.limits
    job, table, part = wanted.job, wanted.table, wanted.part
    assert part is not None
    if job.cancel_requested_at is not None or table.parts_failed:
        # One part that failed for good fails the table, so the others are spared.
        put_cancelled(entries, part, now=now)
        return Unclaimed.SETTLED
    if not part.can_be_claimed(now):
        return Unclaimed.SETTLED
    if _exhausted(part.hold, limits.attempts):
        put_failed(entries, part, gave_up(limits.attempts, part.note), now=now)
        return Unclaimed.SETTLED
    lapsed_owner = part.hold.owner
    part = part.claimed(wanted.owner, now=now, lease_seconds=limits.lease)
    entries.put_part(part)
    return replace(wanted, part=part, lapsed_owner=lapsed_owner)


def _exhausted(hold: Hold, attempts: int) -> bool:
    # A hold that has an owner and can be claimed has lapsed: a failure not yet counted.
    return hold.failures + (hold.owner is not None) >= attempts


def gave_up(attempts: int, note: str) -> Failure:
    """Return what is said of work that failed so often, `note` being why it did the last time."""
    last = f", the last time with: {note}" if note else "; its workers died of it"
    return failure_of(
        AttemptsExhausted(
            f"the work failed {attempts} times{last}",
            hint="mend what it names, then `jobs retry`",
        )
    )
