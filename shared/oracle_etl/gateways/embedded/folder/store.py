"""The object store of the embedded home."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import google_crc32c

from oracle_etl.gateways.embedded.folder import facts
from oracle_etl.gateways.embedded.folder.drafts import (
    Draft,
    draft,
    generation_of,
    sweep_drafts,
    written_at,
)
from oracle_etl.gateways.embedded.folder.errors import named_errors
from oracle_etl.gateways.embedded.folder.names import (
    PRIVATE_FOLDER,
    Place,
    buckets,
    folder,
    make_folder,
    names_below,
    place_of,
    remove_empty_folders,
)
from oracle_etl.model.errors import (
    NoSuchObject,
    ObjectConflict,
    StoreAway,
    StoreRefused,
)
from oracle_etl.model.names import is_job_id
from oracle_etl.model.objects import StoredObject

_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TRIES_TO_PLACE = 100
_ATTEMPTS_FOLDER = "_attempts"
_PROOF = re.compile(r"_attempts/verify-[0-9a-f]{16}\Z")
"""What `verify` writes, and leaves where it is killed."""


class FolderWriter:
    """An object being written into a draft."""

    def __init__(self, subject: str, descriptor: int) -> None:
        self._subject = subject
        self._descriptor = descriptor
        self._stored: StoredObject | None = None
        self.crc32c = 0
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        view = memoryview(data).cast("B")
        with named_errors(self._subject):
            for first in range(0, len(view), facts.CHUNK_BYTES):
                self._append(bytes(view[first : first + facts.CHUNK_BYTES]))

    def _append(self, chunk: bytes) -> None:
        self.crc32c = google_crc32c.extend(self.crc32c, chunk)
        self.size += len(chunk)
        left = memoryview(chunk)
        while left:
            left = left[os.write(self._descriptor, left) :]

    def stored(self) -> StoredObject:
        """Return what was stored, once the `with` block has ended well; RuntimeError before."""
        if self._stored is None:
            raise RuntimeError("the object is not stored before its block has ended well")
        return self._stored

    def finish(self, stored: StoredObject) -> None:
        """Take note of what was stored."""
        self._stored = stored


class FolderObjectStore:
    """Buckets are folders below a root, objects are files; `.oracle-etl` in each is private.

    A file is written without a name, put on the disk, and then linked to its name, which the
    file system allows only where the name is free.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @contextmanager
    def create(self, bucket: str, name: str, *, content_type: str) -> Iterator[FolderWriter]:  # noqa: ARG002 - a folder keeps no types
        """Write an object that appears when the block ends well and never otherwise."""
        place = place_of(bucket, name)
        with self._opened_root(name) as root, draft(root, bucket, subject=name) as written:
            writer = FolderWriter(name, written.descriptor)
            yield writer
            with named_errors(name):
                writer.finish(self._placed(root, place, written, writer, name=name))

    def compose(
        self, bucket: str, name: str, sources: Sequence[StoredObject], *, content_type: str
    ) -> StoredObject:
        """Join objects, in order, into a new one, as `create` does. Sources stay.

        Reading them through costs no more than letting the kernel copy them, and proves each
        against its checksum.
        """
        with self.create(bucket, name, content_type=content_type) as target:
            for source in sources:
                self._append(target, source)
        return target.stored()

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        """Return what stands under a name, None where nothing does."""
        place = place_of(bucket, name)
        with self._opened_root(name) as root, named_errors(name):
            return self._found(root, place, name=name)

    @contextmanager
    def open(
        self, stored: StoredObject, *, first_byte: int = 0, size: int | None = None
    ) -> Iterator[Iterator[bytes]]:
        """Read the bytes of exactly this generation; NoSuchObject where it is gone."""
        place = place_of(stored.bucket, stored.name)
        wanted = stored.size if size is None else size
        with self._opened_root(stored.name) as root:
            descriptor = self._descriptor(root, place, stored)
        try:
            yield _named_chunks(descriptor, first_byte, wanted, stored.name)
        finally:
            os.close(descriptor)

    def remove(self, stored: StoredObject) -> None:
        """Remove exactly this generation; nothing happens where it is gone."""
        place = place_of(stored.bucket, stored.name)
        with (
            self._opened_root(stored.name) as root,
            named_errors(stored.name),
            _removing(root, stored.bucket),
        ):
            with suppress(FileNotFoundError), folder(root, place.folders) as here:
                status = os.stat(place.file, dir_fd=here, follow_symlinks=False)
                if generation_of(status) != stored.generation:
                    return
                os.unlink(place.file, dir_fd=here)
            facts.forget(root, stored.bucket, stored.generation)
            remove_empty_folders(root, place.folders)

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        """Yield the names that start with a prefix, in order."""
        with self._opened_root(bucket) as root, named_errors(bucket):
            yield from names_below(root, bucket, prefix)

    def location(self, bucket: str, name: str) -> str:
        """Return the object's path."""
        place = place_of(bucket, name)
        return str(self._root.joinpath(*place.folders, place.file))

    def verify(self, bucket: str) -> None:
        """Prove that objects can be written; StoreRefused with what to do where not."""
        name = f"_attempts/verify-{secrets.token_hex(8)}"
        try:
            with self.create(bucket, name, content_type="text/plain") as target:
                target.write(b"oracle-etl was here")
            self.remove(target.stored())
        except StoreAway as error:
            raise StoreRefused(
                f"bucket {bucket} in {self._root} cannot be written: {error}", hint=error.hint
            ) from error

    def sweep(self) -> int:
        """Remove what killed writers left, and facts of files that are gone; return how many.

        Living writers hold a lock on what they write, so this may run at any time.
        """
        swept = 0
        with self._opened_root("sweep") as root, named_errors("sweep"):
            for bucket in buckets(root):
                swept += self._swept(root, bucket)
        return swept

    def remove_attempts(self, before: datetime) -> int:
        """Remove attempts written before a moment, as a bucket's lifecycle does; return how many.

        They were kept for retries that nobody asked for.
        """
        removed = 0
        with self._opened_root("sweep") as root, named_errors("sweep"):
            for bucket in buckets(root):
                for name in names_below(root, bucket, ""):
                    if _is_attempt(name):
                        removed += self._removed(root, bucket, name, before)
        return removed

    def _removed(self, root: int, bucket: str, name: str, before: datetime) -> bool:
        stored = self._found(root, place_of(bucket, name), name=name)
        is_old = stored is not None and written_at(stored.generation) < before.timestamp()
        if stored is not None and is_old:
            self.remove(stored)
        return is_old

    def _swept(self, root: int, bucket: str) -> int:
        swept, still_written = sweep_drafts(root, bucket)
        for generation, name in facts.kept_names(root, bucket):
            if generation in still_written or self._stands(root, bucket, generation, name):
                continue
            facts.forget(root, bucket, generation)
            swept += 1
        return swept

    def _stands(self, root: int, bucket: str, generation: str, name: str | None) -> bool:
        """Tell whether a file stands where its facts say; they may say anything."""
        if name is None:
            return False
        with suppress(FileNotFoundError, NotADirectoryError, StoreRefused):
            place = place_of(bucket, name)
            with folder(root, place.folders) as here:
                status = os.stat(place.file, dir_fd=here, follow_symlinks=False)
                return generation_of(status) == generation
        return False

    @contextmanager
    def _opened_root(self, subject: str) -> Iterator[int]:
        with named_errors(subject):
            self._root.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _placed(
        self, root: int, place: Place, written: Draft, writer: FolderWriter, *, name: str
    ) -> StoredObject:
        bucket = place.folders[0]
        stored = StoredObject(
            bucket=bucket,
            name=name,
            generation=written.seal(),
            size=writer.size,
            crc32c=writer.crc32c,
        )
        # Before the link, so that nobody who finds the file has to read it for its checksum.
        facts.keep_checksum(root, bucket, stored.generation, name=name, crc32c=stored.crc32c)
        for _ in range(_TRIES_TO_PLACE):
            if self._linked(root, place, written):
                return stored
            standing = self._found(root, place, name=name)
            if standing is not None:
                facts.forget(root, bucket, stored.generation)
                return _kept(root, place, _same(standing, stored))
        raise StoreRefused(
            f"{name} cannot be placed",
            hint="a folder stands under its name, or something writes and removes it",
        )

    def _linked(self, root: int, place: Place, written: Draft) -> bool:
        """Give the draft its name; False where the name, or its folder, changed meanwhile."""
        try:
            make_folder(root, place.folders)
            with folder(root, written.steps) as unfinished, folder(root, place.folders) as here:
                os.link(written.name, place.file, src_dir_fd=unfinished, dst_dir_fd=here)
                os.fsync(here)
        except (FileExistsError, FileNotFoundError):
            return False
        return True

    def _found(self, root: int, place: Place, *, name: str) -> StoredObject | None:
        try:
            with folder(root, place.folders) as here:
                descriptor = os.open(place.file, _OPEN_FILE, dir_fd=here)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            return self._described(root, place.folders[0], descriptor, name=name)
        finally:
            os.close(descriptor)

    def _described(
        self, root: int, bucket: str, descriptor: int, *, name: str
    ) -> StoredObject | None:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        generation = generation_of(status)
        crc32c = facts.kept_checksum(root, bucket, generation)
        if crc32c is None:
            crc32c = facts.checksum_of(facts.chunks_of(descriptor, 0, status.st_size))
            facts.keep_checksum(root, bucket, generation, name=name, crc32c=crc32c)
        return StoredObject(
            bucket=bucket, name=name, generation=generation, size=status.st_size, crc32c=crc32c
        )

    def _descriptor(self, root: int, place: Place, stored: StoredObject) -> int:
        gone = NoSuchObject(
            f"{stored.name} of generation {stored.generation} is not in bucket {stored.bucket}",
            hint="it was removed, or written anew, since its job named it",
        )
        with named_errors(stored.name):
            try:
                with folder(root, place.folders) as here:
                    descriptor = os.open(place.file, _OPEN_FILE, dir_fd=here)
            except FileNotFoundError as error:
                raise gone from error
        if generation_of(os.fstat(descriptor)) != stored.generation:
            os.close(descriptor)
            raise gone
        return descriptor

    def _append(self, target: FolderWriter, source: StoredObject) -> None:
        crc32c = 0
        with self.open(source) as chunks:
            for chunk in chunks:
                target.write(chunk)
                crc32c = google_crc32c.extend(crc32c, chunk)
        if crc32c != source.crc32c:
            with self._opened_root(source.name) as root, named_errors(source.name):
                # From now on whoever asks what stands here is told of the bytes as they are.
                facts.forget(root, source.bucket, source.generation)
            raise StoreRefused(
                f"{source.name} of generation {source.generation} has changed on the disk",
                hint="check the disk, then retry the job",
            )


def _is_attempt(name: str) -> bool:
    """Tell whether a name is that of a job's attempt; a table may be called _attempts, too."""
    if _PROOF.match(name):
        return True
    steps = name.split("/")[:-1]
    return any(step == _ATTEMPTS_FOLDER and is_job_id(below) for step, below in pairwise(steps))


def _same(standing: StoredObject, written: StoredObject) -> StoredObject:
    """Return what stands when it is what was written: a reply was lost, or two did the same."""
    if (standing.size, standing.crc32c) == (written.size, written.crc32c):
        return standing
    raise ObjectConflict(
        f"{written.name} stands with generation {standing.generation} and other content "
        f"than generation {written.generation}, which was to take its place",
        hint="compare the two jobs, and remove the object only when you know which one is right",
    )


def _kept(root: int, place: Place, standing: StoredObject) -> StoredObject:
    """Return an object once its name is on the disk: who linked it may have been killed then."""
    with folder(root, place.folders) as here:
        os.fsync(here)
    return standing


def _named_chunks(descriptor: int, first_byte: int, size: int, subject: str) -> Iterator[bytes]:
    with named_errors(subject):
        yield from facts.chunks_of(descriptor, first_byte, size)


@contextmanager
def _removing(root: int, bucket: str) -> Iterator[None]:
    """Keep others from removing, so that what was looked at is what is removed."""
    steps = (bucket, PRIVATE_FOLDER)
    make_folder(root, steps)
    with folder(root, steps) as private:
        lock = os.open(
            "removing", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666, dir_fd=private
        )
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
