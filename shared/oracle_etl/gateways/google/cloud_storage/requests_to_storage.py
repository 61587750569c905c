"""Requests to the JSON API of Cloud Storage, and the table of what their failures mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests
from google.api_core import exceptions as google_errors
from google.auth.transport.requests import AuthorizedSession

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

PUBLIC_ENDPOINT = "https://storage.googleapis.com"
_FIELDS = "name,generation,size,crc32c"
_LONGEST_NAME_BYTES = 1024
_TIMEOUT_SECONDS = (10.0, 60.0)
_ERRORS_FROM = 400

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
    },
)


@contextmanager
def named_errors(doing: str) -> Iterator[None]:
    """Turn what Google's libraries and the connection raise into our errors."""
    with named_by(ERRORS, doing=doing):
        try:
            yield
        except requests.RequestException as error:
            # Its text and its trace quote the address, and an upload's address is a key to it.
            raise StoreAway(f"{doing}: {type(error).__name__}") from None


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

    @property
    def path(self) -> str:
        """The object's path in the API."""
        return f"{bucket_path(self.bucket)}/{quote(self.name, safe='')}"


def bucket_path(bucket: str) -> str:
    """Return the path of a bucket's objects in the API."""
    return f"/storage/v1/b/{quote(bucket, safe='')}/o"


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


class StorageRequests:
    """One signed-in connection pool to Cloud Storage, opened at first use."""

    def __init__(
        self, open_session: Callable[[], AuthorizedSession], *, endpoint: str = PUBLIC_ENDPOINT
    ) -> None:
        self._session = BuiltOnce(open_session)
        self._endpoint = endpoint.rstrip("/")

    def ask(
        self,
        method: str,
        address: str,
        *,
        doing: str,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        json: object | None = None,
    ) -> requests.Response:
        """Send one request, never again by itself; an answer of 400 and above is raised as ours."""
        with named_errors(doing):
            session: requests.Session = self._session.get()
            response = session.request(
                method,
                address if address.startswith("http") else self._endpoint + address,
                params=parameters,
                headers=dict(headers or {}),
                data=body,
                json=json,
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
            if response.status_code >= _ERRORS_FROM:
                raise _error_of(response)
            return response

    def metadata(self, place: Place, *, generation: str | None = None) -> StoredObject:
        """Return what stands at a place; NoSuchObject."""
        parameters = {"fields": _FIELDS}
        if generation is not None:
            parameters["generation"] = generation
        response = self.ask("GET", place.path, doing=f"looking at {place}", parameters=parameters)
        return stored(place, response)


def _error_of(response: requests.Response) -> Exception:
    # The library's own constructor puts the whole address into the text; see named_errors.
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


def stored(place: Place, response: requests.Response) -> StoredObject:
    """Read an object's resource."""
    try:
        resource: dict[str, Any] = response.json()
        return StoredObject(
            bucket=place.bucket,
            name=place.name,
            generation=str(resource["generation"]),
            size=int(resource["size"]),
            crc32c=checksums.from_text(resource["crc32c"]),
        )
    except (ValueError, LookupError, TypeError) as error:
        raise StoreAway(f"{place}: the answer is no object's resource") from error
