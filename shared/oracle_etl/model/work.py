"""Work to be claimed: the lease every piece of it carries, and the message that hints at it."""

from __future__ import annotations

import enum
import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oracle_etl.model.errors import LeaseLost, UnreadableMessage

_MESSAGE_VERSION = 1
_LARGEST_MESSAGE_BYTES = 4096
# Whoever may publish may write anything, and the book looks for what a message names.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_LARGEST_PART = 1_000_000


class WorkStatus(enum.StrEnum):
    """Where a table or a part of one stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self not in {WorkStatus.PENDING, WorkStatus.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class WorkRef:
    """The name of a piece of work: a table, or one part of it."""

    job_id: str
    table_id: str
    part: int | None = None

    def to_message(self) -> bytes:
        """Return the small, versioned queue message."""
        body = {
            "v": _MESSAGE_VERSION,
            "job": self.job_id,
            "table": self.table_id,
            "part": self.part,
        }
        return json.dumps(body, separators=(",", ":")).encode()

    @classmethod
    def from_message(cls, body: bytes) -> WorkRef:
        """Read a queue message; UnreadableMessage for anything no version of ours wrote."""
        try:
            if len(body) > _LARGEST_MESSAGE_BYTES:
                raise ValueError("too large")
            match json.loads(body):
                case {"v": 1, "job": str(job), "table": str(table), "part": part} if (
                    _ID.match(job) and _ID.match(table) and _is_part(part)
                ):
                    return cls(job_id=job, table_id=table, part=part)
                case _:
                    raise ValueError("unknown form")
        except (ValueError, RecursionError) as error:
            raise UnreadableMessage(f"a queue message cannot be read: {error}") from error


def _is_part(part: object) -> bool:
    return part is None or (type(part) is int and 0 < part <= _LARGEST_PART)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Who may work on a piece: a lease, and a fence that grows with every claim.

    Whoever writes with an older fence than the stored one has lost the work.
    """

    fence: int = 0
    failures: int = 0
    owner: str | None = None
    expires_at: datetime | None = None
    """When the lease ends; where nobody holds it, until when the piece rests."""

    def is_free(self, now: datetime) -> bool:
        """Whether nobody holds the piece and it does not rest, or its holder's lease lapsed."""
        return self.expires_at is None or self.expires_at <= now

    def is_held(self, now: datetime) -> bool:
        """Whether somebody works on the piece now."""
        return self.owner is not None and not self.is_free(now)

    def claimed(self, owner: str, *, now: datetime, lease_seconds: float) -> Hold:
        """Return the hold of a new owner; a lapsed lease counts as a failure of the old one."""
        if not self.is_free(now):
            raise LeaseLost(f"{self.owner} holds this work until {self.expires_at}")
        return Hold(
            fence=self.fence + 1,
            failures=self.failures + (self.owner is not None),
            owner=owner,
            expires_at=now + timedelta(seconds=lease_seconds),
        )

    def renewed(self, fence: int, *, now: datetime, lease_seconds: float) -> Hold:
        """Return the hold with a later end."""
        self.check(fence)
        return replace(self, expires_at=now + timedelta(seconds=lease_seconds))

    def freed(self, fence: int) -> Hold:
        """Return the hold given back without a failure: the worker ends, or the step is done."""
        self.check(fence)
        return replace(self, owner=None, expires_at=None)

    def stumbled(self, fence: int, *, until: datetime) -> Hold:
        """Return the hold given back after a failure that may pass, to rest for a while."""
        return replace(self.freed(fence), failures=self.failures + 1, expires_at=until)

    def check(self, fence: int) -> None:
        """Refuse whoever holds an older fence, or none."""
        if fence != self.fence or self.owner is None:
            raise LeaseLost(f"fence {fence} is stale; {self.owner or 'nobody'} holds {self.fence}")
