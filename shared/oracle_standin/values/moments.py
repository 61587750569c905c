"""DATE, TIMESTAMP and TIMESTAMP WITH TIME ZONE, from 4712 BC to 9999.

Seven bytes: century and year of the century, each plus 100 (and negative before Christ), month,
day, then hour, minute and second, each plus 1. A timestamp with a fraction appends its
nanoseconds in four bytes. With a time zone there are always thirteen bytes: the first eleven hold
the moment in UTC, the last two the offset (hour plus 20, minute plus 60) or, with the first one's
highest bit set, a region's number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from oracle_standin.values.days import date_of, day_number
from oracle_standin.values.regions import (
    offset_at_local,
    offset_at_utc,
    region_names,
    region_numbers,
)

EXCESS = 100
HOUR_EXCESS = 20
MINUTE_EXCESS = 60
REGION_MARK = 0x80
MINUTES_OF_HOUR = 60
MINUTES_OF_DAY = 24 * MINUTES_OF_HOUR
DATE_BYTES = 7
TIMESTAMP_BYTES = 11


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time as a clock shows it; years before Christ are negative.

    With a time zone the fields are the zone's own clock, and `offset_minutes` its distance from
    UTC. Where only a `region` is given, its offset at that moment is looked up.
    """

    year: int
    month: int
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    offset_minutes: int | None = None
    region: str | None = None


def encode_date(moment: Moment) -> bytes:
    """Write a DATE; a fraction of a second has no place in it and is cut off."""
    century = abs(moment.year) // EXCESS
    year = abs(moment.year) % EXCESS
    sign = -1 if moment.year < 0 else 1
    return bytes(
        (
            EXCESS + sign * century,
            EXCESS + sign * year,
            moment.month,
            moment.day,
            moment.hour + 1,
            moment.minute + 1,
            moment.second + 1,
        )
    )


def decode_date(content: bytes) -> Moment:
    """Read a DATE, or the date and whole second of any timestamp."""
    return Moment(
        (content[0] - EXCESS) * EXCESS + content[1] - EXCESS,
        content[2],
        content[3],
        content[4] - 1,
        content[5] - 1,
        content[6] - 1,
    )


def encode_timestamp(moment: Moment) -> bytes:
    """Write a TIMESTAMP: eleven bytes, or seven where the second has no fraction."""
    if not moment.nanosecond:
        return encode_date(moment)
    return encode_date(moment) + moment.nanosecond.to_bytes(4, "big")


def decode_timestamp(content: bytes) -> Moment:
    """Read a TIMESTAMP of either length."""
    moment = decode_date(content)
    if len(content) < TIMESTAMP_BYTES:
        return moment
    return replace(moment, nanosecond=int.from_bytes(content[DATE_BYTES:TIMESTAMP_BYTES], "big"))


def encode_timestamp_tz(moment: Moment) -> bytes:
    """Write a TIMESTAMP WITH TIME ZONE; a moment without a zone is taken as UTC.

    Raises KeyError for a region that nobody has named.
    """
    offset = _offset(moment)
    utc = shifted(moment, minutes=-offset)
    fields = encode_date(utc) + utc.nanosecond.to_bytes(4, "big")
    if moment.region is not None:
        number = region_numbers()[moment.region]
        return fields + bytes((REGION_MARK | number >> 6, (number & 0x3F) << 2))
    hours, minutes = divmod(abs(offset), MINUTES_OF_HOUR)
    sign = -1 if offset < 0 else 1
    return fields + bytes((HOUR_EXCESS + sign * hours, MINUTE_EXCESS + sign * minutes))


def decode_timestamp_tz(content: bytes) -> Moment:
    """Read a TIMESTAMP WITH TIME ZONE into its zone's own clock."""
    utc = decode_timestamp(content)
    region = None
    if content[11] & REGION_MARK:
        region = region_names()[(content[11] & 0x7F) << 6 | content[12] >> 2]
        offset = offset_at_utc(
            region,
            year=utc.year,
            month=utc.month,
            day=utc.day,
            minute_of_day=utc.hour * MINUTES_OF_HOUR + utc.minute,
        )
    else:
        offset = (content[11] - HOUR_EXCESS) * MINUTES_OF_HOUR + content[12] - MINUTE_EXCESS
    return replace(shifted(utc, minutes=offset), offset_minutes=offset, region=region)


def shifted(moment: Moment, *, minutes: int) -> Moment:
    """Move a moment's clock by minutes, over days and years where need be."""
    if not minutes:
        return moment
    of_day = moment.hour * MINUTES_OF_HOUR + moment.minute + minutes
    days, of_day = divmod(of_day, MINUTES_OF_DAY)
    year, month, day = date_of(day_number(moment.year, moment.month, moment.day) + days)
    hour, minute = divmod(of_day, MINUTES_OF_HOUR)
    return replace(moment, year=year, month=month, day=day, hour=hour, minute=minute)


def _offset(moment: Moment) -> int:
    if moment.offset_minutes is not None:
        return moment.offset_minutes
    if moment.region is None:
        return 0
    return offset_at_local(
        moment.region,
        year=moment.year,
        month=moment.month,
        day=moment.day,
        minute_of_day=moment.hour * MINUTES_OF_HOUR + moment.minute,
    )
