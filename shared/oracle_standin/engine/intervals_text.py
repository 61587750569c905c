"""Interval literals and how intervals are written."""

from __future__ import annotations

import re

from oracle_standin.engine import instants
from oracle_standin.engine.errors import ora

MONTHS = 12
UNITS = {
    "DAY": instants.DAY,
    "HOUR": instants.HOUR,
    "MINUTE": instants.MINUTE,
    "SECOND": instants.SECOND,
}
ORDER = ("DAY", "HOUR", "MINUTE", "SECOND")
LIMITS = {"HOUR": 24, "MINUTE": 60, "SECOND": 60}
YEAR_MONTH = re.compile(r"\s*([+-]?)(\d+)(?:-(\d+))?\s*")


def year_month(text: str, *, first: str = "YEAR", last: str = "MONTH") -> int:
    """Read an interval of years and months into months."""
    match = YEAR_MONTH.fullmatch(text)
    if match is None or ((match[3] is not None) != (first != last)):
        raise ora(1867)
    sign = -1 if match[1] == "-" else 1
    if first == last == "MONTH":
        return sign * int(match[2])
    months = int(match[3] or 0)
    if months >= MONTHS:
        raise ora(1843)
    return sign * (int(match[2]) * MONTHS + months)


def day_second(text: str, *, first: str = "DAY", last: str = "SECOND") -> int:
    """Read an interval of days to seconds into nanoseconds."""
    body = text.strip()
    sign = -1 if body.startswith("-") else 1
    fields = re.split(r"[ :]+", body.lstrip("+-"))
    units = ORDER[ORDER.index(first) : ORDER.index(last) + 1]
    if len(fields) != len(units):
        raise ora(1867)
    total = 0
    for index, (unit, written) in enumerate(zip(units, fields, strict=True)):
        amount = _nanoseconds(written, unit)
        if index and unit in LIMITS and amount >= LIMITS[unit] * UNITS[unit]:
            raise ora({"HOUR": 1850, "MINUTE": 1851}.get(unit, 1852))
        total += amount
    return sign * total


def _nanoseconds(written: str, unit: str) -> int:
    whole, _, fraction = written.partition(".")
    if not whole.isdigit() or (fraction and (unit != "SECOND" or not fraction.isdigit())):
        raise ora(1867)
    return int(whole) * UNITS[unit] + (int(fraction[:9].ljust(9, "0")) if fraction else 0)


def day_second_text(value: int, *, precision: int = 9, scale: int = 9) -> str:
    """Write an interval as TO_CHAR does: +02 03:04:05.000000."""
    sign = "-" if value < 0 else "+"
    days, rest = divmod(abs(value), instants.DAY)
    hours, rest = divmod(rest, instants.HOUR)
    minutes, rest = divmod(rest, instants.MINUTE)
    seconds, nanoseconds = divmod(rest, instants.SECOND)
    fraction = f".{nanoseconds:09d}"[: scale + 1] if scale else ""
    width = max(precision, 1)
    return f"{sign}{days:0{width}d} {hours:02d}:{minutes:02d}:{seconds:02d}{fraction}"


def year_month_text(value: int, *, precision: int = 9) -> str:
    """Write an interval as TO_CHAR does: +01-02."""
    years, months = divmod(abs(value), MONTHS)
    return f"{'-' if value < 0 else '+'}{years:0{max(precision, 1)}d}-{months:02d}"
