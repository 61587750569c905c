"""Answer ORA-01555: read the same rows at the same SCN, but fewer in one query."""

from __future__ import annotations

from dataclasses import replace

from oracle_etl.flow.claim_work import Claim, claimed_part, claimed_table
from oracle_etl.flow.plan_table import reading_of
from oracle_etl.flow.split_table import MOST_PARTS, can_be_split, ranges_between, split_table
from oracle_etl.model.errors import SnapshotGone, UndoGone
from oracle_etl.model.reading import Reading
from oracle_etl.model.work import WorkRef
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

MOST_HALVINGS = 6
_EARLY_HALVINGS = 2
_MOST_PARTS_EARLY = MOST_PARTS * 3 // 4
"""What is left is for parts whose undo is gone in fact."""
_PARTS_OF_A_WHOLE_TABLE = 4


def divide_work(claim: Claim, error: UndoGone, *, outside: Outside) -> None:
    """Put smaller parts in the place of the claimed work; SnapshotGone where that ends."""
    claim = replace(claim, table=outside.book.table(claim.table.job_id, claim.table.table_id))
    reading = reading_of(claim, outside=outside)
    cuts = _cuts(claim, reading, outside=outside)
    if cuts and claim.part is None:
        split_table(claim, ranges_between(cuts), outside=outside)
    elif not cuts or not _halve(claim, cuts[0], outside=outside):
        raise SnapshotGone(
            f"{claim.table.table}: undo no longer reaches the job's SCN ({error.message})",
            hint=_advice(claim, reading, outside=outside),
        )


def divide_early(claim: Claim, *, outside: Outside) -> bool:
    """Halve a part of a table whose undo is foreseen to end, so that less is lost when it does.

    Whether it was; each part is halved twice at the most, and the halves are claimed anew.
    """
    assert claim.part is not None, "only parts are divided before they are read"
    if (
        claim.table.undo_needed is None
        or claim.part.depth >= _EARLY_HALVINGS
        or claim.table.parts_total >= _MOST_PARTS_EARLY
    ):
        return False
    cuts = _cuts(claim, reading_of(claim, outside=outside), outside=outside)
    return bool(cuts) and _halve(claim, cuts[0], outside=outside)


def _cuts(claim: Claim, reading: Reading, *, outside: Outside) -> tuple[str, ...]:
    source = outside.source(claim.job.transport.source)
    if claim.part is not None:
        if claim.part.depth >= MOST_HALVINGS:
            return ()
        return tuple(source.boundaries(reading, parts=2))
    if reading.query is not None or not can_be_split(reading, source.shape(reading.table).kind):
        return ()
    return tuple(source.boundaries(reading, parts=_PARTS_OF_A_WHOLE_TABLE))


def _halve(claim: Claim, cut: str, *, outside: Outside) -> bool:
    """Put two halves in the place of a part; False where its table has come to have the most."""

    def halve(entries: Entries) -> WorkRef | None:
        table = claimed_table(entries, claim)
        part = claimed_part(entries, claim)
        if table.parts_total >= MOST_PARTS:
            return None  # others were halved since we looked
        low, high = part.halved(claim.fence, cut, number=table.parts_total + 1)
        entries.put_table(replace(table, parts_total=table.parts_total + 1))
        entries.put_part(low)
        entries.put_part(high)
        return high.ref

    added = outside.book.transact(halve)
    if added is None:
        return False
    outside.lane_of(claim.job.transport.source).queue.publish([added, claim.ref])
    return True


def _advice(claim: Claim, reading: Reading, *, outside: Outside) -> str:
    if reading.scn is None:
        return "grant FLASHBACK so that the table can be read in parts, or ask for more undo"
    kept = outside.source(claim.job.transport.source).undo_retention_seconds()
    now = "" if kept is None else f" (now {kept} s)"
    return f"ask for a larger UNDO_RETENTION{now} and undo tablespace, then `jobs retry`"
