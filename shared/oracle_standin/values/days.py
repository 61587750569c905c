"""Days counted as Oracle counts them: Julian before 15 October 1582, Gregorian from then on.

Day 1 is 1 January 4712 BC. Years before Christ are negative, and the count passes through a year 0
of 366 days that Oracle's dates do not have: only arithmetic leads there. For day 1 to be the first
of the year -4712, that leap year has lost its 29 February.
"""

from __future__ import annotations

GREGORIAN_FROM = 2299161
"""15 October 1582, the day after 4 October 1582."""

YEAR_0 = range(1721058, 1721424)
FIRST_OF_MARCH_OF_YEAR_4712_BC = 60


def day_number(year: int, month: int, day: int) -> int:
    """Return the day's number; the ten days that the reform dropped count from its start."""
    shift = (14 - month) // 12
    years = year + 4800 - shift
    months = month + 12 * shift - 3
    julian = day + (153 * months + 2) // 5 + 365 * years + years // 4 - 32083
    gregorian = julian + 38 - years // 100 + years // 400
    if gregorian >= GREGORIAN_FROM:
        return gregorian
    if julian >= GREGORIAN_FROM:
        return GREGORIAN_FROM
    return julian if julian >= FIRST_OF_MARCH_OF_YEAR_4712_BC else julian + 1


def date_of(number: int) -> tuple[int, int, int]:
    """Return the year, month and day of a day's number."""
    if number >= GREGORIAN_FROM:
        since = number + 32044
        century = (4 * since + 3) // 146097
        rest = since - 146097 * century // 4
    else:
        century = 0
        rest = (number if number >= FIRST_OF_MARCH_OF_YEAR_4712_BC else number - 1) + 32082
    years = (4 * rest + 3) // 1461
    day_of_year = rest - 1461 * years // 4
    months = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * months + 2) // 5 + 1
    return 100 * century + years - 4800 + months // 10, months + 3 - 12 * (months // 10), day
