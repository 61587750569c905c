"""Put what was read of a table at its final name, and end the table."""

from __future__ import annotations

from collections.abc import Iterator

import google_crc32c

from oracle_etl.flow.bigquery_limits import bigquery_warnings
from oracle_etl.flow.claim_work import Claim, claimed_table
from oracle_etl.flow.encode.schema_files import bigquery_schema
from oracle_etl.flow.end_work import cancel_work, fail_work
from oracle_etl.flow.final_objects import TableFolder, Wanted, wanted_objects
from oracle_etl.flow.parts_of import parts_of
from oracle_etl.flow.withdraw_objects import withdraw_objects
from oracle_etl.model.errors import RowsMissing
from oracle_etl.model.job import Counts
from oracle_etl.model.objects import Extract, FinalObject, Intent
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries


def commit_reading(claim: Claim, extract: Extract, *, outside: Outside) -> TableTask:
    """Write down what was read of a table at once, and what is about to be placed of it."""
    now, folder = outside.clock.now(), TableFolder(claim, outside)
    carriage = claim.job.transport.carriage
    wanted = tuple(wanted_objects(folder, (extract,), carriage=carriage, is_split=False))
    intents = _intents(wanted, folder, _schema(claim, outside=outside))

    def commit(entries: Entries) -> TableTask:
        table = claimed_table(entries, claim).extracted(claim.fence, extract, now=now)
        if not table.leftovers:  # else they have to be removed before
            table = table.announced(claim.fence, intents)
        entries.put_table(table)
        return table

    return outside.book.transact(commit)


def place_table(claim: Claim, *, outside: Outside) -> None:
    """Make the final objects of a claimed table whose rows have all been read.

    Every step may be repeated by a later attempt: names and contents are the same each time,
    and the store takes an equal object for the one that was meant.
    """
    if claim.table.parts_total:
        failed = next(parts_of(claim.table, status=WorkStatus.FAILED, outside=outside), None)
        if failed is not None:
            assert failed.failure is not None, "a failed part says why"
            fail_work(claim, failed.failure, outside=outside)
            return
    extracts = tuple(_extracts(claim, outside=outside))
    if len(extracts) < claim.table.parts_total:
        _end_incomplete(claim, read=len(extracts), outside=outside)
        return
    _complete(claim, _placed(claim, extracts, outside=outside), outside=outside)
    for extract in extracts:
        # What a crash leaves of them is removed when the job is closed.
        outside.store.remove(extract.object)


def _end_incomplete(claim: Claim, *, read: int, outside: Outside) -> None:
    """End a table whose parts have all ended, some of them cancelled before they were read.

    Its job may have been cancelled after the claim had looked at it.
    """
    if outside.book.job(claim.job.id).cancel_requested_at is not None:
        cancel_work(claim, outside=outside)
        return
    raise RowsMissing(
        f"{claim.table.table}: {read} of {claim.table.parts_total} parts were read",
        hint="`jobs retry` reads the others",
    )


def _placed(
    claim: Claim, extracts: tuple[Extract, ...], *, outside: Outside
) -> tuple[FinalObject, ...]:
    folder = TableFolder(claim, outside)
    carriage, is_split = claim.job.transport.carriage, claim.table.extract is None
    wanted = tuple(wanted_objects(folder, extracts, carriage=carriage, is_split=is_split))
    schema = _schema(claim, outside=outside)
    _announce(claim, _intents(wanted, folder, schema), folder, outside=outside)
    kind = folder.content_type
    objects = tuple(
        each.placed(
            outside.store.compose(folder.bucket, each.name, each.sources, content_type=kind)
        )
        for each in wanted
    )
    with outside.store.create(
        folder.bucket, folder.schema, content_type="application/json"
    ) as target:
        target.write(schema)
    return objects


def _intents(wanted: tuple[Wanted, ...], folder: TableFolder, schema: bytes) -> tuple[Intent, ...]:
    crc32c = int(google_crc32c.value(schema))
    described = Intent(name=folder.schema, size=len(schema), crc32c=crc32c)
    return (*(each.intent for each in wanted), described)


def _announce(
    claim: Claim, intents: tuple[Intent, ...], folder: TableFolder, *, outside: Outside
) -> None:
    """Write down what is about to be placed, so that a later job can tell it from others' objects.

    Before that, what earlier jobs left at the names is removed, also where it is equal: from then
    on nobody who comes too late can take ours for theirs.
    """
    table = claim.table
    if table.intents == intents:
        return  # they were written down with the reading, or by an earlier attempt
    withdraw_objects(
        (*table.leftovers, *table.intents),
        bucket=folder.bucket,
        still_ours=lambda: _check_hold(claim, outside=outside),
        outside=outside,
    )

    def announce(entries: Entries) -> None:
        entries.put_table(claimed_table(entries, claim).announced(claim.fence, intents))

    outside.book.transact(announce)


def _check_hold(claim: Claim, *, outside: Outside) -> None:
    outside.book.transact(lambda entries: claimed_table(entries, claim).hold.check(claim.fence))


def _schema(claim: Claim, *, outside: Outside) -> bytes:
    plan = outside.book.plan(claim.table.job_id, claim.table.table_id)
    assert plan is not None, "a table is read by its plan"
    return bigquery_schema(plan)


def _extracts(claim: Claim, *, outside: Outside) -> Iterator[Extract]:
    if claim.table.extract is not None:
        yield claim.table.extract
        return
    for part in parts_of(claim.table, status=WorkStatus.COMPLETED, outside=outside):
        assert part.extract is not None, "a completed part has its extract"
        yield part.extract


def _complete(claim: Claim, objects: tuple[FinalObject, ...], *, outside: Outside) -> None:
    now, carriage = outside.clock.now(), claim.job.transport.carriage
    warnings = tuple(bigquery_warnings(claim.table, objects, carriage=carriage))

    def complete(entries: Entries) -> None:
        table = claimed_table(entries, claim)
        completed = table.completed(claim.fence, objects, now=now, warnings=warnings)
        entries.put_table(completed)
        entries.count_job(
            completed.job_id,
            Counts(tables_completed=1, rows=completed.rows, bytes=completed.bytes),
        )

    outside.book.transact(complete)
