"""Read what a job's manifest says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oracle_etl.model.errors import NoSuchObject
from oracle_etl.model.objects import StoredObject
from oracle_etl.outside import Outside


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A manifest: how large it is, and its bytes, once."""

    size: int
    chunks: Iterator[bytes]


def read_manifest(job_id: str, *, outside: Outside) -> ManifestFile:
    """Return a job's manifest; NoSuchObject while the job has written none."""
    job = outside.book.job(job_id)
    if job.manifest is None:
        raise NoSuchObject(
            f"{job_id} has no manifest: it is {job.status}",
            hint="the manifest is written after all data, when the job ends",
        )
    bucket = job.bucket
    stored = outside.store.stat(bucket, job.manifest)
    if stored is None:
        raise NoSuchObject(
            f"the manifest of {job_id} is gone: {outside.store.location(bucket, job.manifest)}",
            hint="somebody, or the bucket's lifecycle, has removed it",
        )
    return ManifestFile(size=stored.size, chunks=_chunks(stored, outside))


def _chunks(stored: StoredObject, outside: Outside) -> Iterator[bytes]:
    with outside.store.open(stored) as chunks:
        yield from chunks
