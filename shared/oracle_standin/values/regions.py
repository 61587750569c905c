"""Time zone regions: the numbers that stand for their names in a TIMESTAMP WITH TIME ZONE.

Oracle's numbers are those behind V$TIMEZONE_NAMES. The usual ones are listed and are Oracle's, as a
client whose authors asked a real server has them; every other name gets a number of our own from
FIRST_OF_OURS on, in the order of the names. A reader that knows Oracle's table will not know those,
and the python-oracledb thin driver refuses every region without looking at the number.
"""

from __future__ import annotations

import functools
import zoneinfo
from datetime import UTC, datetime, timedelta, tzinfo

ORACLES = {
    "Africa/Cairo": 44,
    "Africa/Johannesburg": 72,
    "America/Argentina/Buenos_Aires": 687,
    "America/Chicago": 101,
    "America/Denver": 102,
    "America/Halifax": 120,
    "America/Los_Angeles": 103,
    "America/Mexico_City": 141,
    "America/New_York": 100,
    "America/Phoenix": 109,
    "America/Sao_Paulo": 188,
    "America/Toronto": 220,
    "Asia/Bangkok": 296,
    "Asia/Dubai": 298,
    "Asia/Ho_Chi_Minh": 813,
    "Asia/Hong_Kong": 254,
    "Asia/Jakarta": 261,
    "Asia/Jerusalem": 266,
    "Asia/Karachi": 284,
    "Asia/Kolkata": 772,
    "Asia/Kuala_Lumpur": 278,
    "Asia/Manila": 286,
    "Asia/Pyongyang": 274,
    "Asia/Riyadh": 288,
    "Asia/Seoul": 273,
    "Asia/Shanghai": 250,
    "Asia/Singapore": 292,
    "Asia/Taipei": 255,
    "Asia/Tehran": 264,
    "Asia/Tokyo": 267,
    "Australia/Melbourne": 351,
    "Australia/Sydney": 352,
    "CET": 366,
    "EST": 211,
    "Europe/Amsterdam": 396,
    "Europe/Athens": 385,
    "Europe/Berlin": 383,
    "Europe/Dublin": 371,
    "Europe/Istanbul": 407,
    "Europe/Lisbon": 399,
    "Europe/London": 369,
    "Europe/Madrid": 404,
    "Europe/Moscow": 402,
    "Europe/Paris": 382,
    "Europe/Rome": 387,
    "Europe/Stockholm": 405,
    "Europe/Vienna": 374,
    "Europe/Warsaw": 398,
    "Europe/Zurich": 406,
    "GMT": 513,
    "Japan": 779,
    "PRC": 762,
    "PST8PDT": 217,
    "Pacific/Auckland": 471,
    "Pacific/Honolulu": 450,
    "ROK": 785,
    "US/Central": 613,
    "US/Eastern": 612,
    "US/Pacific": 615,
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
