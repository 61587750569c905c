"""Keep a job's live totals: one leased writer adds up what the running tables show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from oracle_etl.model.job import Job, Totals
from oracle_etl.model.progress import Progress
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PageRequest

_SHORTEST_LEASE_SECONDS = 10.0
_INTERVALS_OF_A_LEASE = 3
_MOST_TABLES_SHOWN = 100


def keep_totals(job: Job, *, owner: str, outside: Outside) -> None:
    """Write the totals if they are ours to write; at most once per interval, by one worker."""
    now = outside.clock.now()
    interval = outside.limits.progress_interval
    if job.status.ended or not _is_due(job, interval, outside):
        return
    hold = job.totals_hold
    if hold.owner != owner and not hold.is_free(now):
        return
    lease = max(_SHORTEST_LEASE_SECONDS, _INTERVALS_OF_A_LEASE * interval)
    ends_soon = hold.expires_at is None or hold.expires_at - now < timedelta(seconds=lease / 2)
    if (hold.owner != owner or ends_soon) and not _hold(job, owner, lease, outside=outside):
        return
    outside.board.post_totals(job.id, add_up(job, outside=outside))


def add_up(job: Job, *, outside: Outside) -> Totals:
    """Return the totals of a job: what has ended, and what its running tables show."""
    running = tuple(_running(job, outside=outside))
    shares = sum((each.percent or 0.0) / 100 for _, each in running)
    ended = job.counts.tables_ended
    return Totals(
        rows=job.counts.rows + sum(each.rows for _, each in running),
        bytes=job.counts.bytes + sum(each.bytes for _, each in running),
        rows_per_second=sum(each.rows_per_second for _, each in running),
        percent=100.0 * (ended + shares) / job.tables_total if job.tables_total else 0.0,
        current_tables=tuple(str(table.table) for table, _ in running),
        at=outside.clock.now(),
    )


def _is_due(job: Job, interval: float, outside: Outside) -> bool:
    return job.totals.at is None or outside.clock.now() - job.totals.at >= timedelta(
        seconds=interval
    )


def _hold(job: Job, owner: str, lease: float, *, outside: Outside) -> bool:
    now = outside.clock.now()

    def hold(entries: Entries) -> bool:
        stored = entries.job(job.id)
        if stored is None or stored.status.ended:
            return False
        if stored.totals_hold.owner == owner:
            held = stored.totals_hold.renewed(
                stored.totals_hold.fence, now=now, lease_seconds=lease
            )
        elif stored.totals_hold.is_free(now):
            held = stored.totals_hold.claimed(owner, now=now, lease_seconds=lease)
        else:
            return False
        entries.put_job(replace(stored, totals_hold=held))
        return True

    return outside.book.transact(hold)


def _running(job: Job, *, outside: Outside) -> Iterator[tuple[TableTask, Progress]]:
    page = PageRequest(size=_MOST_TABLES_SHOWN)
    for table in outside.book.tables(job.id, page, status=WorkStatus.RUNNING).items:
        if not table.parts_total:
            yield table, table.progress
            continue
        progress = _over_parts(table, outside=outside)
        outside.board.post_table(job.id, table.table_id, progress)
        yield table, progress


def _over_parts(table: TableTask, *, outside: Outside) -> Progress:
    """Return a split table's progress: its ended parts' counters and its running parts."""
    page = PageRequest(size=_MOST_TABLES_SHOWN)
    running = outside.book.parts(
        table.job_id, table.table_id, page, status=WorkStatus.RUNNING
    ).items
    return replace(
        table.progress,
        rows=table.parts_rows + sum(each.progress.rows for each in running),
        bytes=table.parts_bytes + sum(each.progress.bytes for each in running),
        rows_per_second=sum(each.progress.rows_per_second for each in running),
        current_part=running[0].number if running else None,
        parts_total=table.parts_total,
        at=outside.clock.now(),
    )
