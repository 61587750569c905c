"""Settle the moment at which a job, and each of its tables, is read; from what, and with what."""

from __future__ import annotations

import hmac

from oracle_etl.model.columns import ObjectKind, TableShape
from oracle_etl.model.errors import (
    AccessDenied,
    DatabaseReplaced,
    MaskKeyChanged,
    SnapshotGone,
    UndoGone,
)
from oracle_etl.model.job import Job, ReadWith
from oracle_etl.model.names import TableName
from oracle_etl.model.transport import Consistency, MaskKind, TableChoice
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, TableSource

_HELD_BY_SCN = "scn"
_HELD_BY_TABLE = "read-only transaction per table"
_MARKED = b"oracle-etl: which key is it"
_MARK_DIGITS = 8
"""Enough to tell two keys apart, and too few to tell much of either."""
_RUN_ANEW = "run the transport again, or `jobs retry`: either makes a new version"


def settle_moment(job: Job, choice: TableChoice, source: TableSource, *, outside: Outside) -> Job:
    """Return the job with its moment settled: the first worker to get here decides for all.

    Whoever comes later reads of the same database, DatabaseReplaced where that cannot be.
    """
    if job.read_with is None:
        job = _settled(job, source, outside=outside)
    _check_database(job, choice, source)
    return job


def key_to_hash_with(job: Job, choice: TableChoice, *, outside: Outside) -> bytes | None:
    """Return the key of hash masks for a table, None where it has none or no key is at hand.

    It is that of the job's first hash: MaskKeyChanged where it is another by now.
    """
    if not _is_hashed(choice):
        return None
    key = outside.mask_key()
    if not key:
        return None
    _check_key(_keyed(job, _mark_of(key), outside=outside), choice, _mark_of(key))
    return key


def check_reads_alike(
    job: Job, choice: TableChoice, source: TableSource, *, outside: Outside
) -> None:
    """Raise what keeps a table from being read with what its job began with."""
    _check_database(job, choice, source)
    key = outside.mask_key() if _is_hashed(choice) else None
    if key:  # where none is at hand nothing is hashed either
        _check_key(job, choice, _mark_of(key))


def _check_database(job: Job, choice: TableChoice, source: TableSource) -> None:
    assert job.read_with is not None, "nothing is read before that is settled"
    database = source.database()
    if database != job.read_with.database:
        raise DatabaseReplaced(
            f"{choice.table}: {job.id} was begun on database {job.read_with.database}, "
            f"and source {job.transport.source} now leads to {database}",
            hint=f"let the source lead to the former one, or {_RUN_ANEW}",
        )


def _check_key(job: Job, choice: TableChoice, mark: str) -> None:
    assert job.read_with is not None, "nothing is hashed before that is settled"
    former = job.read_with.mask_key
    if former is not None and mark != former:
        raise MaskKeyChanged(
            f"{choice.table}: {job.id} was begun with another ETL_MASK_KEY than the one of now",
            hint=f"bring the former key back, or {_RUN_ANEW}",
        )


def _settled(job: Job, source: TableSource, *, outside: Outside) -> Job:
    # Before it is asked for, so that it is rather thought older than it is.
    at = outside.clock.now()
    scn = source.current_scn()
    held_by = _HELD_BY_TABLE if scn is None else _HELD_BY_SCN
    read_with = ReadWith(database=source.database(), mask_key=None)

    def settle(entries: Entries) -> Job:
        stored = entries.job(job.id)
        assert stored is not None, "a job is never removed while it runs"
        settled = stored.held_at(scn, held_by=held_by, read_with=read_with, at=at)
        if settled is not stored:
            entries.put_job(settled)
        return settled

    return outside.book.transact(settle)


def _keyed(job: Job, mark: str, *, outside: Outside) -> Job:
    """Return the job with the key of its first hash, which is this one where there was none."""
    if job.read_with is not None and job.read_with.mask_key is not None:
        return job

    def key(entries: Entries) -> Job:
        stored = entries.job(job.id)
        assert stored is not None, "a job is never removed while it runs"
        keyed = stored.hashed_with(mark)
        if keyed is not stored:
            entries.put_job(keyed)
        return keyed

    return outside.book.transact(key)


def _is_hashed(choice: TableChoice) -> bool:
    return any(each.kind is MaskKind.HASH for each in choice.masks)


def _mark_of(key: bytes) -> str:
    """Return what tells a key from others without telling the key."""
    return hmac.digest(key, _MARKED, "sha256").hex()[:_MARK_DIGITS]


def moment_of(shape: TableShape, job: Job, source: TableSource) -> tuple[int | None, str]:
    """Return the SCN to read at, or None and why the table gets a transaction of its own."""
    is_query = shape.kind is ObjectKind.QUERY
    if not is_query and job.scn is not None and can_be_read_at(job.scn, shape.table, source):
        return job.scn, ""
    if job.transport.proof.consistency is Consistency.JOB:
        way_out = (
            "name its tables in the transport"
            if is_query
            else f"GRANT FLASHBACK ON {shape.table.quoted} and EXECUTE ON DBMS_FLASHBACK to the"
            " account"
        )
        raise AccessDenied(
            f"{shape.table} cannot be read at the job's SCN, and the transport demands it",
            hint=f'{way_out}, or set "consistency" to "best"',
        )
    return (
        None,
        f"{shape.table} was read in a read-only transaction of its own, not at the job's SCN",
    )


def can_be_read_at(scn: int, table: TableName, source: TableSource) -> bool:
    """Tell whether the account may read a table at an SCN; SnapshotGone where undo is gone."""
    try:
        return source.can_flash_back(table, scn)
    except UndoGone as error:
        # Only a lacking privilege makes a table fall back: another moment is never taken silently.
        raise SnapshotGone(
            f"{table}: undo no longer reaches the job's SCN ({error.message})",
            hint="ask for a larger UNDO_RETENTION and undo tablespace, then `jobs retry`",
        ) from error
