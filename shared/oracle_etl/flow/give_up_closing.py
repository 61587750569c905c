"""End a job that could not be closed in as many tries as work is given."""

from __future__ import annotations

import json
from contextlib import suppress

from oracle_etl.flow.claim_work import failure_of
from oracle_etl.flow.judge_version import Verdict
from oracle_etl.model.errors import AttemptsExhausted, TransportError
from oracle_etl.model.job import Job, JobStatus
from oracle_etl.model.objects import Intent, StoredObject
from oracle_etl.outside import Outside

_HEAD_BYTES = 64 * 1024
"""The job is named in a manifest's first lines."""


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


def left_by_closers(job: Job, *, outside: Outside) -> tuple[Intent, ...]:
    """Return the manifest that a closer of the job has put there, for a retry to replace."""
    with suppress(TransportError):
        standing = outside.store.stat(job.bucket, f"{job.folder}/manifest.json")
        if standing is not None and _names(job, standing, outside=outside):
            return (Intent.of(standing),)
    return job.leftovers


def _names(job: Job, manifest: StoredObject, *, outside: Outside) -> bool:
    size = min(manifest.size, _HEAD_BYTES)
    with outside.store.open(manifest, first_byte=0, size=size) as pieces:
        # In a manifest's texts quotes are escaped, so this stands nowhere else.
        return f'"job": {json.dumps(job.id)}'.encode() in b"".join(pieces)
