"""What the fake Cloud Storage holds: buckets, objects with generations, sessions."""

from __future__ import annotations

import base64
import itertools
import secrets
import threading
from dataclasses import dataclass, field

import google_crc32c


class Rejected(Exception):
    """A request that Cloud Storage answers with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def crc32c_text(content: bytes) -> str:
    """Return the checksum as Cloud Storage writes it: base64 of four bytes."""
    return base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One object."""

    bucket: str
    name: str
    generation: int
    content: bytes
    content_type: str
    crc32c: str

    def metadata(self) -> dict[str, str]:
        """Return the object's resource."""
        return {
            "bucket": self.bucket,
            "name": self.name,
            "generation": str(self.generation),
            "size": str(len(self.content)),
            "crc32c": self.crc32c,
            "contentType": self.content_type,
        }


@dataclass(slots=True, kw_only=True)
class Session:
    """A resumable upload under way, or ended."""

    bucket: str
    name: str
    content_type: str
    if_generation_match: int | None
    received: bytearray = field(default_factory=bytearray)
    result: Held | None = None


class Contents:
    """Buckets and sessions; every method is one atomic step."""

    def __init__(self, *buckets: str) -> None:
        self._lock = threading.RLock()
        self._generations = itertools.count(1_700_000_000_000_001)
        self._buckets: dict[str, dict[str, Held]] = {bucket: {} for bucket in buckets}
        self.sessions: dict[str, Session] = {}

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Return name and content of everything that is published."""
        with self._lock:
            return {name: held.content for name, held in self._buckets[bucket].items()}

    def content_type(self, bucket: str, name: str) -> str:
        """Return what an object says it holds."""
        return self._bucket(bucket)[name].content_type

    def put(
        self,
        bucket: str,
        name: str,
        content: bytes,
        *,
        content_type: str = "application/octet-stream",
        if_generation_match: int | None = None,
    ) -> Held:
        """Publish an object."""
        with self._lock:
            self.check_precondition(bucket, name, if_generation_match)
            held = Held(
                bucket=bucket,
                name=name,
                generation=next(self._generations),
                content=content,
                content_type=content_type,
                crc32c=crc32c_text(content),
            )
            self._buckets[bucket][name] = held
            return held

    def damage(self, held: Held) -> Held:
        """Change a byte of a published object; its checksum follows, as if damaged on the way."""
        with self._lock:
            content = bytes([held.content[0] ^ 1]) + held.content[1:]
            return self.put(held.bucket, held.name, content, content_type=held.content_type)

    def check_precondition(self, bucket: str, name: str, expected: int | None) -> None:
        """Refuse where another generation stands than the caller expects; 0 is none."""
        with self._lock:
            held = self._bucket(bucket).get(name)
            if expected is not None and expected != (held.generation if held else 0):
                raise Rejected(412, "At least one of the pre-conditions you specified did not hold")

    def get(self, bucket: str, name: str, generation: int | None) -> Held:
        """Return an object."""
        with self._lock:
            held = self._bucket(bucket).get(name)
            if held is None or generation not in {None, held.generation}:
                raise Rejected(404, f"No such object: {bucket}/{name}")
            return held

    def delete(self, bucket: str, name: str, generation: int | None) -> None:
        """Remove an object."""
        with self._lock:
            self.get(bucket, name, generation)
            del self._buckets[bucket][name]

    def names(self, bucket: str, prefix: str) -> list[str]:
        """Return the names under a prefix in the order of their UTF-8 bytes."""
        with self._lock:
            names = (name for name in self._bucket(bucket) if name.startswith(prefix))
            return sorted(names, key=lambda name: name.encode())

    def start(self, session: Session) -> str:
        """Begin a resumable upload and return its id."""
        with self._lock:
            self.check_precondition(session.bucket, session.name, session.if_generation_match)
            upload_id = secrets.token_hex(8)
            self.sessions[upload_id] = session
            return upload_id

    def session(self, upload_id: str) -> Session:
        """Return a session that was neither cancelled nor forgotten."""
        with self._lock:
            try:
                return self.sessions[upload_id]
            except KeyError:
                raise Rejected(404, "no such upload session") from None

    def finish(self, session: Session) -> Held:
        """Publish what a session received."""
        with self._lock:
            session.result = self.put(
                session.bucket,
                session.name,
                bytes(session.received),
                content_type=session.content_type,
                if_generation_match=session.if_generation_match,
            )
            return session.result

    def _bucket(self, bucket: str) -> dict[str, Held]:
        try:
            return self._buckets[bucket]
        except KeyError:
            raise Rejected(404, "The specified bucket does not exist.") from None
