"""Google's client of Cloud Storage: signing in, what it returns, and what its failures mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from google.api_core import exceptions as google_errors
from google.cloud import storage
from google.cloud.storage import (  # type: ignore[import-untyped]  # it ships no types
    exceptions as storage_errors,
)

from oracle_etl.gateways.google.cloud_storage import checksums
from oracle_etl.gateways.google.once import BuiltOnce
from oracle_etl.gateways.google.vendor_errors import (
    DEFECT,
    SIGN_IN,
    Table,
    Verdict,
    google_table,
    named_by,
)
from oracle_etl.model.errors import (
    GiveUp,
    InvalidRequest,
    NoSuchObject,
    ObjectConflict,
    StoreAway,
    StoreRefused,
)
from oracle_etl.model.objects import StoredObject

ONCE: dict[str, Any] = {"retry": None, "timeout": (10.0, 60.0)}
"""How the client is asked: it tries once, since trying again happens in one place of ours."""

_LONGEST_NAME_BYTES = 1024

ERRORS: Table = google_table(
    away=Verdict(StoreAway),
    signed_out=Verdict(StoreRefused, SIGN_IN),
    without_right=Verdict(
        StoreRefused, "grant the service account roles/storage.objectUser on the bucket"
    ),
    missing=Verdict(NoSuchObject),
    unfit=Verdict(StoreRefused),
    defect=Verdict(GiveUp, DEFECT),
    others={
        google_errors.AlreadyExists: Verdict(ObjectConflict),
        google_errors.PreconditionFailed: Verdict(ObjectConflict),
        storage_errors.InvalidResponse: Verdict(StoreAway),
        storage_errors.DataCorruption: Verdict(StoreAway),
    },
)


@contextmanager
def named_errors(doing: str) -> Iterator[None]:
    """Turn what Google's libraries and the connection raise into our errors."""
    with named_by(ERRORS, doing=doing):
        try:
            yield
        except google_errors.GoogleAPICallError as error:
            # The client's text begins with the whole address and quotes the whole answer.
            if isinstance(error.response, requests.Response):
                raise error_of(error.response) from None
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # The latter where an answer breaks off that the client reads by itself. Its text and
            # its trace quote the address, and an upload's address is a key to it.
            raise StoreAway(f"{doing}: {type(error).__name__}") from None


def error_of(response: requests.Response) -> Exception:
    """Return what an answer of 400 and above means, in the words of its message alone."""
    try:
        message = str(response.json()["error"]["message"])
    except (ValueError, LookupError, TypeError):
        message = response.reason or "no reason given"
    if response.status_code == requests.codes.gone:
        return google_errors.NotFound(message)  # type: ignore[no-untyped-call]
    if response.status_code == requests.codes.not_found and "bucket does not exist" in message:
        return StoreRefused(
            message, hint="create the bucket, or name an existing one in target_bucket"
        )
    error: Exception = google_errors.from_http_status(  # type: ignore[no-untyped-call]
        response.status_code, message
    )
    return error


def signed_in_client(credentials_file: str = "") -> storage.Client:
    """Sign in as a service account's file says, or as the environment says we are."""
    with named_errors("signing in to Cloud Storage"):
        if not credentials_file:
            # Without a project: buckets are named over all projects.
            return storage.Client(project=None)
        try:
            return storage.Client.from_service_account_json(credentials_file)
        except (OSError, ValueError, LookupError, TypeError) as error:
            # Without the error's words, which may quote the file.
            raise StoreRefused(
                f"signing in to Cloud Storage: {type(error).__name__}",
                hint="GCS_CREDENTIALS_FILE is to name a service account's key file, or nothing",
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A name in a bucket, checked."""

    bucket: str
    name: str

    def __post_init__(self) -> None:
        problem = _problem_with(self.name)
        if problem or not self.bucket or "/" in self.bucket:
            raise InvalidRequest(
                f"{self.bucket!r}, {self.name!r} is no place in Cloud Storage",
                hint=problem or "name a bucket, without gs:// and without slashes",
            )

    def __str__(self) -> str:
        return f"gs://{self.bucket}/{self.name}"

    @classmethod
    def of(cls, stored: StoredObject) -> Place:
        """Return where an object stands."""
        return cls(bucket=stored.bucket, name=stored.name)


def _problem_with(name: str) -> str:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "an object's name is text that UTF-8 can carry"
    if not 1 <= size <= _LONGEST_NAME_BYTES:
        return f"an object's name has 1 to {_LONGEST_NAME_BYTES} bytes"
    if any(piece in {"", ".", ".."} for piece in name.split("/")) or "\0" in name:
        return "an object's name has no empty steps, and none that are only dots"
    if not name.isprintable() or name.startswith(".well-known/acme-challenge/"):
        return "Cloud Storage refuses such names"
    return ""


class StorageClient:
    """Google's client, built when first used; each call asks once."""

    def __init__(self, build: Callable[[], storage.Client]) -> None:
        self._client = BuiltOnce(build)
        self._connection = BuiltOnce(requests.Session)

    @property
    def connection(self) -> requests.Session:
        """A connection that is not signed in, for sessions, whose addresses are keys."""
        return self._connection.get()

    def blob(self, place: Place, *, generation: str | None = None) -> storage.Blob:
        """Return the client's handle of a place; nothing is asked yet."""
        bucket = self.bucket(place.bucket)
        return bucket.blob(place.name, generation=None if generation is None else int(generation))

    def bucket(self, name: str) -> storage.Bucket:
        """Return the client's handle of a bucket."""
        return self._client.get().bucket(name)

    def metadata(self, place: Place, *, generation: str | None = None) -> StoredObject:
        """Return what stands at a place; NoSuchObject."""
        with named_errors(f"looking at {place}"):
            blob = self.blob(place, generation=generation)
            blob.reload(**ONCE)
        return stored(place, blob)

    def remove(self, place: Place, generation: str) -> None:
        """Remove exactly this generation; NoSuchObject."""
        with named_errors(f"removing {place}"):
            self.blob(place, generation=generation).delete(**ONCE)


def stored(place: Place, blob: storage.Blob) -> StoredObject:
    """Read what the client knows of an object that it asked for or made."""
    if blob.generation is None or blob.size is None or blob.crc32c is None:
        raise StoreAway(f"{place}: the answer is no object's resource")
    return StoredObject(
        bucket=place.bucket,
        name=place.name,
        generation=str(blob.generation),
        size=int(blob.size),
        crc32c=checksums.from_text(blob.crc32c),
    )
