"""Objects in Cloud Storage, each whole or absent."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial

from google.cloud import storage

from oracle_etl.gateways.google.cloud_storage import checksums
from oracle_etl.gateways.google.cloud_storage.client import (
    ONCE,
    Place,
    StorageClient,
    named_errors,
    signed_in_client,
    stored,
)
from oracle_etl.gateways.google.cloud_storage.upload import Sending, Upload, checked, recognised
from oracle_etl.gateways.google.patience import PATIENT, Patience
from oracle_etl.model.errors import (
    InvalidRequest,
    NoSuchObject,
    ObjectConflict,
    StoreAway,
)
from oracle_etl.model.joined_crc32c import joined_crc32c
from oracle_etl.model.objects import StoredObject
from oracle_etl.ports import Clock, ObjectWriter

_CHUNK_BYTES = 8 * 1024 * 1024
_COMPOSED_AT_ONCE = 32
_ATTEMPTS_FOLDER = "_attempts"


class CloudStorageObjectStore:
    """Objects in buckets of Cloud Storage; may be used by any number of threads."""

    def __init__(
        self,
        build_client: Callable[[], storage.Client] = signed_in_client,
        *,
        clock: Clock,
        patience: Patience = PATIENT,
        chunk_bytes: int = _CHUNK_BYTES,
    ) -> None:
        self._client = StorageClient(build_client)
        self._sending = Sending(
            client=self._client, clock=clock, patience=patience, chunk_bytes=chunk_bytes
        )

    def create(
        self, bucket: str, name: str, *, content_type: str
    ) -> AbstractContextManager[ObjectWriter]:
        """Write an object that appears when the block ends well and never otherwise."""
        return Upload(self._sending, Place(bucket=bucket, name=name), content_type=content_type)

    def compose(
        self, bucket: str, name: str, sources: Sequence[StoredObject], *, content_type: str
    ) -> StoredObject:
        """Join objects, at most 32 at a time, in a tree whose inner objects are removed again."""
        place = Place(bucket=bucket, name=name)
        if not sources or any(source.bucket != bucket for source in sources):
            raise InvalidRequest(f"{place}: give sources, all of them of the same bucket")
        inner: list[StoredObject] = []
        level = tuple(sources)
        try:
            while len(level) > _COMPOSED_AT_ONCE:
                level = tuple(
                    self._joined(_inner_place(sources[0]), group, content_type=content_type)
                    for group in _groups(level)
                )
                inner += level
            return self._joined(place, level, content_type=content_type)
        finally:
            # What a crash leaves here is removed with the rest of the attempts folder.
            for each in inner:
                with suppress(StoreAway):
                    self.remove(each)

    def stat(self, bucket: str, name: str) -> StoredObject | None:
        """Return what stands under a name."""
        place = Place(bucket=bucket, name=name)
        try:
            return self._sending.patiently(lambda: self._client.metadata(place))
        except NoSuchObject:
            return None

    def open(
        self, stored: StoredObject, *, first_byte: int = 0, size: int | None = None
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Read the bytes of exactly this generation, a chunk per request."""
        end = stored.size if size is None else min(stored.size, first_byte + size)
        return self._reading(stored, first_byte, end)

    def remove(self, stored: StoredObject) -> None:
        """Remove exactly this generation."""
        self._sending.remove(stored)

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        """Yield the names that start with a prefix, a page per request."""
        token: str | None = None
        while True:
            page, token = self._sending.patiently(
                partial(self._names_of_a_page, bucket, prefix, token)
            )
            yield from page
            if token is None:
                return

    def location(self, bucket: str, name: str) -> str:
        """Return the object's address."""
        return str(Place(bucket=bucket, name=name))

    def verify(self, bucket: str) -> None:
        """Prove that objects can be written, looked at and removed, by doing it."""
        name = f"{_ATTEMPTS_FOLDER}/verify-{secrets.token_hex(8)}"
        with self.create(bucket, name, content_type="text/plain") as target:
            target.write(b"oracle-etl can write here\n")
        self.remove(target.stored())

    def _names_of_a_page(
        self, bucket: str, prefix: str, token: str | None
    ) -> tuple[Sequence[str], str | None]:
        with named_errors(f"listing gs://{bucket}/{prefix}"):
            listed = self._client.bucket(bucket).list_blobs(
                prefix=prefix,
                page_token=token,
                fields="items(name),nextPageToken",
                **ONCE,
            )
            page = next(listed.pages, ())
            return [str(blob.name) for blob in page], listed.next_page_token

    def _joined(
        self, place: Place, sources: Sequence[StoredObject], *, content_type: str
    ) -> StoredObject:
        """Join up to 32 objects; what they must add up to is known before."""
        size = sum(source.size for source in sources)
        crc32c = joined_crc32c((source.crc32c, source.size) for source in sources)
        try:
            found = self._sending.patiently(lambda: self._ask_to_join(place, sources, content_type))
        except ObjectConflict:
            return recognised(self._sending, place, size=size, crc32c=crc32c)
        except NoSuchObject:
            self._name_what_is_gone(sources)
            raise
        return checked(self._sending, found, place=place, size=size, crc32c=crc32c)

    def _ask_to_join(
        self, place: Place, sources: Sequence[StoredObject], content_type: str
    ) -> StoredObject:
        with named_errors(f"composing {place}"):
            blob = self._client.blob(place)
            blob.content_type = content_type
            parts = [
                self._client.blob(Place.of(each), generation=each.generation) for each in sources
            ]
            blob.compose(parts, if_generation_match=0, **ONCE)
        return stored(place, blob)

    def _name_what_is_gone(self, sources: Sequence[StoredObject]) -> None:
        for source in sources:
            place = Place.of(source)
            self._sending.patiently(
                lambda place=place, generation=source.generation: self._client.metadata(  # type: ignore[misc]
                    place, generation=generation
                )
            )

    @contextmanager
    def _reading(
        self, source: StoredObject, first_byte: int, end: int
    ) -> Iterator[Iterator[bytes]]:
        place = Place.of(source)
        if first_byte >= end:
            self._sending.patiently(
                lambda: self._client.metadata(place, generation=source.generation)
            )
            yield iter(())
            return
        first = self._chunk(source, place, first_byte, end)
        yield self._chunks(source, place, first_byte, end, first)

    def _chunks(
        self, source: StoredObject, place: Place, first_byte: int, end: int, chunk: bytes
    ) -> Iterator[bytes]:
        crc32c = 0
        at = first_byte
        while True:
            crc32c = checksums.extended(crc32c, chunk)
            at += len(chunk)
            if at >= end:
                break
            yield chunk
            chunk = self._chunk(source, place, at, end)
        # The last chunk is held back until the whole is known to be right.
        whole = first_byte == 0 and end == source.size
        if whole and crc32c != source.crc32c:
            raise StoreAway(f"{place} arrived damaged while it was read")
        yield chunk

    def _chunk(self, source: StoredObject, place: Place, at: int, end: int) -> bytes:
        size = min(self._sending.chunk_bytes, end - at)

        def read() -> bytes:
            with named_errors(f"reading {place}"):
                blob = self._client.blob(place, generation=source.generation)
                # As it is stored, also where it is compressed; the whole's checksum is ours.
                content: bytes = blob.download_as_bytes(
                    start=at, end=at + size - 1, raw_download=True, checksum=None, **ONCE
                )
            if len(content) != size:
                raise StoreAway(f"reading {place}: {len(content)} of {size} bytes came")
            return content

        return self._sending.patiently(read)


def _groups(sources: Sequence[StoredObject]) -> Iterator[Sequence[StoredObject]]:
    for first in range(0, len(sources), _COMPOSED_AT_ONCE):
        yield sources[first : first + _COMPOSED_AT_ONCE]


def _inner_place(source: StoredObject) -> Place:
    """Return a new place beside a source, which lies in the folder of attempts."""
    folder, _, _ = source.name.rpartition("/")
    name = f"joined-{secrets.token_hex(8)}"
    return Place(bucket=source.bucket, name=f"{folder}/{name}" if folder else name)
