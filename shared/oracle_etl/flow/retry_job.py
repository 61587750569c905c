"""Retry a job that did not complete: the failed tables again, the complete ones kept."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from oracle_etl.flow.advance_start import advance_start
from oracle_etl.flow.carry_tables import carry_tables
from oracle_etl.flow.settle_moment import check_reads_alike
from oracle_etl.flow.start_job import (
    Started,
    running_job,
    start_job,
    startable,
    unused_job_id,
)
from oracle_etl.flow.tables_of import tables_of
from oracle_etl.flow.write_tables import write_tables
from oracle_etl.model.errors import (
    DatabaseReplaced,
    MaskKeyChanged,
    NoSuchJob,
    TableChanged,
    TableNotFound,
    TransportError,
    TryAgain,
    UndoGone,
)
from oracle_etl.model.job import Counts, Dispatch, Job, JobKind, JobRequest
from oracle_etl.model.table_task import TableTask
from oracle_etl.model.transport import Consistency
from oracle_etl.model.work import WorkStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries, TableSource


def retry_job(job_id: str, *, outside: Outside) -> Started:
    """Start a job that does the unfinished tables of another one.

    The same version is completed at its SCN while undo reaches. Where it no longer does, a new
    version takes the complete tables over by reference and says that it is mixed. Tables are read
    as the transport was; what it demands of a version is what it demands now.
    """
    failed = outside.book.job(job_id)
    failed.check_retryable()
    never_began = failed.dispatch is Dispatch.WRITING
    if never_began and failed.request.retry_of is not None:
        return retry_job(failed.request.retry_of, outside=outside)
    if never_began or failed.kind is not JobKind.FULL:
        request = replace(failed.request, idempotency_key=None, trigger=f"retry:{job_id}")
        return start_job(failed.transport_id, request, outside=outside)
    job = _begin(failed, outside=outside)
    with suppress(TryAgain):
        job = write_tables(job, carry_tables(job, outside=outside), outside=outside)
        job = advance_start(job, outside=outside)
    return Started(job=job)


def _begin(failed: Job, *, outside: Outside) -> Job:
    counts, hindrance = _look_at_tables(failed, outside=outside)
    keeps_version = hindrance is None
    keeps_moment = keeps_version and not _lacked_its_moment(failed)
    now = outside.clock.now()
    offered: set[str] = set()

    def begin(entries: Entries) -> Job:
        found = entries.transport(failed.transport_id)
        if found is not None and found.running_job in offered:
            # The first run of this function was kept, and only its answer was lost.
            return running_job(entries, found)
        transport = startable(found, failed.transport_id)
        earlier = entries.job(failed.id)
        if earlier is None:
            raise NoSuchJob(f"there is no job {failed.id}")
        job_id = unused_job_id(entries, outside=outside)
        offered.add(job_id)
        version = failed.version if keeps_version else transport.last_version + 1
        assert version is not None, "a full job has a version"
        job = Job(
            id=job_id,
            transport=replace(
                failed.transport, proof=failed.transport.proof.judged_as(transport.proof)
            ),
            version=version,
            request=JobRequest(retry_of=failed.id),
            counts=counts,
            scn=failed.scn if keeps_moment else None,
            scn_at=failed.scn_at if keeps_moment else None,
            held_by=failed.held_by if keeps_moment else None,
            read_with=failed.read_with if keeps_moment else None,
            leftovers=failed.leftovers if keeps_version else (),
            warnings=() if hindrance is None else (f"a new version, because {hindrance.message}",),
            created_at=now,
            expire_at=now + timedelta(days=outside.limits.history_days),
            tenant=failed.tenant,
        ).being_written(now=now, lease_seconds=outside.limits.lease)
        entries.put_transport(
            transport.occupied(job_id, version=max(version, transport.last_version))
        )
        entries.put_job(earlier.retried(job_id))
        entries.put_job(job)
        return job

    return outside.book.transact(begin)


def _lacked_its_moment(failed: Job) -> bool:
    """Tell whether one moment was demanded and not to be had: so it has none that could be kept."""
    return failed.scn is None and failed.transport.proof.consistency is Consistency.JOB


def _look_at_tables(failed: Job, *, outside: Outside) -> tuple[Counts, TransportError | None]:
    """Return what the complete tables count, and what keeps others from being read as they were.

    Of a table that is read, Oracle is asked nothing. Should its objects be gone, the retry fails
    it, and the next one, for which it is not read, looks.
    """
    counts, hindrance = Counts(), None
    for table in tables_of(failed.id, outside=outside):
        if table.status is WorkStatus.COMPLETED:
            counts += Counts(tables_completed=1, rows=table.rows, bytes=table.bytes)
        elif hindrance is None and not table.is_read:
            hindrance = _hindrance(failed, table, outside=outside)
    return counts, hindrance


def _hindrance(failed: Job, table: TableTask, *, outside: Outside) -> TransportError | None:
    if failed.read_with is None:
        return None  # nothing was read yet
    source = outside.source(failed.transport.source)
    try:
        check_reads_alike(failed, table.choice, source, outside=outside)
        _check_undo(failed, table, source)
    except (DatabaseReplaced, MaskKeyChanged, TableChanged, UndoGone) as error:
        return error
    return None


def _check_undo(failed: Job, table: TableTask, source: TableSource) -> None:
    has_own_moment = table.resolved is not None and table.scn is None
    if failed.scn is None or has_own_moment or table.choice.query is not None:
        return  # what is read anew has a moment of its own anyway
    # Neither a missing table nor a missing privilege has anything to do with undo.
    with suppress(TableNotFound):
        source.can_flash_back(table.resolved or source.shape(table.table).table, failed.scn)
