"""Close a job whose tables have all ended: judge, manifest, _SUCCESS, and the next in line."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version

from oracle_etl.flow.admit_jobs import admit_jobs
from oracle_etl.flow.advance_start import advance_start
from oracle_etl.flow.claim_work import failure_of
from oracle_etl.flow.clear_up import clear_up
from oracle_etl.flow.give_up_closing import (
    cannot_be_closed,
    is_published,
    manifest_of_closers,
    verdict_of_the_published,
    verdict_without_closing,
)
from oracle_etl.flow.judge_version import Verdict, judge_version
from oracle_etl.flow.keep_closing import Closing
from oracle_etl.flow.withdraw_objects import withdraw_objects
from oracle_etl.flow.write_manifest import write_manifest
from oracle_etl.model.errors import GiveUp, LeaseLost, TryAgain
from oracle_etl.model.job import Job, JobKind, JobStatus
from oracle_etl.model.objects import Intent
from oracle_etl.model.transport import TransportStatus
from oracle_etl.outside import Outside
from oracle_etl.ports import Entries

_CLOSER = "closer"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """How a job ends: the verdict, and what was written of it."""

    verdict: Verdict
    manifest: str | None = None
    leftovers: tuple[Intent, ...] = ()


def finish_job(job_id: str, *, outside: Outside) -> bool:
    """Close a job, or do nothing where it is not to be closed or somebody else does it.

    Returns whether it was closed here. Whatever is written is the same each time, so a closer that
    died is simply followed by another.
    """
    job = _claim(job_id, outside=outside)
    if job is None:
        return False
    is_closed = False
    closing = Closing(job, outside=outside)
    with suppress(LeaseLost):
        ending = _ending(job, closing, outside=outside)
        _close(closing, ending, outside=outside)
        is_closed = True
        _tell(job, ending.verdict)
    start_waiting(outside=outside)
    return is_closed


def _ending(job: Job, closing: Closing, *, outside: Outside) -> _Ending:
    """Write what is to be written of a job and remove the rest, or give that up."""
    if cannot_be_closed(job, outside=outside):
        return _given_up(job, outside=outside)
    verdict = judge_version(job, keep=closing.keep, outside=outside)
    ending = _publish(job, verdict, closing, outside=outside)
    with suppress(TryAgain, GiveUp):
        clear_up(job, closing, outside=outside)
    return ending


def _given_up(job: Job, *, outside: Outside) -> _Ending:
    """Say how a job ends that no closer has brought to its end: as its consumers see it."""
    manifest = manifest_of_closers(job, outside=outside)
    if manifest is not None and is_published(job, outside=outside):
        verdict = verdict_of_the_published(job, manifest, outside=outside)
        return _Ending(verdict=verdict, manifest=manifest.name)
    left = job.leftovers if manifest is None else (Intent.of(manifest),)
    return _Ending(verdict=verdict_without_closing(job, outside=outside), leftovers=left)


def _publish(job: Job, verdict: Verdict, closing: Closing, *, outside: Outside) -> _Ending:
    """Write the manifest and _SUCCESS; a store that refuses them fails the job for good."""
    manifest = None
    try:
        _withdraw_manifest(job, closing, outside=outside)
        manifest = write_manifest(job, verdict, keep=closing.keep, outside=outside)
        if verdict.status is JobStatus.COMPLETED and job.kind is JobKind.FULL:
            closing.check()
            _write_success(job, outside=outside)
    except GiveUp as error:
        if verdict.status is not JobStatus.COMPLETED:
            return _Ending(verdict=verdict, leftovers=job.leftovers)
        verdict = replace(verdict, status=JobStatus.FAILED, failure=failure_of(error))
        left = job.leftovers if manifest is None else (Intent.of(manifest),)
        return _Ending(verdict=verdict, leftovers=left)
    return _Ending(verdict=verdict, manifest=manifest.name)


def _withdraw_manifest(job: Job, closing: Closing, *, outside: Outside) -> None:
    """Remove the manifest that an earlier job of this version left without its _SUCCESS."""
    withdraw_objects(
        job.leftovers,
        bucket=job.bucket,
        still_ours=closing.check,
        outside=outside,
    )


def start_waiting(*, outside: Outside) -> None:
    """Start the jobs that wait in line, as far as the cap allows."""
    with suppress(TryAgain):
        for job in admit_jobs(outside=outside):
            advance_start(job, outside=outside)


def _claim(job_id: str, *, outside: Outside) -> Job | None:
    now, lease = outside.clock.now(), outside.limits.lease

    def claim(entries: Entries) -> Job | None:
        job = entries.job(job_id)
        if job is None or job.status.ended or not job.all_tables_ended:
            return None
        if not job.closing.is_free(now):
            return None
        held = job.closing.claimed(_CLOSER, now=now, lease_seconds=lease)
        job = replace(job, closing=held, release=job.release or version("oracle-etl"))
        entries.put_job(job)
        return job

    return outside.book.transact(claim)


def _write_success(job: Job, *, outside: Outside) -> None:
    """Create the object whose being there says all."""
    name = f"{job.folder}/_SUCCESS"
    with outside.store.create(job.bucket, name, content_type="text/plain") as empty:
        empty.write(b"")


def _close(closing: Closing, ending: _Ending, *, outside: Outside) -> None:
    """Close the job; LeaseLost where another has, or is about to."""
    now, verdict = outside.clock.now(), ending.verdict
    completed = verdict.status is JobStatus.COMPLETED
    rests = TransportStatus.IDLE if completed else TransportStatus.FAILED
    if verdict.status is JobStatus.CANCELLED:
        rests = TransportStatus.IDLE

    def close(entries: Entries) -> None:
        stored = closing.held_job(entries)
        transport = entries.transport(stored.transport_id)
        entries.put_job(
            replace(
                stored.closed(
                    verdict.status, now=now, failure=verdict.failure, manifest=ending.manifest
                ),
                warnings=verdict.warnings,
                is_mixed=verdict.is_mixed,
                leftovers=ending.leftovers,
            )
        )
        if transport is not None and transport.running_job == stored.id:
            entries.put_transport(transport.released(rests))

    outside.book.transact(close)


def _tell(job: Job, verdict: Verdict) -> None:
    level = logging.WARNING if verdict.status is JobStatus.FAILED else logging.INFO
    _LOG.log(
        level,
        "%s is %s",
        job.id,
        verdict.status,
        extra={
            "event": "job_ended",
            "job_id": job.id,
            "transport_id": job.transport_id,
            "status": str(verdict.status),
            "reason": "" if verdict.failure is None else verdict.failure.message,
        },
    )
