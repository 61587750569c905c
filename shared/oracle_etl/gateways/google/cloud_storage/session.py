"""A resumable session of Cloud Storage: the part that google-cloud-storage does not do right.

The session publishes its object with the last request and not before. Its address is the key to
it: whoever knows it may write, without signing in. So it is in no error and no log.
"""

from __future__ import annotations

import re
from typing import Any

import requests
from google.cloud import storage

from oracle_etl.gateways.google.cloud_storage import checksums
from oracle_etl.gateways.google.cloud_storage.client import ONCE, Place, error_of, named_errors
from oracle_etl.model.errors import StoreAway
from oracle_etl.model.objects import StoredObject

_GOES_ON = 308
_ERRORS_FROM = 400
_HELD = re.compile(r"bytes=0-(\d+)\Z")


class UploadSession:
    """One object under way; nothing here acts when it is collected as garbage."""

    def __init__(self, address: str, *, place: Place, connection: requests.Session) -> None:
        self._address = address
        self._place = place
        self._connection = connection

    @classmethod
    def start(
        cls, blob: storage.Blob, *, place: Place, content_type: str, connection: requests.Session
    ) -> UploadSession:
        """Open a session for an object that is not there yet; ObjectConflict where it is."""
        with named_errors(f"starting {place}"):
            address = blob.create_resumable_upload_session(
                content_type=content_type, if_generation_match=0, checksum=None, **ONCE
            )
        return cls(address, place=place, connection=connection)

    def send(
        self, content: bytes, *, first: int, size: int, crc32c: int | None
    ) -> StoredObject | int:
        """Send bytes that start at `first`, or none, and return how many the session then holds.

        `size` is what was written so far. With its checksum that is all, and the answer to it
        is the object.
        """
        span = f"{first}-{first + len(content) - 1}" if content else "*"
        headers = {"Content-Range": f"bytes {span}/{'*' if crc32c is None else size}"}
        if crc32c is not None:
            headers["x-goog-hash"] = f"crc32c={checksums.to_text(crc32c)}"
        response = self._ask("PUT", f"writing {self._place}", headers=headers, data=content)
        if response.status_code == _GOES_ON:
            return self._held(response)
        return self._object(response)

    def end(self) -> None:
        """Give the session up, unpublished."""
        self._ask("DELETE", f"giving up {self._place}")

    def _ask(self, method: str, doing: str, **request: Any) -> requests.Response:  # noqa: ANN401 - passed on
        with named_errors(doing):
            response = self._connection.request(
                method, self._address, timeout=ONCE["timeout"], allow_redirects=False, **request
            )
            if response.status_code >= _ERRORS_FROM:
                raise error_of(response)
            return response

    @staticmethod
    def _held(response: requests.Response) -> int:
        # Without the header it holds nothing.
        match = _HELD.match(response.headers.get("Range", ""))
        return int(match[1]) + 1 if match else 0

    def _object(self, response: requests.Response) -> StoredObject:
        try:
            resource: dict[str, Any] = response.json()
            return StoredObject(
                bucket=self._place.bucket,
                name=self._place.name,
                generation=str(resource["generation"]),
                size=int(resource["size"]),
                crc32c=checksums.from_text(resource["crc32c"]),
            )
        except (ValueError, LookupError, TypeError) as error:
            raise StoreAway(f"{self._place}: the answer is no object's resource") from error
