"""Cancel a job: its workers stop within seconds, and what nobody has begun never begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

from oracle_etl.flow.finish_job import finish_job
from oracle_etl.flow.work_on import LONGEST_REST_SECONDS
from oracle_etl.model.errors import JobHasEnded, NoSuchJob, TryAgain
from oracle_etl.model.job import Counts, Dispatch, Job, JobStatus
from oracle_etl.model.table_task import Step
from oracle_etl.model.work import WorkRef
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PartCounts

_CANCELLED_AT_ONCE = 500
_CANCELLED_IN_ONE_WRITE = 100


def cancel_job(job_id: str, *, outside: Outside) -> Job:
    """Ask a job to stop and return it; asking again is no error until it has ended."""
    now = outside.clock.now()

    def ask(entries: Entries) -> None:
        job = entries.job(job_id)
        if job is None:
            raise NoSuchJob(f"there is no job {job_id}")
        if job.status.ended:
            retry = "; `jobs retry` starts what is incomplete"
            raise JobHasEnded(
                f"{job_id} has ended: {job.status}",
                hint="there is nothing left to cancel"
                + ("" if job.status is JobStatus.COMPLETED else retry),
                details={"status": str(job.status)},
            )
        entries.put_job(job.cancelling(now=now))

    outside.book.transact(ask)
    with suppress(TryAgain):
        cancel_unclaimed(job_id, outside=outside)
        finish_job(job_id, outside=outside)
    return outside.book.job(job_id)


def cancel_unclaimed(job_id: str, *, outside: Outside) -> None:
    """Cancel what of a cancelled job nobody holds.

    Bounded, so that a caller does not wait for thousands of tables; a tick goes on.
    """
    if outside.book.job(job_id).dispatch is Dispatch.WRITING:
        return  # its tables are still being written; a tick goes on with it, or ends it
    for _ in range(2):  # a split table can be claimed only after its parts
        # What rests after a failure is nobody's either, so the look goes that far ahead.
        now = outside.clock.now()
        soon = now + timedelta(seconds=LONGEST_REST_SECONDS)
        refs = outside.book.claimable(job_id, soon, limit=_CANCELLED_AT_ONCE)
        for chunk in _chunks(refs):
            cancel = _cancel_tables if chunk[0].part is None else _cancel_parts
            outside.book.transact(partial(cancel, refs=chunk, now=now))


def _chunks(refs: Iterable[WorkRef]) -> Iterator[Sequence[WorkRef]]:
    """Yield what one transaction cancels: some tables, or some parts of one table."""
    tables = [ref for ref in refs if ref.part is None]
    yield from _pieces(tables)
    parts = sorted((ref for ref in refs if ref.part is not None), key=_table_of)
    for _, of_one_table in groupby(parts, key=_table_of):
        yield from _pieces(list(of_one_table))


def _table_of(ref: WorkRef) -> str:
    return ref.table_id


def _pieces(refs: Sequence[WorkRef]) -> Iterator[Sequence[WorkRef]]:
    for first in range(0, len(refs), _CANCELLED_IN_ONE_WRITE):
        yield refs[first : first + _CANCELLED_IN_ONE_WRITE]


def _cancel_tables(entries: Entries, *, refs: Sequence[WorkRef], now: datetime) -> None:
    """Cancel those tables that nobody holds."""
    found = [entries.table(ref.job_id, ref.table_id) for ref in refs]
    free = [each for each in found if each is not None and each.can_be_ended(now)]
    for table in free:
        entries.put_table(table.cancelled(now=now))
    if free:
        entries.count_job(refs[0].job_id, Counts(tables_cancelled=len(free)))


def _cancel_parts(entries: Entries, *, refs: Sequence[WorkRef], now: datetime) -> None:
    """Cancel those parts of a table that nobody holds.

    While the table is being planned its parts are nobody's, and no counter knows of them.
    """
    table = entries.table(refs[0].job_id, refs[0].table_id)
    if table is None or table.step is Step.PLAN:
        return
    found = [entries.part(ref.job_id, ref.table_id, ref.part or 0) for ref in refs]
    free = [each for each in found if each is not None and each.can_be_ended(now)]
    counted = sum(each.number <= table.parts_total for each in free)
    for part in free:
        entries.put_part(part.cancelled())
    if counted and not table.status.ended:
        entries.count_part(table.job_id, table.table_id, PartCounts(failed=counted))
