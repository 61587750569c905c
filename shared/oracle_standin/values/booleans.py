"""BOOLEAN, known to the wire from 23ai on: true is two bytes, false one."""

from __future__ import annotations

from typing import Final

TRUE: Final = b"\x01\x01"
FALSE: Final = b"\x00"


def encode_boolean(*, value: bool) -> bytes:
    """Write a BOOLEAN."""
    return TRUE if value else FALSE


def decode_boolean(content: bytes) -> bool:
    """Read a BOOLEAN."""
    return content[-1] == 1
