"""End a claim otherwise than by success: failed for good, cancelled, or given back."""

from __future__ import annotations

from collections.abc import Callable

from oracle_etl.flow.claim_work import Claim, claimed_part, claimed_table
from oracle_etl.model.job import Counts
from oracle_etl.model.table_task import Failure
from oracle_etl.model.work import Hold
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PartCounts


def fail_work(claim: Claim, failure: Failure, *, outside: Outside) -> None:
    """Mark the claimed work failed for good."""
    now = outside.clock.now()

    def fail_table(entries: Entries) -> None:
        table = claimed_table(entries, claim)
        table.hold.check(claim.fence)
        entries.put_table(table.failed(failure, now=now))
        entries.count_job(table.job_id, Counts(tables_failed=1))

    def fail_part(entries: Entries) -> None:
        part = claimed_part(entries, claim)
        part.hold.check(claim.fence)
        entries.put_part(part.failed(failure))
        entries.count_part(part.job_id, part.table_id, PartCounts(failed=1))

    outside.book.transact(fail_table if claim.part is None else fail_part)


def cancel_work(claim: Claim, *, outside: Outside) -> None:
    """Mark the claimed work cancelled."""
    now = outside.clock.now()

    def cancel_table(entries: Entries) -> None:
        table = claimed_table(entries, claim)
        table.hold.check(claim.fence)
        entries.put_table(table.cancelled(now=now))
        entries.count_job(table.job_id, Counts(tables_cancelled=1))

    def cancel_part(entries: Entries) -> None:
        part = claimed_part(entries, claim)
        part.hold.check(claim.fence)
        entries.put_part(part.cancelled())
        entries.count_part(part.job_id, part.table_id, PartCounts(failed=1))

    outside.book.transact(cancel_table if claim.part is None else cancel_part)


def give_back(
    claim: Claim,
    change: Callable[[Hold, int], Hold],
    *,
    note: str,
    hint: str = "",
    outside: Outside,
) -> None:
    """Free the claimed work for the next worker, by `Hold.freed` or `Hold.stumbled`."""
    now = outside.clock.now()

    def give_back_table(entries: Entries) -> None:
        table = claimed_table(entries, claim)
        hold = change(table.hold, claim.fence)
        entries.put_table(table.returned(hold, now=now, note=note, hint=hint))

    def give_back_part(entries: Entries) -> None:
        part = claimed_part(entries, claim)
        entries.put_part(part.returned(change(part.hold, claim.fence), note=note))

    outside.book.transact(give_back_table if claim.part is None else give_back_part)
