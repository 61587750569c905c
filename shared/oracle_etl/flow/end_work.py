"""End a claim otherwise than by success: failed for good, cancelled, or given back."""

from __future__ import annotations

from collections.abc import Callable

from oracle_etl.flow.claim_work import Claim, claimed_part, claimed_table
from oracle_etl.flow.put_ended import put_cancelled, put_failed
from oracle_etl.model.table_task import Failure, PartTask, TableTask
from oracle_etl.model.work import Hold
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries


def fail_work(claim: Claim, failure: Failure, *, outside: Outside) -> None:
    """Mark the claimed work failed for good."""
    now = outside.clock.now()

    def fail(entries: Entries) -> None:
        put_failed(entries, _held(entries, claim), failure, now=now)

    outside.book.transact(fail)


def cancel_work(claim: Claim, *, outside: Outside) -> None:
    """Mark the claimed work cancelled."""
    now = outside.clock.now()

    def cancel(entries: Entries) -> None:
        put_cancelled(entries, _held(entries, claim), now=now)

    outside.book.transact(cancel)


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


def _held(entries: Entries, claim: Claim) -> TableTask | PartTask:
    """Return the claimed work as it stands now; LeaseLost where somebody else has it."""
    work = claimed_table(entries, claim) if claim.part is None else claimed_part(entries, claim)
    work.hold.check(claim.fence)
    return work
