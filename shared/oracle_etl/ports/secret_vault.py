"""Where secrets are kept."""

from __future__ import annotations

from typing import Protocol


class SecretVault(Protocol):
    """Where secrets are fetched when they are needed, and not before."""

    def secret(self, reference: str) -> bytes:
        """Return the secret's bytes."""
        ...
