"""Moments as nanoseconds, so that they compare and add as numbers.

An instant is the nanoseconds since the start of day 0 of Oracle's day count, on the clock that
its type implies: its own for DATE and TIMESTAMP, UTC for the types with a time zone.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from oracle_standin.engine.errors import ora
from oracle_standin.values.days import date_of, day_number
from oracle_standin.values.moments import Moment
from oracle_standin.values.regions import offset_at_local, offset_at_utc, region_numbers

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MINUTES_OF_HOUR = 60
MONTHS_OF_YEAR = 12
FIRST = day_number(-4712, 1, 1) * DAY
LAST = (day_number(9999, 12, 31) + 1) * DAY - 1
WIDEST_ZONE = 15 * MINUTES_OF_HOUR

Zone = int | str
"""Minutes east of UTC, or a region's name."""


class Zoned:
    """A moment of TIMESTAMP WITH TIME ZONE: compares by its instant alone."""

    __slots__ = ("utc", "zone")

    def __init__(self, utc: int, zone: Zone) -> None:
        self.utc = utc
        self.zone = zone

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Zoned) and self.utc == other.utc

    def __hash__(self) -> int:
        return hash(self.utc)

    def __lt__(self, other: Zoned) -> bool:
        return self.utc < other.utc

    def __le__(self, other: Zoned) -> bool:
        return self.utc <= other.utc

    def __gt__(self, other: Zoned) -> bool:
        return self.utc > other.utc

    def __ge__(self, other: Zoned) -> bool:
        return self.utc >= other.utc


class Clock(NamedTuple):
    """What a clock and a calendar show."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int


def instant(year: int, month: int, day: int, nanoseconds: int = 0) -> int:
    """Return the instant of a date and the nanoseconds since its midnight."""
    return day_number(year, month, day) * DAY + nanoseconds


def clock(at: int) -> Clock:
    """Return what a clock shows at an instant."""
    days, rest = divmod(at, DAY)
    seconds, nanosecond = divmod(rest, SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return Clock(*_date_of(days), hour, minute, second, nanosecond)


@functools.lru_cache(maxsize=4096)
def _date_of(days: int) -> tuple[int, int, int]:
    return date_of(days)


def checked(at: int) -> int:
    """Return the instant where it lies within Oracle's calendar, raise ORA-01841 elsewhere."""
    if not FIRST <= at <= LAST:
        raise ora(1841)
    return at


def of_moment(moment: Moment) -> int:
    """Return the instant of a moment on its own clock."""
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return instant(moment.year, moment.month, moment.day, seconds * SECOND + moment.nanosecond)


def to_moment(at: int) -> Moment:
    """Return the moment that a clock shows at an instant."""
    return Moment(*clock(at))


def offset_minutes(zone: Zone, utc: int) -> int:
    """Return a zone's distance from UTC at an instant of UTC."""
    if isinstance(zone, int):
        return zone
    now = clock(utc)
    minute = now.hour * MINUTES_OF_HOUR + now.minute
    return offset_at_utc(zone, year=now.year, month=now.month, day=now.day, minute_of_day=minute)


def local(utc: int, zone: Zone) -> int:
    """Return what the zone's own clock shows at an instant of UTC."""
    return utc + offset_minutes(zone, utc) * MINUTE


def utc(at: int, zone: Zone) -> int:
    """Return the instant of UTC at which the zone's own clock shows `at`.

    Raises ORA-01878 where it never does, as in the hour that summer time leaves out.
    """
    if isinstance(zone, int):
        return at - zone * MINUTE
    now = clock(at)
    minute = now.hour * MINUTES_OF_HOUR + now.minute
    offset = offset_at_local(
        zone, year=now.year, month=now.month, day=now.day, minute_of_day=minute
    )
    there = at - offset * MINUTE
    if local(there, zone) != at:
        raise ora(1878)
    return there


def zone_named(text: str) -> Zone:
    """Read a time zone: +HH:MI, -HH:MI or a region's name; ORA-01882 for neither."""
    text = text.strip()
    if text[:1] in {"+", "-"} or text[:1].isdigit():
        return _offset_named(text)
    if text.upper() == "Z":
        return 0
    for name in (text, _capitalised(text)):
        if name in region_numbers():
            return name
    raise ora(1882)


def _offset_named(text: str) -> int:
    sign = -1 if text[0] == "-" else 1
    hours, _, minutes = text.lstrip("+-").partition(":")
    if not hours.isdigit() or (minutes and not minutes.isdigit()):
        raise ora(1882)
    total = int(hours) * MINUTES_OF_HOUR + int(minutes or 0)
    if total > WIDEST_ZONE:
        raise ora(1874)
    return sign * total


def _capitalised(text: str) -> str:
    if text.upper() in region_numbers():
        return text.upper()
    return "/".join("_".join(w.capitalize() for w in part.split("_")) for part in text.split("/"))


def zone_text(zone: Zone) -> str:
    """Write a time zone as SESSIONTIMEZONE does."""
    if isinstance(zone, str):
        return zone
    hours, minutes = divmod(abs(zone), MINUTES_OF_HOUR)
    return f"{'-' if zone < 0 else '+'}{hours:02d}:{minutes:02d}"


def last_day(year: int, month: int) -> int:
    """Return the last day of a month."""
    following = (year + month // MONTHS_OF_YEAR, month % MONTHS_OF_YEAR + 1, 1)
    return date_of(day_number(*following) - 1)[2]
