"""CRC-32C as Cloud Storage writes it."""

from __future__ import annotations

import base64

import google_crc32c


def to_text(crc32c: int) -> str:
    """Return base64 of the four bytes, high byte first."""
    return base64.b64encode(crc32c.to_bytes(4, "big")).decode()


def from_text(text: str) -> int:
    """Read what `to_text` wrote."""
    return int.from_bytes(base64.b64decode(text, validate=True), "big")


def extended(crc32c: int, content: bytes) -> int:
    """Return the checksum after more bytes; that of nothing is 0."""
    return int(google_crc32c.extend(crc32c, content))
