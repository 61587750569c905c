"""TO_CHAR of moments: what each element of a date model writes."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from oracle_standin.engine import instants
from oracle_standin.engine.errors import ora
from oracle_standin.engine.formats.date_models import Part, Piece, date_model
from oracle_standin.engine.instants import Clock, Zone

MONTHS = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER",
    "OCTOBER", "NOVEMBER", "DECEMBER",
)  # fmt: skip
DAYS = ("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
NOON = 12
DAYS_OF_WEEK = 7
THURSDAY = 4
LONGEST_MONTH = 9
DEFAULT_FRACTION = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A moment about to be written."""

    clock: Clock
    day_number: int
    fraction_digits: int
    """What a plain FF writes; -1 where the type has no fraction."""
    zone: Zone | None = None
    utc: int = 0

    @property
    def weekday(self) -> int:
        """0 for Sunday."""
        return (self.day_number + 1) % DAYS_OF_WEEK

    @property
    def day_of_year(self) -> int:
        """1 for 1 January."""
        return self.day_number - instants.instant(self.clock.year, 1, 1) // instants.DAY + 1

    @property
    def iso(self) -> tuple[int, int]:
        """ISO year and week."""
        monday_based = (self.weekday - 1) % DAYS_OF_WEEK
        thursday = self.day_number - monday_based + THURSDAY - 1
        year = instants.clock(thursday * instants.DAY).year
        first = instants.instant(year, 1, 1) // instants.DAY
        return year, (thursday - first) // DAYS_OF_WEEK + 1


def shown(at: int, *, fraction_digits: int, zone: Zone | None = None) -> Shown:
    """Prepare an instant for writing; with a zone, `at` is UTC."""
    there = at if zone is None else instants.local(at, zone)
    return Shown(
        clock=instants.clock(there),
        day_number=there // instants.DAY,
        fraction_digits=fraction_digits,
        zone=zone,
        utc=at,
    )


def write(moment: Shown, model: str) -> str:
    """Write a moment by a model."""
    written: list[str] = []
    fill = True
    for part in date_model(model):
        if part.piece is Piece.FILL:
            fill = not fill
        elif part.piece is Piece.TEXT:
            written.append(part.text)
        elif part.piece is Piece.ELEMENT:
            written.append(_element(moment, part, fill=fill))
    return "".join(written)


def _element(moment: Shown, part: Part, *, fill: bool) -> str:
    writer = WRITERS.get(part.text)
    if writer is None:
        raise ora(1821)
    text = writer(moment)
    if part.text in NAMES:
        text = _cased(text, part.written)
        return text if fill else text.rstrip(" ")
    if not fill and part.text not in UNTRIMMED:
        return _without_zeros(text)
    return text


def _without_zeros(text: str) -> str:
    sign = text[:1] if text[:1] in {"-", " "} else ""
    digits = text[len(sign) :]
    kept = digits.lstrip("0") or "0" if digits.isdigit() else digits
    return ("" if sign == " " else sign) + kept


def _cased(text: str, written: str) -> str:
    if written.isupper():
        return text
    return text.capitalize() if written[0].isupper() else text.lower()


def _year(moment: Shown, digits: int) -> str:
    return f"{abs(moment.clock.year):04d}"[-digits:]


def _signed_year(moment: Shown) -> str:
    return f"{'-' if moment.clock.year < 0 else ' '}{abs(moment.clock.year):04d}"


def _century(moment: Shown) -> int:
    return (abs(moment.clock.year) + 99) // 100


def _hour12(moment: Shown) -> str:
    return f"{moment.clock.hour % NOON or NOON:02d}"


def _fraction(moment: Shown, digits: int) -> str:
    if moment.fraction_digits < 0:
        raise ora(1821)
    return f"{moment.clock.nanosecond:09d}"[:digits]


def _cut_fraction(digits: int) -> Callable[[Shown], str]:
    return lambda moment: _fraction(moment, digits)


def _plain_fraction(moment: Shown) -> str:
    return _fraction(moment, moment.fraction_digits)


def _half(morning: str, afternoon: str) -> Callable[[Shown], str]:
    return lambda moment: morning if moment.clock.hour < NOON else afternoon


def _era(before: str, after: str) -> Callable[[Shown], str]:
    return lambda moment: before if moment.clock.year < 0 else after


def _offset(moment: Shown) -> int:
    if moment.zone is None:
        raise ora(1821)
    return instants.offset_minutes(moment.zone, moment.utc)


def _zone_hour(moment: Shown) -> str:
    offset = _offset(moment)
    return f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}"


def _zone_name(moment: Shown) -> str:
    _offset(moment)
    return instants.zone_text(moment.zone if moment.zone is not None else 0)


def _zone_abbreviation(moment: Shown) -> str:
    _offset(moment)
    if not isinstance(moment.zone, str) or not 1 < moment.clock.year < 9999:  # noqa: PLR2004 -- Python's calendar
        return ""
    start = date(moment.clock.year, moment.clock.month, moment.clock.day)
    of_day = timedelta(microseconds=moment.utc % instants.DAY // 1000)
    at = datetime(start.year, start.month, start.day, tzinfo=UTC) + of_day
    return at.astimezone(zoneinfo.ZoneInfo(moment.zone)).tzname() or ""


def _seconds_of_day(moment: Shown) -> str:
    now = moment.clock
    return f"{(now.hour * 60 + now.minute) * 60 + now.second:05d}"


def _day_name(moment: Shown) -> str:
    return DAYS[moment.weekday].ljust(LONGEST_MONTH)


WRITERS: dict[str, Callable[[Shown], str]] = {
    "SYYYY": _signed_year,
    "YYYY": lambda m: _year(m, 4),
    "RRRR": lambda m: _year(m, 4),
    "YYY": lambda m: _year(m, 3),
    "YY": lambda m: _year(m, 2),
    "RR": lambda m: _year(m, 2),
    "Y": lambda m: _year(m, 1),
    "Y,YYY": lambda m: f"{_year(m, 4)[0]},{_year(m, 4)[1:]}",
    "IYYY": lambda m: f"{m.iso[0]:04d}",
    "IYY": lambda m: f"{m.iso[0]:04d}"[-3:],
    "IY": lambda m: f"{m.iso[0]:04d}"[-2:],
    "I": lambda m: f"{m.iso[0]:04d}"[-1:],
    "CC": lambda m: f"{_century(m):02d}",
    "SCC": lambda m: f"{'-' if m.clock.year < 0 else ' '}{_century(m):02d}",
    "Q": lambda m: str((m.clock.month + 2) // 3),
    "MM": lambda m: f"{m.clock.month:02d}",
    "MON": lambda m: MONTHS[m.clock.month - 1][:3],
    "MONTH": lambda m: MONTHS[m.clock.month - 1].ljust(LONGEST_MONTH),
    "RM": lambda m: ROMAN[m.clock.month - 1].ljust(4),
    "WW": lambda m: f"{(m.day_of_year - 1) // DAYS_OF_WEEK + 1:02d}",
    "IW": lambda m: f"{m.iso[1]:02d}",
    "W": lambda m: str((m.clock.day - 1) // DAYS_OF_WEEK + 1),
    "DDD": lambda m: f"{m.day_of_year:03d}",
    "DD": lambda m: f"{m.clock.day:02d}",
    "D": lambda m: str(m.weekday + 1),
    "DAY": _day_name,
    "DY": lambda m: DAYS[m.weekday][:3],
    "J": lambda m: f"{m.day_number:07d}",
    "HH24": lambda m: f"{m.clock.hour:02d}",
    "HH12": _hour12,
    "HH": _hour12,
    "MI": lambda m: f"{m.clock.minute:02d}",
    "SS": lambda m: f"{m.clock.second:02d}",
    "SSSSS": _seconds_of_day,
    "FF": _plain_fraction,
    **{f"FF{digits}": _cut_fraction(digits) for digits in range(1, 10)},
    "AM": _half("AM", "PM"),
    "PM": _half("AM", "PM"),
    "A.M.": _half("A.M.", "P.M."),
    "P.M.": _half("A.M.", "P.M."),
    "AD": _era("BC", "AD"),
    "BC": _era("BC", "AD"),
    "A.D.": _era("B.C.", "A.D."),
    "B.C.": _era("B.C.", "A.D."),
    "TZH": _zone_hour,
    "TZM": lambda m: f"{abs(_offset(m)) % 60:02d}",
    "TZR": _zone_name,
    "TZD": _zone_abbreviation,
    "X": lambda _m: ".",
}
NAMES = {"MON", "MONTH", "RM", "DAY", "DY", "AM", "PM", "A.M.", "P.M.", "AD", "BC", "A.D.", "B.C."}
UNTRIMMED = {"FF", *(f"FF{n}" for n in range(1, 10)), "TZH", "TZM", "TZR", "TZD", "X"}
