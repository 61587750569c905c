"""Writing an object of unknown length through a resumable session.

The session publishes the object with its last request and not before: whoever stops earlier, in
whatever way, leaves no object. The size is told with the last chunk only, together with the
checksum of all bytes. Nothing here acts when an upload is collected as garbage.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import requests

from oracle_etl.gateways.google.cloud_storage import checksums
from oracle_etl.gateways.google.cloud_storage.requests_to_storage import (
    Place,
    StorageRequests,
    bucket_path,
    stored,
)
from oracle_etl.gateways.google.patience import Patience, patiently
from oracle_etl.model.errors import (
    NoSuchObject,
    ObjectConflict,
    StoreAway,
    TransportError,
    TryAgain,
)
from oracle_etl.model.objects import StoredObject
from oracle_etl.ports import Clock

_log = logging.getLogger(__name__)
_GRANULE = 256 * 1024
_GOES_ON = 308
_HELD = re.compile(r"bytes=0-(\d+)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What an upload needs from its store."""

    requests: StorageRequests
    clock: Clock
    patience: Patience
    chunk_bytes: int

    def __post_init__(self) -> None:
        if self.chunk_bytes < _GRANULE or self.chunk_bytes % _GRANULE:
            raise ValueError(f"a chunk is a multiple of {_GRANULE} bytes, not {self.chunk_bytes}")


def recognised(sending: Sending, place: Place, *, size: int, crc32c: int) -> StoredObject:
    """Return what stands at a place that was to be empty, if it is what was to be written.

    So a reply that was lost after the object appeared is success. ObjectConflict otherwise.
    """
    found = patiently(
        lambda: sending.requests.metadata(place), patience=sending.patience, clock=sending.clock
    )
    if (found.size, found.crc32c) != (size, crc32c):
        raise ObjectConflict(
            f"{place} holds generation {found.generation} ({found.size} bytes, crc32c "
            f"{checksums.to_text(found.crc32c)}); this work expected generation 0, nothing, and "
            f"wrote {size} bytes, crc32c {checksums.to_text(crc32c)}",
            hint="find out who else writes under this prefix; remove the object or use another",
        )
    return found


def checked(
    sending: Sending, found: StoredObject, *, place: Place, size: int, crc32c: int
) -> StoredObject:
    """Return an object just written; where it is not what was sent it is removed again."""
    if (found.size, found.crc32c) == (size, crc32c):
        return found
    sending.requests.ask(
        "DELETE",
        place.path,
        doing=f"removing the damaged {place}",
        parameters={"generation": found.generation},
    )
    raise StoreAway(f"{place} arrived damaged and was removed")


class Upload:
    """One object being written; appears when its `with` block ends well."""

    def __init__(self, sending: Sending, place: Place, *, content_type: str) -> None:
        self._sending = sending
        self._place = place
        self._content_type = content_type
        self._session: str | None = None
        self._taken = False
        """Whether something stood at the name when the session was to start."""
        self._first = 0
        """Where in the object the kept bytes start: all before it are the session's."""
        self._kept = bytearray()
        self._crc32c = 0
        self._stored: StoredObject | None = None
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        if kind is None:
            self._finish()
        else:
            self._abandon()

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes; they leave in chunks, and memory holds one chunk."""
        if self._ended:
            raise RuntimeError(f"{self._place} is closed")
        chunk = self._sending.chunk_bytes
        rest = memoryview(data).cast("B")
        while rest:
            if len(self._kept) == chunk:
                # Only now is it known that this chunk is not the last.
                self._send_chunk()
            piece = bytes(rest[: chunk - len(self._kept)])
            self._crc32c = checksums.extended(self._crc32c, piece)
            self._kept += piece
            rest = rest[len(piece) :]

    def stored(self) -> StoredObject:
        """Return what was stored."""
        if self._stored is None:
            raise RuntimeError(f"{self._place} is not stored; ask after its block has ended well")
        return self._stored

    @property
    def _size(self) -> int:
        return self._first + len(self._kept)

    def _start(self) -> None:
        """Open the session, unless the name is taken: then only the checksum is of interest."""
        if self._session is not None or self._taken:
            return
        try:
            response = self._patiently_started()
        except ObjectConflict:
            self._taken = True
        else:
            self._session = response.headers["Location"]

    def _patiently_started(self) -> requests.Response:
        return patiently(
            lambda: self._sending.requests.ask(
                "POST",
                f"/upload{bucket_path(self._place.bucket)}",
                doing=f"starting {self._place}",
                parameters={
                    "uploadType": "resumable",
                    "name": self._place.name,
                    "ifGenerationMatch": "0",
                },
                headers={"X-Upload-Content-Type": self._content_type},
                json={"contentType": self._content_type},
            ),
            patience=self._sending.patience,
            clock=self._sending.clock,
        )

    def _send_chunk(self) -> None:
        self._start()
        if self._taken:
            self._let_go(self._size)
            return
        try:
            self._push(total=None)
        except NoSuchObject:
            raise self._session_gone() from None

    def _finish(self) -> None:
        self._start()
        size, crc32c = self._size, self._crc32c
        try:
            response = None if self._taken else self._push(total=size)
        except ObjectConflict:
            response = None
        except NoSuchObject:
            self._stored = self._found_after_a_lost_session(size=size, crc32c=crc32c)
            return
        if response is None:
            self._stored = recognised(self._sending, self._place, size=size, crc32c=crc32c)
        else:
            found = stored(self._place, response)
            self._stored = checked(
                self._sending, found, place=self._place, size=size, crc32c=crc32c
            )

    def _found_after_a_lost_session(self, *, size: int, crc32c: int) -> StoredObject:
        try:
            return recognised(self._sending, self._place, size=size, crc32c=crc32c)
        except NoSuchObject:
            raise self._session_gone() from None

    def _session_gone(self) -> StoreAway:
        return StoreAway(f"{self._place}: the upload's session is gone; nothing was published")

    def _push(self, *, total: int | None) -> requests.Response | None:
        """Send what is kept until the session has moved on, or with a total, until it has ended."""
        waits = self._sending.patience.waits()
        while True:
            before = self._first
            response = self._one_try(total, waits)
            if response.status_code != _GOES_ON:
                return response
            self._let_go(self._held_by(response))
            if self._first > before:
                if total is None:
                    return None
                waits = self._sending.patience.waits()
            else:
                self._wait(waits, StoreAway(f"{self._place}: the session takes no bytes"))

    def _one_try(self, total: int | None, waits: Iterator[float]) -> requests.Response:
        """Send the kept bytes; after a failure that may pass, ask where the session stands."""
        try:
            return self._put(total, bytes(self._kept))
        except TryAgain as error:
            failure = error
        while True:
            self._wait(waits, failure)
            try:
                return self._put(total, None)
            except TryAgain as error:
                failure = error

    def _wait(self, waits: Iterator[float], failure: TryAgain) -> None:
        seconds = next(waits, None)
        if seconds is None:
            raise failure
        self._sending.clock.wait(seconds)

    def _put(self, total: int | None, content: bytes | None) -> requests.Response:
        span = f"{self._first}-{self._size - 1}" if content else "*"
        headers = {"Content-Range": f"bytes {span}/{'*' if total is None else total}"}
        if total is not None:
            headers["x-goog-hash"] = f"crc32c={checksums.to_text(self._crc32c)}"
        return self._sending.requests.ask(
            "PUT",
            self._session or "",
            doing=f"writing {self._place}",
            headers=headers,
            body=content or b"",
        )

    def _held_by(self, response: requests.Response) -> int:
        """Return how many bytes the session holds, as its answer says."""
        text = response.headers.get("Range")
        match = _HELD.match(text) if text else None
        held = int(match[1]) + 1 if match else 0
        if not self._first <= held <= self._size:
            raise StoreAway(
                f"{self._place}: the session holds {held} bytes, which cannot be: "
                f"it confirmed {self._first} and was sent {self._size}"
            )
        return held

    def _let_go(self, held: int) -> None:
        del self._kept[: held - self._first]
        self._first = held

    def _abandon(self) -> None:
        """End the session; should that fail, it ends by itself within a week, unpublished."""
        session, self._session = self._session, None
        if session is None:
            return
        try:
            self._sending.requests.ask("DELETE", session, doing=f"giving up {self._place}")
        except TransportError as error:
            _log.debug("%s", error.message)
