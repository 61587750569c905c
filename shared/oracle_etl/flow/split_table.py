"""Split a table into parts of its ROWIDs, and hand it over to them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from oracle_etl.flow.claim_work import Claim, claimed_table
from oracle_etl.model.columns import ObjectKind
from oracle_etl.model.errors import TryAgain
from oracle_etl.model.objects import Extract
from oracle_etl.model.reading import Reading
from oracle_etl.model.table_task import PartTask, RowidRange, TableTask
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, PartCounts

MOST_PARTS = 2_000
"""Each part is told of in its table's document, which Firestore keeps, packed, up to 1 MiB."""
_PARTS_OF_ONE_WRITE = 200


def can_be_split(reading: Reading, kind: ObjectKind) -> bool:
    """Tell whether ROWID ranges can part a reading; a transaction of its own is one session's."""
    whole = reading.scn is None or reading.limit is not None or bool(reading.order)
    return kind.has_ranges and reading.query is None and not whole


def ranges_between(cuts: tuple[str, ...]) -> tuple[RowidRange, ...]:
    """Return the parts that cuts make; open at both ends, they cover every row."""
    return tuple(
        RowidRange(low=low, high=high)
        for low, high in zip((None, *cuts), (*cuts, None), strict=True)
    )


def split_table(claim: Claim, ranges: tuple[RowidRange, ...], *, outside: Outside) -> TableTask:
    """Hand a table over to new parts of these ranges."""
    table = claim.table
    parts = [
        PartTask(
            job_id=table.job_id,
            table_id=table.table_id,
            number=number,
            rows_of=rows,
            tenant=table.tenant,
        )
        for number, rows in enumerate(ranges, start=1)
    ]
    return hand_over(claim, parts, outside=outside)


def hand_over(claim: Claim, parts: Sequence[PartTask], *, outside: Outside) -> TableTask:
    """Write the parts down, hand the table over to them, publish those that are to be read."""
    for first in range(0, len(parts), _PARTS_OF_ONE_WRITE):
        _write_parts(claim, parts[first : first + _PARTS_OF_ONE_WRITE], outside=outside)
    read = [each.extract for each in parts if each.extract is not None]
    unread = [each.ref for each in parts if each.extract is None]
    source = claim.job.transport.source
    undo = outside.source(source).undo_retention_seconds() if unread else None

    def hand(entries: Entries) -> TableTask:
        table = claimed_table(entries, claim)
        split = table.split(claim.fence, parts=len(parts), undo_seconds=undo)
        entries.put_table(split)
        if read:
            entries.count_part(split.job_id, split.table_id, _counts(read))
        return split

    split, lane = outside.book.transact(hand), outside.lane_of(source)
    with suppress(TryAgain):
        # The table is handed over: what cannot be told now is found by a worker or a tick.
        lane.queue.publish(unread or [split.ref])
        # One fewer than the parts: this worker goes on with one of them itself.
        most = outside.limits.workers_on(source)
        lane.launcher.launch(min(max(len(unread) - 1, 0), most))
    return split


def _counts(read: Sequence[Extract]) -> PartCounts:
    return PartCounts(
        completed=len(read),
        rows=sum(each.rows for each in read),
        bytes=sum(each.object.size for each in read),
    )


def _write_parts(claim: Claim, parts: Sequence[PartTask], *, outside: Outside) -> None:
    def write(entries: Entries) -> None:
        claimed_table(entries, claim).hold.check(claim.fence)
        for part in parts:
            entries.put_part(part)

    outside.book.transact(write)
