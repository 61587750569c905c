"""Time zone regions: the numbers that stand for their names in a TIMESTAMP WITH TIME ZONE.

Oracle's numbers are those of V$TIMEZONE_NAMES. A few well-known ones are listed and are Oracle's;
every other name gets a number of our own from FIRST_OF_OURS on, in the order of the names. A
reader that knows Oracle's table will not know those, and the python-oracledb thin driver refuses
every region without looking at the number.
"""

from __future__ import annotations

import functools
import zoneinfo
from datetime import UTC, datetime, timedelta, tzinfo

ORACLES = {
    "America/New_York": 100,
    "America/Los_Angeles": 103,
    "Asia/Tokyo": 267,
    "Asia/Seoul": 273,
    "Australia/Sydney": 352,
    "Europe/London": 369,
    "Europe/Paris": 382,
    "Europe/Berlin": 383,
    "GMT": 513,
    "Asia/Kolkata": 772,
    "UTC": 5121,
}
FIRST_OF_OURS = 6144

YEARS_OF_DATETIME = range(2, 9999)


@functools.cache
def region_numbers() -> dict[str, int]:
    """Return each region's number by its name."""
    others = sorted(zoneinfo.available_timezones() - ORACLES.keys())
    return ORACLES | {name: number for number, name in enumerate(others, FIRST_OF_OURS)}


@functools.cache
def region_names() -> dict[int, str]:
    """Return each region's name by its number."""
    return {number: name for name, number in region_numbers().items()}


def offset_at_utc(region: str, *, year: int, month: int, day: int, minute_of_day: int) -> int:
    """Return a region's offset in minutes at a moment given in UTC.

    Years outside Python's calendar take the offset of the nearest year inside it.
    """
    utc = _near(year, month, UTC) + timedelta(days=day - 1, minutes=minute_of_day)
    return _minutes(utc.astimezone(zoneinfo.ZoneInfo(region)).utcoffset())


def offset_at_local(region: str, *, year: int, month: int, day: int, minute_of_day: int) -> int:
    """Return a region's offset in minutes at a moment given by its own clock.

    An hour that the clock shows twice is taken the first time.
    """
    local = _near(year, month, zoneinfo.ZoneInfo(region))
    return _minutes((local + timedelta(days=day - 1, minutes=minute_of_day)).utcoffset())


def _near(year: int, month: int, zone: tzinfo) -> datetime:
    near = min(max(year, YEARS_OF_DATETIME.start), YEARS_OF_DATETIME.stop - 1)
    return datetime(near, month, 1, tzinfo=zone)


def _minutes(offset: timedelta | None) -> int:
    """Drop the seconds that zones had before railways, as Oracle's offsets have none."""
    return 0 if offset is None else int(offset.total_seconds() / 60)
