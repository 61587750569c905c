"""Objects in Cloud Storage, each whole or absent."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TypeVar

import google.auth
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account

from oracle_etl.gateways.google.cloud_storage import checksums
from oracle_etl.gateways.google.cloud_storage.requests_to_storage import (
    PUBLIC_ENDPOINT,
    Place,
    StorageRequests,
    bucket_path,
    named_errors,
    stored,
)
from oracle_etl.gateways.google.cloud_storage.upload import Sending, Upload, checked, recognised
from oracle_etl.gateways.google.patience import PATIENT, Patience, patiently
from oracle_etl.model.errors import (
    InvalidRequest,
    NoSuchObject,
    ObjectConflict,
    StoreAway,
    StoreRefused,
)
from oracle_etl.model.objects import StoredObject
from oracle_etl.ports import Clock, ObjectWriter

T = TypeVar("T")
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_CHUNK_BYTES = 8 * 1024 * 1024
_COMPOSED_AT_ONCE = 32
_ATTEMPTS_FOLDER = "_attempts"


def signed_in_session(credentials_file: str = "") -> AuthorizedSession:
    """Open a session as a service account's file says, or as the environment says we are."""
    with named_errors("signing in to Cloud Storage"):
        if not credentials_file:
            credentials, _ = google.auth.default(scopes=[_SCOPE])
            return AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
        try:
            account = service_account.Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
                credentials_file, scopes=[_SCOPE]
            )
        except (OSError, ValueError) as error:
            # Without the error's words, which may quote the file.
            raise StoreRefused(
                f"signing in to Cloud Storage: {type(error).__name__}",
                hint="GCS_CREDENTIALS_FILE is to name a service account's key file, or nothing",
            ) from None
        return AuthorizedSession(account)  # type: ignore[no-untyped-call]


class CloudStorageObjectStore:
    """Objects in buckets of Cloud Storage; may be used by any number of threads."""

    def __init__(
        self,
        open_session: Callable[[], AuthorizedSession] = signed_in_session,
        *,
        clock: Clock,
        endpoint: str = PUBLIC_ENDPOINT,
        patience: Patience = PATIENT,
        chunk_bytes: int = _CHUNK_BYTES,
    ) -> None:
        self._requests = StorageRequests(open_session, endpoint=endpoint)
        self._sending = Sending(
            requests=self._requests, clock=clock, patience=patience, chunk_bytes=chunk_bytes
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
            return self._patiently(lambda: self._requests.metadata(place))
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
        place = Place(bucket=stored.bucket, name=stored.name)
        with suppress(NoSuchObject):
            self._patiently(
                lambda: self._requests.ask(
                    "DELETE",
                    place.path,
                    doing=f"removing {place}",
                    parameters={"generation": stored.generation},
                )
            )

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        """Yield the names that start with a prefix, a page per request."""
        parameters = {"prefix": prefix, "fields": "items(name),nextPageToken"}
        while True:
            page = self._patiently(
                lambda: self._requests.ask(
                    "GET",
                    bucket_path(bucket),
                    doing=f"listing gs://{bucket}/{prefix}",
                    parameters=parameters,
                )
            ).json()
            yield from (str(item["name"]) for item in page.get("items", ()))
            token = page.get("nextPageToken")
            if token is None:
                return
            parameters["pageToken"] = token

    def location(self, bucket: str, name: str) -> str:
        """Return the object's address."""
        return str(Place(bucket=bucket, name=name))

    def verify(self, bucket: str) -> None:
        """Prove that objects can be written, looked at and removed, by doing it."""
        name = f"{_ATTEMPTS_FOLDER}/verify-{secrets.token_hex(8)}"
        with self.create(bucket, name, content_type="text/plain") as target:
            target.write(b"oracle-etl can write here\n")
        self.remove(target.stored())

    def _joined(
        self, place: Place, sources: Sequence[StoredObject], *, content_type: str
    ) -> StoredObject:
        """Join up to 32 objects; what they must add up to is known before."""
        size = sum(source.size for source in sources)
        crc32c = checksums.joined((source.crc32c, source.size) for source in sources)
        try:
            found = self._patiently(lambda: self._ask_to_join(place, sources, content_type))
        except ObjectConflict:
            return recognised(self._sending, place, size=size, crc32c=crc32c)
        except NoSuchObject:
            self._name_what_is_gone(sources)
            raise
        return checked(self._sending, found, place=place, size=size, crc32c=crc32c)

    def _ask_to_join(
        self, place: Place, sources: Sequence[StoredObject], content_type: str
    ) -> StoredObject:
        response = self._requests.ask(
            "POST",
            f"{place.path}/compose",
            doing=f"composing {place}",
            parameters={"ifGenerationMatch": "0"},
            json={
                "sourceObjects": [
                    {"name": source.name, "generation": source.generation} for source in sources
                ],
                "destination": {"contentType": content_type},
            },
        )
        return stored(place, response)

    def _name_what_is_gone(self, sources: Sequence[StoredObject]) -> None:
        for source in sources:
            place = Place(bucket=source.bucket, name=source.name)
            self._patiently(
                lambda place=place, generation=source.generation: self._requests.metadata(  # type: ignore[misc]
                    place, generation=generation
                )
            )

    @contextmanager
    def _reading(
        self, source: StoredObject, first_byte: int, end: int
    ) -> Iterator[Iterator[bytes]]:
        place = Place(bucket=source.bucket, name=source.name)
        if first_byte >= end:
            self._patiently(lambda: self._requests.metadata(place, generation=source.generation))
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
            response = self._requests.ask(
                "GET",
                place.path,
                doing=f"reading {place}",
                parameters={"alt": "media", "generation": source.generation},
                headers={"Range": f"bytes={at}-{at + size - 1}", "Accept-Encoding": "gzip"},
            )
            if len(response.content) != size:
                raise StoreAway(f"reading {place}: {len(response.content)} of {size} bytes came")
            return response.content

        return self._patiently(read)

    def _patiently(self, action: Callable[[], T]) -> T:
        return patiently(action, patience=self._sending.patience, clock=self._sending.clock)


def _groups(sources: Sequence[StoredObject]) -> Iterator[Sequence[StoredObject]]:
    for first in range(0, len(sources), _COMPOSED_AT_ONCE):
        yield sources[first : first + _COMPOSED_AT_ONCE]


def _inner_place(source: StoredObject) -> Place:
    """Return a new place beside a source, which lies in the folder of attempts."""
    folder, _, _ = source.name.rpartition("/")
    name = f"joined-{secrets.token_hex(8)}"
    return Place(bucket=source.bucket, name=f"{folder}/{name}" if folder else name)
