"""BINARY_FLOAT and BINARY_DOUBLE: IEEE bytes turned so that they sort as numbers do.

The sign bit is flipped, and a negative number has every other bit flipped as well. Oracle keeps
neither a negative zero nor more than one NaN, so those are folded while writing.
"""

from __future__ import annotations

import math
import struct

SIGN = 0x80


def encode_binary_float(value: float) -> bytes:
    """Write a BINARY_FLOAT, rounded to single precision; OverflowError beyond its range."""
    return _ordered(struct.pack(">f", _folded(value)))


def decode_binary_float(content: bytes) -> float:
    """Read a BINARY_FLOAT."""
    (value,) = struct.unpack(">f", _plain(content))
    return float(value)


def encode_binary_double(value: float) -> bytes:
    """Write a BINARY_DOUBLE."""
    return _ordered(struct.pack(">d", _folded(value)))


def decode_binary_double(content: bytes) -> float:
    """Read a BINARY_DOUBLE."""
    (value,) = struct.unpack(">d", _plain(content))
    return float(value)


def _folded(value: float) -> float:
    return math.nan if math.isnan(value) else value + 0.0


def _ordered(ieee: bytes) -> bytes:
    if ieee[0] & SIGN:
        return bytes(byte ^ 0xFF for byte in ieee)
    return bytes((ieee[0] | SIGN,)) + ieee[1:]


def _plain(content: bytes) -> bytes:
    if content[0] & SIGN:
        return bytes((content[0] ^ SIGN,)) + content[1:]
    return bytes(byte ^ 0xFF for byte in content)
