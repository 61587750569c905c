"""Read what a job's manifest says."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from oracle_etl.model.errors import NoSuchObject
from oracle_etl.model.job import Job
from oracle_etl.model.objects import StoredObject
from oracle_etl.outside import Outside


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A manifest: how large it is, and its bytes, once; who stops before their end closes them."""

    size: int
    chunks: Generator[bytes, None, None]


def read_manifest(job_id: str, *, outside: Outside) -> ManifestFile:
    """Return a job's manifest; NoSuchObject while the job has written none."""
    job = outside.book.job(job_id)
    name = manifest_of(job)
    stored = outside.store.stat(job.bucket, name)
    if stored is None:
        raise NoSuchObject(
            f"the manifest of {job_id} is gone: {outside.store.location(job.bucket, name)}",
            hint="somebody, or the bucket's lifecycle, has removed it",
        )
    return ManifestFile(size=stored.size, chunks=_chunks(stored, outside))


def manifest_of(job: Job) -> str:
    """Return the name of a job's manifest; NoSuchObject where the job has none."""
    if job.manifest is not None:
        return job.manifest
    raise NoSuchObject(
        f"{job.id} has no manifest: it is {job.status}",
        hint=f"`oracle-etl jobs show {job.id}` says why none could be written"
        if job.status.ended
        else "the manifest is written after all data, when the job ends",
    )


def _chunks(stored: StoredObject, outside: Outside) -> Generator[bytes, None, None]:
    with outside.store.open(stored) as chunks:
        yield from chunks
