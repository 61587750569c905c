"""Faults that the fake Cloud Storage makes on demand, each once, at the next such request."""

from __future__ import annotations

import enum
import threading
from collections import deque
from dataclasses import dataclass


class Step(enum.Enum):
    """A kind of request."""

    START = "start a session"
    CHUNK = "send a chunk that is not the last"
    FINISH = "send the last chunk"
    PROBE = "ask how far a session has come"
    CANCEL = "cancel a session"
    STAT = "read metadata"
    READ = "read content"
    LIST = "list names"
    COMPOSE = "compose"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with an error and do nothing."""

    status: int
    message: str = "made by the test"


@dataclass(frozen=True, slots=True)
class LoseRequest:
    """Break the connection before doing anything."""


@dataclass(frozen=True, slots=True)
class LoseReply:
    """Do what was asked and break the connection before answering."""


@dataclass(frozen=True, slots=True)
class KeepOnly:
    """Of a chunk, keep so many bytes and say so with a 308."""

    size: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Of a chunk, keep nothing and say that the session holds so many bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class BreakWithin:
    """Carry so many bytes of a chunk, or of an answer, then break the connection."""

    size: int


@dataclass(frozen=True, slots=True)
class Forget:
    """Put a session out of the world, then answer 404."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Change one byte of what is stored or read, without noticing."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Let somebody else put an object at the name first."""

    content: bytes


Fault = (
    Answer | LoseRequest | LoseReply | KeepOnly | Claim | BreakWithin | Forget | Damage | Replace
)


class Faults:
    """What is to go wrong, first come first served per kind of request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Step, deque[Fault | None]] = {step: deque() for step in Step}

    def at(self, step: Step, *faults: Fault, after: int = 0) -> None:
        """Let the next requests of a kind go wrong, once `after` of them went well."""
        with self._lock:
            self._waiting[step].extend([None] * after)
            self._waiting[step].extend(faults)

    def take(self, step: Step) -> Fault | None:
        """Return what is to go wrong with this request."""
        with self._lock:
            return self._waiting[step].popleft() if self._waiting[step] else None

    @property
    def all_taken(self) -> bool:
        """Whether every fault has happened, so that a test proves what it says."""
        with self._lock:
            return not any(self._waiting.values())
