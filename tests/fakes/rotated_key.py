"""A key of hash masks that comes late, or is rotated."""

from __future__ import annotations


class RotatedKey:
    """Gives the key of now."""

    def __init__(self, now: bytes | None = None) -> None:
        self.now = now

    def __call__(self) -> bytes | None:
        return self.now
