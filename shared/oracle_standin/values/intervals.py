"""INTERVAL DAY TO SECOND and INTERVAL YEAR TO MONTH.

Every field is written with an excess, so that none is negative. All fields of a
negative interval are negative.
"""

from __future__ import annotations

from typing import NamedTuple

WIDE_EXCESS = 1 << 31
NARROW_EXCESS = 60


class IntervalDs(NamedTuple):
    """Days to nanoseconds."""

    days: int
    hours: int
    minutes: int
    seconds: int
    nanoseconds: int


class IntervalYm(NamedTuple):
    """Years and months."""

    years: int
    months: int


def encode_interval_ds(
    days: int, hours: int = 0, minutes: int = 0, seconds: int = 0, nanoseconds: int = 0
) -> bytes:
    """Write an INTERVAL DAY TO SECOND in its eleven bytes."""
    narrow = bytes(field + NARROW_EXCESS for field in (hours, minutes, seconds))
    return _wide(days) + narrow + _wide(nanoseconds)


def decode_interval_ds(content: bytes) -> IntervalDs:
    """Read an INTERVAL DAY TO SECOND."""
    hours, minutes, seconds = (byte - NARROW_EXCESS for byte in content[4:7])
    return IntervalDs(_unwide(content[:4]), hours, minutes, seconds, _unwide(content[7:11]))


def encode_interval_ym(years: int, months: int = 0) -> bytes:
    """Write an INTERVAL YEAR TO MONTH in its five bytes."""
    return _wide(years) + bytes((months + NARROW_EXCESS,))


def decode_interval_ym(content: bytes) -> IntervalYm:
    """Read an INTERVAL YEAR TO MONTH."""
    return IntervalYm(_unwide(content[:4]), content[4] - NARROW_EXCESS)


def _wide(field: int) -> bytes:
    return (field + WIDE_EXCESS).to_bytes(4, "big")


def _unwide(content: bytes) -> int:
    return int.from_bytes(content, "big") - WIDE_EXCESS
