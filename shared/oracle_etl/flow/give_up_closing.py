"""End a job that could not be closed in as many tries as work is given."""

from __future__ import annotations

import logging
from contextlib import suppress

from oracle_etl.flow.claim_work import failure_of
from oracle_etl.flow.decode.damage import Damaged
from oracle_etl.flow.decode.manifest import Document, open_manifest
from oracle_etl.flow.judge_version import Verdict
from oracle_etl.model.errors import AttemptsExhausted, GiveUp, Refused
from oracle_etl.model.job import Job, JobKind, JobStatus
from oracle_etl.model.objects import StoredObject
from oracle_etl.outside import Outside

_LOG = logging.getLogger(__name__)


def cannot_be_closed(job: Job, *, outside: Outside) -> bool:
    """Tell whether closers have died, or met what would not pass, as often as is allowed."""
    return job.closing.failures >= outside.limits.attempts


def verdict_without_closing(job: Job, *, outside: Outside) -> Verdict:
    """Return the verdict over a job of which nobody has looked at the tables to the end."""
    failure = failure_of(
        AttemptsExhausted(
            f"all its tables ended, and it could not be closed in {outside.limits.attempts} tries",
            hint="the logs say why; mend it, then `jobs retry` reads no complete table again",
        )
    )
    was_cancelled = job.cancel_requested_at is not None and job.counts.tables_cancelled
    status = JobStatus.CANCELLED if was_cancelled else JobStatus.FAILED
    return Verdict(status=status, failure=failure, warnings=job.warnings)


def verdict_of_the_published(job: Job, manifest: StoredObject, *, outside: Outside) -> Verdict:
    """Return the verdict over a job whose closers wrote all that a consumer reads: as they wrote.

    The book would be held against the manifest in vain if it said other things, or more.
    """
    _LOG.warning(
        "the closing of %s could not be finished in %s tries; nobody reads what is left under %s/",
        job.id,
        outside.limits.attempts,
        job.attempts_folder,
        extra={"event": "closing_unfinished", "job_id": job.id},
    )
    said = _head(manifest, outside=outside)
    return Verdict(
        status=JobStatus.COMPLETED,
        warnings=tuple(map(str, said.get("warnings", ()))),
        is_mixed=said.get("consistency") == "mixed",
    )


def manifest_of_closers(job: Job, *, outside: Outside) -> StoredObject | None:
    """Return the manifest that a closer of the job has put there.

    TryAgain where the store cannot tell now: a retry could not replace what nobody noted.
    """
    with suppress(GiveUp, Refused):
        standing = outside.store.stat(job.bucket, f"{job.folder}/manifest.json")
        if standing is not None and _names(job, standing, outside=outside):
            return standing
    return None


def is_published(job: Job, *, outside: Outside) -> bool:
    """Tell whether all that a consumer looks for stands, where the manifest does."""
    name = f"{job.folder}/_SUCCESS"
    return job.kind is not JobKind.FULL or outside.store.stat(job.bucket, name) is not None


def _names(job: Job, manifest: StoredObject, *, outside: Outside) -> bool:
    with suppress(Damaged):
        return bool(_head(manifest, outside=outside)["job"] == job.id)
    return False  # whoever else put it there


def _head(manifest: StoredObject, *, outside: Outside) -> Document:
    """Return what a manifest says before its tables."""
    with outside.store.open(manifest) as chunks:
        return open_manifest(chunks).version.document
