"""TO_DATE and TO_TIMESTAMP: text read by a date model."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from oracle_standin.engine import instants
from oracle_standin.engine.errors import ora
from oracle_standin.engine.formats.date_models import Part, Piece, date_model
from oracle_standin.engine.formats.dates_out import DAYS, MONTHS, ROMAN
from oracle_standin.engine.instants import Zone
from oracle_standin.values.days import YEAR_0

NOON = 12
CENTURY = 100
HALF_CENTURY = 50
MONTHS_OF_YEAR = 12
LAST_YEAR = 9999
FIRST_YEAR = -4712
FIRST_JULIAN, LAST_JULIAN = 1, 5373484
WIDTHS = {
    "SYYYY": 4, "YYYY": 4, "YYY": 3, "YY": 2, "Y": 1, "RRRR": 4, "RR": 2, "MM": 2, "DD": 2,
    "DDD": 3, "D": 1, "HH24": 2, "HH12": 2, "HH": 2, "MI": 2, "SS": 2, "SSSSS": 5, "J": 7,
}  # fmt: skip
RANGES = {
    "MM": (1, 12, 1843), "DD": (1, 31, 1847), "DDD": (1, 366, 1848), "HH24": (0, 23, 1850),
    "HH12": (1, 12, 1849), "HH": (1, 12, 1849), "MI": (0, 59, 1851), "SS": (0, 59, 1852),
    "SSSSS": (0, 86399, 1853), "D": (1, 7, 1846),
}  # fmt: skip

LONGER_YEARS = {"YY": "YYYY", "RR": "RRRR"}
"""What Oracle tries where a short year does not fit the text."""
WHOLE_YEAR = r"\d{4}(?!\d)"


@dataclass(frozen=True, slots=True)
class ReadMoment:
    """What a text said: an instant on its own clock, and a zone where it named one."""

    at: int
    zone: Zone | None


@dataclass(slots=True)
class _Reading:
    """The text being read, and what it has said so far."""

    text: str
    this_year: int
    exact: bool = False
    padded: bool = True
    """Whether FX insists on leading zeros: FM lets them go."""
    position: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    zone: Zone | None = None

    @property
    def rest(self) -> str:
        return self.text[self.position :]

    def take(self, pattern: str) -> str | None:
        match = re.compile(pattern, re.IGNORECASE).match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        return match[0]


def read(text: str, model: str, *, today: instants.Clock) -> ReadMoment:
    """Read a moment by a model; year and month left out are today's, the day is the first."""
    reading = _Reading(text, today.year)
    for part in date_model(model):
        if part.piece is Piece.EXACT:
            reading.exact = not reading.exact
        elif part.piece is Piece.FILL:
            reading.padded = not reading.padded
        elif part.piece is Piece.TEXT:
            _literal(reading, part)
        elif part.piece is Piece.ELEMENT:
            _element(reading, part.text)
    if reading.rest.strip():
        raise ora(1830)
    return ReadMoment(_instant(reading, today), reading.zone)


def _literal(reading: _Reading, part: Part) -> None:
    if part.written:
        if not reading.rest.startswith(part.text):
            raise ora(1861)
        reading.position += len(part.text)
        return
    if reading.exact:
        if not reading.rest.startswith(part.text):
            raise ora(1861)
        reading.position += 1
        return
    if part.text.isspace():
        reading.take(r"\s*")
        return
    reading.take(r"\s*(?![+-]\d)[^\w\s]") or reading.take(r"\s+") or reading.take(r"[^\w\s]")


def _element(reading: _Reading, element: str) -> None:
    if not reading.rest and element not in OPTIONAL:
        raise ora(1840)
    if not reading.rest.strip():
        return
    special = READERS.get(element)
    if special is not None:
        special(reading)
    elif not reading.rest.strip():
        return
    elif element in WIDTHS:
        _digits(reading, element)
    elif element.startswith("FF"):
        _fraction(reading, element)
    else:
        raise ora(1820)


def _digits(reading: _Reading, element: str) -> None:
    if not reading.exact:
        reading.take(r"\s*")
    sign = 1
    if element == "SYYYY":
        sign = -1 if (reading.take(r"[-+ ]") or "").startswith("-") else 1
    if element == "MM" and reading.rest[:1].isalpha() and not reading.exact:
        _month_name(reading)
        return
    width = WIDTHS[element]
    whole = None if reading.exact or element not in LONGER_YEARS else reading.take(WHOLE_YEAR)
    taken = whole or reading.take(rf"\d{{1,{width}}}")
    if taken is None:
        raise ora(1858)
    if reading.exact and reading.padded and len(taken) != width:
        raise ora(1862)
    value = sign * int(taken)
    if element in RANGES:
        low, high, code = RANGES[element]
        if not low <= value <= high:
            raise ora(code)
    name, value = _normalised(
        LONGER_YEARS[element] if whole else element, value, len(taken), reading.this_year
    )
    reading.fields[name] = value


def _normalised(element: str, value: int, digits: int, this_year: int) -> tuple[str, int]:
    """Return the field that an element fills, with short years made whole."""
    if element in {"RR", "RRRR"} and digits <= 2:  # noqa: PLR2004 -- two-digit years
        return "year", _nearest_year(value, this_year)
    if element in {"YYY", "YY", "Y"}:
        span = 10 ** len(element)
        return "year", this_year // span * span + value
    names = {"SYYYY": "year", "YYYY": "year", "RRRR": "year", "HH": "HH12"}
    return names.get(element, element), value


def _nearest_year(value: int, this_year: int) -> int:
    century = this_year // CENTURY
    if value < HALF_CENTURY <= this_year % CENTURY:
        century += 1
    elif this_year % CENTURY < HALF_CENTURY <= value:
        century -= 1
    return century * CENTURY + value


def _fraction(reading: _Reading, element: str) -> None:
    most = int(element[2:] or 9)
    taken = reading.take(rf"\d{{1,{most}}}")
    if taken is None:
        if reading.exact:
            raise ora(1858)
        taken = "0"
    reading.fields["nanosecond"] = int(taken.ljust(9, "0"))


def _month_name(reading: _Reading) -> None:
    reading.take(r"\s*")
    for number, name in enumerate(MONTHS, 1):
        if reading.take(name) or reading.take(name[:3]):
            reading.fields["MM"] = number
            reading.take(r"\s*") if not reading.exact else None
            return
    raise ora(1843)


def _roman(reading: _Reading) -> None:
    taken = reading.take(r"[IVX]+")
    if taken is None or taken.upper() not in ROMAN:
        raise ora(1843)
    reading.fields["MM"] = ROMAN.index(taken.upper()) + 1


def _day_name(reading: _Reading) -> None:
    for weekday, name in enumerate(DAYS):
        if reading.take(name) or reading.take(name[:3]):
            reading.fields["weekday"] = weekday
            return
    raise ora(1846)


def _half_day(reading: _Reading) -> None:
    taken = reading.take(r"\s*[ap]\.?m\.?")
    if taken is None:
        raise ora(1855)
    reading.fields["afternoon"] = int("P" in taken.upper())


def _era(reading: _Reading) -> None:
    taken = reading.take(r"\s*(a\.?d\.?|b\.?c\.?)")
    if taken is None:
        raise ora(1856)
    reading.fields["before_christ"] = int("B" in taken.upper())


def _zone_hour(reading: _Reading) -> None:
    taken = reading.take(r"\s*[+-]?\d{1,2}")
    if taken is None:
        raise ora(1858)
    reading.zone = int(taken) * 60
    reading.fields["zone_sign"] = -1 if "-" in taken else 1


def _zone_minute(reading: _Reading) -> None:
    taken = reading.take(r"\d{1,2}")
    if taken is None:
        raise ora(1858)
    hours = reading.zone if isinstance(reading.zone, int) else 0
    reading.zone = hours + reading.fields.get("zone_sign", 1) * int(taken)


def _zone_region(reading: _Reading) -> None:
    taken = reading.take(r"\s*[\w/+:\-]+")
    if taken is None:
        raise ora(1882)
    reading.zone = instants.zone_named(taken)


def _radix(reading: _Reading) -> None:
    reading.take(r"[.,]")


def _daylight(reading: _Reading) -> None:
    reading.take(r"\s*[A-Z]*")


READERS: dict[str, Callable[[_Reading], None]] = {
    "MON": _month_name,
    "MONTH": _month_name,
    "RM": _roman,
    "DAY": _day_name,
    "DY": _day_name,
    **dict.fromkeys(("AM", "PM", "A.M.", "P.M."), _half_day),
    **dict.fromkeys(("AD", "BC", "A.D.", "B.C."), _era),
    "TZH": _zone_hour,
    "TZM": _zone_minute,
    "TZR": _zone_region,
    "TZD": _daylight,
    "X": _radix,
}
OPTIONAL = {
    "HH24", "HH12", "HH", "MI", "SS", "TZD", "X", "FF", *(f"FF{n}" for n in range(1, 10)),
}  # fmt: skip


def _instant(reading: _Reading, today: instants.Clock) -> int:
    said = reading.fields
    at = _said(said, today)
    weekday = (at // instants.DAY + 1) % len(DAYS)
    if said.get("weekday", weekday) != weekday:
        raise ora(1835)
    return at


def _julian(day: int) -> int:
    """Return a day's number; ORA-01854 outside the calendar, ORA-01841 in a year that is none."""
    if not FIRST_JULIAN <= day <= LAST_JULIAN:
        raise ora(1854)
    if day in YEAR_0:
        raise ora(1841)
    return day


def _said(said: dict[str, int], today: instants.Clock) -> int:
    year = said.get("year", today.year)
    if said.get("before_christ"):
        year = -abs(year)
    if year == 0 or not FIRST_YEAR <= year <= LAST_YEAR:
        raise ora(1841)
    of_day = _time_of_day(said)
    if "J" in said:
        return _julian(said["J"]) * instants.DAY + of_day
    if "DDD" in said:
        days = instants.instant(year, 12, 31) - instants.instant(year, 1, 1)
        if said["DDD"] > days // instants.DAY + 1:
            raise ora(1848)
        return instants.instant(year, 1, 1) + (said["DDD"] - 1) * instants.DAY + of_day
    month = said.get("MM", today.month)
    day = said.get("DD", 1)
    if day > instants.last_day(year, month):
        raise ora(1839)
    return instants.instant(year, month, day, of_day)


def _time_of_day(said: dict[str, int]) -> int:
    if "SSSSS" in said:
        return said["SSSSS"] * instants.SECOND + said.get("nanosecond", 0)
    hour = said.get("HH24", 0)
    if "HH12" in said:
        hour = said["HH12"] % NOON + NOON * said.get("afternoon", 0)
    seconds = (hour * 60 + said.get("MI", 0)) * 60 + said.get("SS", 0)
    return seconds * instants.SECOND + said.get("nanosecond", 0)
