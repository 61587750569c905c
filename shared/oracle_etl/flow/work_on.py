"""Do a claimed piece of work to its end, and decide what an error means for it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from oracle_etl.flow.claim_work import (
    Claim,
    claimed_part,
    failure_of,
    gave_up,
)
from oracle_etl.flow.divide_work import divide_early, divide_work
from oracle_etl.flow.encode import PartRole
from oracle_etl.flow.end_work import cancel_work, fail_work, give_back
from oracle_etl.flow.foresee_undo import foresee_undo
from oracle_etl.flow.keep_lease import JobCancelled, Lease, SeatLost, WorkerStopping
from oracle_etl.flow.move_table import move_table
from oracle_etl.flow.place_table import commit_reading, place_table
from oracle_etl.flow.plan_table import plan_moments_as_text, plan_table, reading_of
from oracle_etl.flow.settle_moment import settle_moment
from oracle_etl.flow.take_over_parts import take_over_parts
from oracle_etl.model.errors import (
    GiveUp,
    LeaseLost,
    Refused,
    TransportError,
    TryAgain,
    UndoGone,
    UnreadableMoment,
)
from oracle_etl.model.objects import Extract
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import Step
from oracle_etl.model.transport import Format
from oracle_etl.model.work import Hold
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PartCounts

_LOG = logging.getLogger(__name__)


_GROWTH = 5
LONGEST_REST_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What becomes of the message: it is done, or comes again after a while."""

    again_after_seconds: float | None = None

    @property
    def is_done(self) -> bool:
        """Whether the message need not come again."""
        return self.again_after_seconds is None


DONE = Settled()


def work_on(claim: Claim, *, lease: Lease, outside: Outside) -> Settled:
    """Plan, read or place what was claimed; every error ends as a decision written down."""
    began = outside.clock.monotonic()
    try:
        settled = _settle(claim, lease, began, outside)
        if settled.is_done:
            _close_after_last_part(claim, outside)
    except LeaseLost:
        return DONE  # whoever has the work now decides about it
    return settled


def _settle(claim: Claim, lease: Lease, began: float, outside: Outside) -> Settled:
    try:
        try:
            _work(claim, lease, outside)
        except UndoGone as error:
            divide_work(claim, error, outside=outside)
    except JobCancelled:
        cancel_work(claim, outside=outside)
    except LeaseLost:
        raise
    except (GiveUp, Refused) as error:
        # What is refused to us now, such as a source that is no longer configured, stays refused.
        fail_work(claim, failure_of(error), outside=outside)
        _tell(claim, "failed", error)
    except WorkerStopping as error:
        if _had_a_whole_task(error, lease, began, outside):
            return _try_again(claim, _too_long(outside.clock.monotonic() - began), outside)
        give_back(claim, Hold.freed, note=error.message, outside=outside)
        return Settled(again_after_seconds=0)
    except TryAgain as error:
        return _try_again(claim, error, outside)
    return DONE


def _had_a_whole_task(error: WorkerStopping, lease: Lease, began: float, outside: Outside) -> bool:
    """Tell whether the worker's time ran out over the work, which had all that a task may give.

    A worker that is ended before its time, or loses its seat, is no fault of the work.
    """
    if lease.ends_at is None or isinstance(error, SeatLost):
        return False
    now, floor = outside.clock.monotonic(), outside.limits.task_floor
    return now - began >= floor and lease.ends_at - now < floor


def _too_long(worked: float) -> TryAgain:
    return TryAgain(
        f"its worker had to end {worked:.0f} s after it began, and it was not done",
        hint="have it read in smaller parts (`part_bytes`), or raise ETL_TASK_TIMEOUT",
    )


def _try_again(claim: Claim, error: TryAgain, outside: Outside) -> Settled:
    failures, limits = claim.hold.failures, outside.limits
    if failures + 1 >= limits.attempts:
        fail_work(claim, gave_up(limits.attempts, error.message), outside=outside)
        _tell(claim, "failed", error)
        return DONE
    rest = rest_seconds(failures, first=limits.retry_backoff)
    until = outside.clock.now() + timedelta(seconds=rest)
    rested = partial(Hold.stumbled, until=until)
    give_back(claim, rested, note=error.message, hint=error.hint, outside=outside)
    _tell(claim, "will be tried again", error)
    return Settled(again_after_seconds=rest)


def rest_seconds(failures: int, *, first: float) -> float:
    """Return how long work rests after a failure: fivefold each time, five minutes at most.

    Five attempts so outlast a database that is away for some minutes.
    """
    return min(LONGEST_REST_SECONDS, first * float(_GROWTH**failures))


def _tell(claim: Claim, what: str, error: TransportError) -> None:
    _LOG.warning(
        "%s %s: %s",
        claim.table.table,
        what,
        error.message,
        extra={"event": error.code, "job_id": claim.job.id, "part": claim.ref.part},
    )


def _work(claim: Claim, lease: Lease, outside: Outside) -> None:
    if claim.part is not None:
        _move_part(claim, lease, outside)
    elif claim.table.step is Step.PLAN:
        _plan_and_move(claim, lease, outside)
    else:
        place_table(claim, outside=outside)


def _plan_and_move(claim: Claim, lease: Lease, outside: Outside) -> None:
    taken = take_over_parts(claim, outside=outside)
    if taken is None:
        _read_anew(claim, lease, outside)
    elif taken.step is Step.CLOSE:
        place_table(replace(claim, table=taken), outside=outside)


def _read_anew(claim: Claim, lease: Lease, outside: Outside) -> None:
    planned = plan_table(claim, still_wanted=lease.check, outside=outside)
    if planned.is_split:
        return
    mine = replace(claim, table=planned.table)
    extract = _move(mine, planned.reading, role=PartRole.WHOLE, lease=lease, outside=outside)
    table = commit_reading(mine, extract, outside=outside)
    place_table(replace(mine, table=table), outside=outside)


def _move(
    claim: Claim, reading: Reading, *, role: PartRole, lease: Lease, outside: Outside
) -> Extract:
    """Move the rows; where years before 1 are among them, with every moment as text."""
    try:
        return move_table(claim, reading, role=role, lease=lease, outside=outside)
    except UnreadableMoment:
        reading = plan_moments_as_text(claim, reading, outside=outside)
    return move_table(claim, reading, role=role, lease=lease, outside=outside)


def _move_part(claim: Claim, lease: Lease, outside: Outside) -> None:
    if divide_early(claim, outside=outside):
        return
    began = outside.clock.monotonic()
    extract = _read_part(claim, lease, outside)
    foresee_undo(claim, extract, outside.clock.monotonic() - began, outside=outside)


def _read_part(claim: Claim, lease: Lease, outside: Outside) -> Extract:
    is_member = claim.job.transport.carriage.format is Format.JSONL_GZ
    role = PartRole.MEMBER if is_member else PartRole.WHOLE
    source = outside.source(claim.job.transport.source)
    settle_moment(claim.job, claim.table.choice, source, outside=outside)
    reading = reading_of(claim, outside=outside)
    extract = _move(claim, reading, role=role, lease=lease, outside=outside)
    now = outside.clock.now()

    def commit(entries: Entries) -> None:
        part = claimed_part(entries, claim).extracted(claim.fence, extract, now=now)
        entries.put_part(part)
        counts = PartCounts(completed=1, rows=extract.rows, bytes=extract.object.size)
        entries.count_part(part.job_id, part.table_id, counts)

    outside.book.transact(commit)
    return extract


def _close_after_last_part(claim: Claim, outside: Outside) -> None:
    """Hint at the closing of a table whose last part has just ended, whichever way."""
    if claim.part is None:
        return
    table = outside.book.table(claim.table.job_id, claim.table.table_id)
    if table.parts_have_ended and not table.status.ended:
        outside.lane_of(claim.job.transport.source).queue.publish([table.ref])
