"""Verify a version after the fact: what its manifest says against what lies there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from oracle_etl.flow.check_folder import Folder, check_strays, check_success
from oracle_etl.flow.check_manifest import (
    Contents,
    check_totals,
    contents_of,
    head_differs,
    held_manifest,
)
from oracle_etl.flow.decode import Damaged
from oracle_etl.flow.decode.manifest import WrittenVersion, open_manifest
from oracle_etl.flow.findings import Basis, Depth, Fault, Finding, Report, TableReport
from oracle_etl.flow.read_manifest import manifest_of
from oracle_etl.flow.verify_tables import verify_tables
from oracle_etl.model.errors import (
    InvalidRequest,
    NoSuchJob,
    NoSuchObject,
    NoSuchTransport,
    TransportError,
)
from oracle_etl.model.job import Job
from oracle_etl.model.names import is_job_id
from oracle_etl.model.objects import StoredObject
from oracle_etl.outside import Outside


def verify_job(job_id: str, *, outside: Outside, depth: Depth) -> Report:
    """Verify what a job wrote."""
    return verification_of_job(job_id, outside=outside, depth=depth).report()


def verification_of_job(job_id: str, *, outside: Outside, depth: Depth) -> Verification:
    """Begin to verify what a job wrote.

    Without a readable manifest the job book says what has to be there.
    """
    job = outside.book.job(job_id)
    folder = Folder.around(job.bucket, manifest_of(job))
    return Verification(folder, job, outside=outside, depth=depth)


def verification_of_manifest(
    bucket: str, name: str, *, outside: Outside, depth: Depth
) -> Verification:
    """Begin to verify what a manifest names, whether or not the job book still has its job."""
    stored = outside.store.stat(bucket, name) if "/" in name else None
    if stored is None:
        raise NoSuchObject(
            f"there is no manifest {outside.store.location(bucket, name)}",
            hint="name it with its folder: BUCKET/TRPID-1a2b3c4d/v001/manifest.json",
        )
    try:
        version = _read_through(stored, outside=outside).version
    except Damaged as damage:
        raise InvalidRequest(
            f"{outside.store.location(bucket, name)} cannot be used: {damage}",
            hint="restore it; or verify the job by its id, if the job book still has it",
        ) from damage
    folder = Folder.around(bucket, name)
    job = _job_of(version, folder, outside=outside)
    return Verification(folder, job, outside=outside, depth=depth)


def _job_of(version: WrittenVersion, folder: Folder, *, outside: Outside) -> Job | None:
    """Return the job that wrote a manifest, None where the book cannot vouch for it."""
    if not is_job_id(version.job):
        return None
    try:
        job = outside.book.job(version.job)
    except TransportError:
        # Verifying must work where there is no book: the report says what it rests on.
        return None
    is_its_own = (job.bucket, job.manifest) == (folder.bucket, folder.manifest)
    return job if is_its_own else None


def _read_through(stored: StoredObject, *, outside: Outside) -> Contents:
    with outside.store.open(stored) as chunks:
        return contents_of(open_manifest(chunks))


class Verification:
    """One verification of one version: the tables as they are done, then the report."""

    def __init__(self, folder: Folder, job: Job | None, *, outside: Outside, depth: Depth) -> None:
        self._folder = folder
        self._job = job
        self._outside = outside
        self._depth = depth
        self._stored = outside.store.stat(folder.bucket, folder.manifest)
        self._findings: list[Finding] = []
        self._unchecked: list[str] = []
        self._contents = self._readable() or self._held()
        self._tables: list[TableReport] = []
        self._running = self._run()

    @property
    def source(self) -> str | None:
        """The name of the source that the job read; None where nobody knows the job any more."""
        return None if self._job is None else self._job.transport.source

    def tables(self) -> Iterator[TableReport]:
        """Yield each table once, as soon as it is verified."""
        return self._running

    def report(self) -> Report:
        """Verify what is left and return all that was found."""
        for _ in self._running:
            """Each table keeps its own report."""
        version = self._contents.version
        return Report(
            job=version.job,
            transport=version.transport,
            version=version.version,
            manifest=self._outside.store.location(self._folder.bucket, self._folder.manifest),
            depth=self._depth,
            basis=self._basis,
            tables=tuple(self._tables),
            findings=tuple(self._findings),
            unchecked=tuple(self._unchecked),
        )

    def _run(self) -> Iterator[TableReport]:
        self._check_version()
        for table in verify_tables(
            self._contents.version,
            self._stored,
            self._job,
            outside=self._outside,
            depth=self._depth,
        ):
            self._tables.append(table)
            yield table
        self._check_folder()

    @property
    def _basis(self) -> Basis:
        if self._job is None:
            return Basis.MANIFEST
        return Basis.BOOK if self._stored is None else Basis.BOTH

    def _readable(self) -> Contents | None:
        """Return what the manifest amounts to; None, once and for all, where it is no use."""
        if self._stored is None:
            self._blame(Fault.MANIFEST_MISSING, "the manifest is not there")
            return None
        try:
            return _read_through(self._stored, outside=self._outside)
        except Damaged as damage:
            self._blame(Fault.MANIFEST_DAMAGED, str(damage))
            self._stored = None
            return None

    def _held(self) -> Contents:
        assert self._job is not None, "without a job the manifest has been read through before"
        return contents_of(held_manifest(self._job, outside=self._outside))

    def _blame(self, fault: Fault, message: str) -> None:
        self._findings.append(
            Finding(
                fault=fault,
                message=message,
                hint="restore it, or run the transport again; the rest of this report rests on "
                "the job book",
                object=self._folder.manifest,
            )
        )

    def _check_version(self) -> None:
        self._findings += check_totals(self._contents)
        if self._basis is Basis.BOTH:
            assert self._job is not None, "the basis says so"
            held = held_manifest(self._job, outside=self._outside).version
            self._findings += head_differs(self._contents.version, held)

    def _check_folder(self) -> None:
        contents, store = self._contents, self._outside.store
        self._findings += check_success(self._folder, contents.version, store=store)
        writer = self._writer(contents.version)
        if writer is None:
            self._findings += check_strays(self._folder, contents.names, store=store)
        else:
            self._unchecked.append(f"other objects were not looked for: {writer} writes there now")

    def _writer(self, version: WrittenVersion) -> str | None:
        """Return the job that is completing this version just now."""
        if self._job is None:
            return None
        with suppress(NoSuchTransport, NoSuchJob):
            running = self._outside.book.transport(version.transport).running_job
            if running is not None and self._lies_here(self._outside.book.job(running)):
                return running
        return None

    def _lies_here(self, job: Job) -> bool:
        return (job.bucket, job.folder) == (self._folder.bucket, self._folder.path)
