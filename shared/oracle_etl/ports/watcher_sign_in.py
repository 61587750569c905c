"""How watchers sign in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherToken:
    """What a watcher signs in with."""

    text: str = field(repr=False)
    expires_at: datetime


class WatcherSignIn(Protocol):
    """Lets people watch a tenant's progress where it is written."""

    def token(self, *, tenant: str) -> WatcherToken:
        """Return a token with which its bearer may read one tenant's progress, and no more."""
        ...
