"""Writing an object of unknown length through a resumable session.

The session publishes the object with its last request and not before: whoever stops earlier, in
whatever way, leaves no object. The size is told with the last chunk only, together with the
checksum of all bytes. Nothing here acts when an upload is collected as garbage.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from oracle_etl.gateways.google.cloud_storage import checksums
from oracle_etl.gateways.google.cloud_storage.client import (
    Place,
    StorageClient,
)
from oracle_etl.gateways.google.cloud_storage.session import UploadSession
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

T = TypeVar("T")
_log = logging.getLogger(__name__)
_GRANULE = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What an upload needs from its store: the client, and how it is asked."""

    client: StorageClient
    clock: Clock
    patience: Patience
    chunk_bytes: int

    def __post_init__(self) -> None:
        if self.chunk_bytes < _GRANULE or self.chunk_bytes % _GRANULE:
            raise ValueError(f"a chunk is a multiple of {_GRANULE} bytes, not {self.chunk_bytes}")

    def patiently(self, action: Callable[[], T]) -> T:
        """Return what the action returns, trying again while the store is away."""
        return patiently(action, patience=self.patience, clock=self.clock)

    def remove(self, stored: StoredObject) -> None:
        """Remove exactly this generation; nothing happens where it is gone."""
        place = Place.of(stored)
        with suppress(NoSuchObject):
            self.patiently(lambda: self.client.remove(place, stored.generation))


def recognised(sending: Sending, place: Place, *, size: int, crc32c: int) -> StoredObject:
    """Return what stands at a place that was to be empty, if it is what was to be written.

    So a reply that was lost after the object appeared is success. ObjectConflict otherwise.
    """
    found = sending.patiently(lambda: sending.client.metadata(place))
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
    sending.remove(found)
    raise StoreAway(f"{place} arrived damaged and was removed")


class Upload:
    """One object being written; appears when its `with` block ends well."""

    def __init__(self, sending: Sending, place: Place, *, content_type: str) -> None:
        self._sending = sending
        self._place = place
        self._content_type = content_type
        self._session: UploadSession | None = None
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
            self._session = self._sending.patiently(self._started)
        except ObjectConflict:
            self._taken = True

    def _started(self) -> UploadSession:
        client = self._sending.client
        return UploadSession.start(
            client.blob(self._place),
            place=self._place,
            content_type=self._content_type,
            connection=client.connection,
        )

    def _send_chunk(self) -> None:
        self._start()
        if self._session is None:
            self._let_go(self._size)
            return
        try:
            self._push(self._session, crc32c=None)
        except NoSuchObject:
            raise self._session_gone() from None

    def _finish(self) -> None:
        self._start()
        size, crc32c = self._size, self._crc32c
        try:
            made = None if self._session is None else self._push(self._session, crc32c=crc32c)
        except ObjectConflict:
            made = None
        except NoSuchObject:
            self._stored = self._found_after_a_lost_session(size=size, crc32c=crc32c)
            return
        if made is None:
            self._stored = recognised(self._sending, self._place, size=size, crc32c=crc32c)
        else:
            self._stored = checked(self._sending, made, place=self._place, size=size, crc32c=crc32c)

    def _found_after_a_lost_session(self, *, size: int, crc32c: int) -> StoredObject:
        try:
            return recognised(self._sending, self._place, size=size, crc32c=crc32c)
        except NoSuchObject:
            raise self._session_gone() from None

    def _session_gone(self) -> StoreAway:
        return StoreAway(f"{self._place}: the upload's session is gone; nothing was published")

    def _push(self, session: UploadSession, *, crc32c: int | None) -> StoredObject | None:
        """Send what is kept until the session has moved on, or with a checksum, until it ended."""
        waits = self._sending.patience.waits()
        while True:
            before = self._first
            answer = self._one_try(session, crc32c, waits)
            if isinstance(answer, StoredObject):
                return answer
            self._let_go(self._possible(answer))
            if self._first > before:
                if crc32c is None:
                    return None
                waits = self._sending.patience.waits()
            else:
                self._wait(waits, StoreAway(f"{self._place}: the session takes no bytes"))

    def _one_try(
        self, session: UploadSession, crc32c: int | None, waits: Iterator[float]
    ) -> StoredObject | int:
        """Send the kept bytes; after a failure that may pass, ask where the session stands."""
        send = partial(session.send, first=self._first, size=self._size, crc32c=crc32c)
        try:
            return send(bytes(self._kept))
        except TryAgain as error:
            failure = error
        while True:
            self._wait(waits, failure)
            try:
                return send(b"")
            except TryAgain as error:
                failure = error

    def _wait(self, waits: Iterator[float], failure: TryAgain) -> None:
        seconds = next(waits, None)
        if seconds is None:
            raise failure
        self._sending.clock.wait(seconds)

    def _possible(self, held: int) -> int:
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
            session.end()
        except TransportError as error:
            _log.debug("%s", error.message)
