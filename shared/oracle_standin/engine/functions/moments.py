"""Functions on moments and intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from oracle_standin.engine import instants, intervals_text, kinds
from oracle_standin.engine.compiling.coercion import as_text, converted
from oracle_standin.engine.conversions import clock_of, zoned_of
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import settings_of
from oracle_standin.engine.formats.dates_out import DAYS, DAYS_OF_WEEK, shown
from oracle_standin.engine.functions import numbers
from oracle_standin.engine.functions.registry import built, counted, function
from oracle_standin.engine.instants import MONTHS_OF_YEAR, Clock, Zoned
from oracle_standin.engine.kinds import (
    DATE,
    INTERVAL_DS,
    INTERVAL_YM,
    NUMBER,
    Compiled,
    Frame,
    Value,
)
from oracle_standin.engine.settings import Settings
from oracle_standin.port import OracleType

TEXT = kinds.varchar()
DAYS_IN_MONTHS_BETWEEN = 31
HALF_MONTH = 16
HALF_YEAR = 7


def months_added(at: int, months: int) -> int:
    """Move a moment by months; the last day of a month stays the last day."""
    now = instants.clock(at)
    index = _years(now) * MONTHS_OF_YEAR + now.month - 1 + months
    year, month = _year_of(index // MONTHS_OF_YEAR), index % MONTHS_OF_YEAR + 1
    end = instants.last_day(year, month)
    ended = now.day == instants.last_day(now.year, now.month)
    return instants.checked(
        instants.instant(year, month, end if ended else min(now.day, end), at % instants.DAY)
    )


def interval_added(at: int, months: int) -> int:
    """Move a moment by a year-month interval; ORA-01839 where there is no such day."""
    now = instants.clock(at)
    index = _years(now) * MONTHS_OF_YEAR + now.month - 1 + months
    year, month = _year_of(index // MONTHS_OF_YEAR), index % MONTHS_OF_YEAR + 1
    if now.day > instants.last_day(year, month):
        raise ora(1839)
    return instants.checked(instants.instant(year, month, now.day, at % instants.DAY))


def _years(now: Clock) -> int:
    """Count years without a gap between 1 BC and 1 AD."""
    return now.year if now.year > 0 else now.year + 1


def _year_of(years: int) -> int:
    return years if years > 0 else years - 1


@function("ADD_MONTHS", DATE, NUMBER, gives=DATE)
def add_months(_settings: Settings, at: int, months: Decimal) -> int:
    """Move a date by months."""
    return months_added(at, int(months))


@function("LAST_DAY", DATE, gives=DATE)
def last_day(_settings: Settings, at: int) -> int:
    """Return the last day of a date's month, at the same time of day."""
    now = instants.clock(at)
    end = instants.last_day(now.year, now.month)
    return at + (end - now.day) * instants.DAY


@function("NEXT_DAY", DATE, TEXT, gives=DATE)
def next_day(_settings: Settings, at: int, name: str) -> int:
    """Return the first such weekday after a date."""
    wanted = [i for i, day in enumerate(DAYS) if day[:3] == name.strip().upper()[:3]]
    if not wanted:
        raise ora(1846)
    ahead = (wanted[0] - shown(at, fraction_digits=-1).weekday - 1) % DAYS_OF_WEEK + 1
    return at + ahead * instants.DAY


@function("MONTHS_BETWEEN", DATE, DATE, gives=NUMBER)
def months_between(_settings: Settings, later: int, earlier: int) -> Decimal:
    """Count the months between dates, the fraction in 31sts."""
    a, b = instants.clock(later), instants.clock(earlier)
    months = (a.year - b.year) * MONTHS_OF_YEAR + a.month - b.month
    ends = all(one.day == instants.last_day(one.year, one.month) for one in (a, b))
    if a.day == b.day or ends:
        return Decimal(months)
    days = Decimal((a.day - b.day) * instants.DAY + later % instants.DAY - earlier % instants.DAY)
    part = numbers.WIDE.divide(days, Decimal(DAYS_IN_MONTHS_BETWEEN * instants.DAY))
    return numbers.kept(numbers.WIDE.add(Decimal(months), part))


@built("TRUNC")
def trunc(arguments: Sequence[Compiled]) -> Compiled:
    """Make TRUNC of a number or of a moment."""
    return _cut(arguments, up=False)


@built("ROUND")
def round_(arguments: Sequence[Compiled]) -> Compiled:
    """Make ROUND of a number or of a moment."""
    return _cut(arguments, up=True)


def _cut(arguments: Sequence[Compiled], *, up: bool) -> Compiled:
    counted(arguments, 1, 2)
    if arguments[0].type.type in kinds.MOMENTS:
        return _cut_moment(arguments, up=up)
    body = numbers.rounded if up else numbers.truncated
    if arguments[0].type.type in kinds.FLOATS and len(arguments) == 1:
        kind = arguments[0].type
        inner = arguments[0].run
        return Compiled(type=kind, run=lambda frame: _float_cut(inner(frame), up=up))
    fitted = [converted(one, NUMBER).run for one in arguments]

    def run(frame: Frame) -> Value:
        values = [one(frame) for one in fitted]
        return None if None in values else body(*values)

    return Compiled(type=NUMBER, run=run)


def _float_cut(value: float | None, *, up: bool) -> float | None:
    if value is None or value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 -- NaN alone differs
        return value
    return float(round(value)) if up else float(math.trunc(value))


def _cut_moment(arguments: Sequence[Compiled], *, up: bool) -> Compiled:
    source = converted(arguments[0], DATE).run
    model = as_text(arguments[1]).run if len(arguments) > 1 else None

    def run(frame: Frame) -> Value:
        at = source(frame)
        unit = "DD" if model is None else model(frame)
        if at is None or unit is None:
            return None
        return cut_to(at, unit.upper(), up=up)

    return Compiled(type=DATE, run=run)


def cut_to(at: int, unit: str, *, up: bool = False) -> int:
    """Cut a date to a unit, or round it."""
    now = instants.clock(at)
    day = at // instants.DAY * instants.DAY
    half = at % instants.DAY >= instants.DAY // 2
    if unit in {"DD", "DDD", "J"}:
        return day + (instants.DAY if up and half else 0)
    if unit in {"HH", "HH12", "HH24", "MI"}:
        step = instants.MINUTE if unit == "MI" else instants.HOUR
        return (at + (step // 2 if up else 0)) // step * step
    if unit in WEEK_STARTS:
        return _cut_to_week(at, WEEK_STARTS[unit](now, at // instants.DAY), up=up)
    return _cut_to_months(now, unit, up=up)


WEEK_STARTS: dict[str, Callable[[Clock, int], int]] = {
    **dict.fromkeys(("DAY", "DY", "D"), lambda _now, day: (day + 1) % DAYS_OF_WEEK),
    "IW": lambda _now, day: day % DAYS_OF_WEEK,
    "W": lambda now, _day: (now.day - 1) % DAYS_OF_WEEK,
    "WW": lambda now, day: (day - instants.instant(now.year, 1, 1) // instants.DAY) % DAYS_OF_WEEK,
}
"""How many days a day lies behind the start of its week, by the model of the week."""


def _cut_to_week(at: int, since: int, *, up: bool) -> int:
    day = at // instants.DAY
    start = (day - since) * instants.DAY
    half = at - start >= DAYS_OF_WEEK * instants.DAY // 2
    return start + (DAYS_OF_WEEK * instants.DAY if up and half else 0)


def _cut_to_months(now: Clock, unit: str, *, up: bool) -> int:
    if unit in {"MM", "MON", "MONTH", "RM"}:
        start = instants.instant(now.year, now.month, 1)
        return months_added(start, int(up and now.day >= HALF_MONTH))
    if unit == "Q":
        first = (now.month - 1) // 3 * 3 + 1
        start = instants.instant(now.year, first, 1)
        late = now.month > first + 1 or (now.month == first + 1 and now.day >= HALF_MONTH)
        return months_added(start, 3 * int(up and late))
    if unit in {"YYYY", "YEAR", "YY", "Y", "SYYYY", "YYY", "SYEAR"}:
        start = instants.instant(now.year, 1, 1)
        return months_added(start, MONTHS_OF_YEAR * int(up and now.month >= HALF_YEAR))
    if unit in {"CC", "SCC"}:
        if up:
            raise not_done_here(f"ROUND to {unit}")
        return instants.instant((now.year - 1) // 100 * 100 + 1, 1, 1)
    raise ora(1821)


FIELDS = {
    "YEAR": lambda now: now.year,
    "MONTH": lambda now: now.month,
    "DAY": lambda now: now.day,
    "HOUR": lambda now: now.hour,
    "MINUTE": lambda now: now.minute,
}


def extract(field: str, given: Compiled) -> Compiled:
    """Make EXTRACT(field FROM moment or interval)."""
    if given.type.type in kinds.INTERVALS:
        return _extract_from_interval(field, given)
    if given.type.type not in kinds.MOMENTS:
        raise ora(30076)
    if field in {"TIMEZONE_REGION", "TIMEZONE_ABBR", "TIMEZONE_HOUR", "TIMEZONE_MINUTE"}:
        return _extract_zone(field, given)
    _checked_field(field, given)
    kind, run = given.type, given.run
    in_utc = kind.type in kinds.ZONED

    def value(frame: Frame) -> Value:
        at = run(frame)
        if at is None:
            return None
        settings = settings_of(frame)
        now = instants.clock(
            zoned_of(at, kind, settings).utc if in_utc else clock_of(at, kind, settings)
        )
        if field == "SECOND":
            return Decimal(now.second) + Decimal(now.nanosecond).scaleb(-9)
        return Decimal(FIELDS[field](now))

    return Compiled(type=NUMBER, run=value)


def _checked_field(field: str, given: Compiled) -> None:
    of_day = field in {"HOUR", "MINUTE", "SECOND"}
    if given.type.type is OracleType.DATE and of_day:
        raise ora(30076)
    if field not in FIELDS and not of_day:
        raise ora(30076)


def _extract_zone(field: str, given: Compiled) -> Compiled:
    if given.type.type is not OracleType.TIMESTAMP_TZ:
        raise ora(30076)
    run = given.run

    def value(frame: Frame) -> Value:
        zoned = run(frame)
        if zoned is None:
            return None
        offset = instants.offset_minutes(zoned.zone, zoned.utc)
        sign = -1 if offset < 0 else 1
        if field == "TIMEZONE_HOUR":
            return Decimal(sign * (abs(offset) // 60))
        if field == "TIMEZONE_MINUTE":
            return Decimal(sign * (abs(offset) % 60))
        return zoned.zone if isinstance(zoned.zone, str) else "UNKNOWN"

    is_text = field in {"TIMEZONE_REGION", "TIMEZONE_ABBR"}
    return Compiled(type=kinds.varchar(64) if is_text else NUMBER, run=value)


def _extract_from_interval(field: str, given: Compiled) -> Compiled:
    run = given.run
    of_months = given.type.type is OracleType.INTERVAL_YM
    if field not in ({"YEAR", "MONTH"} if of_months else set(intervals_text.UNITS)):
        raise ora(30076)

    def value(frame: Frame) -> Value:
        whole = run(frame)
        if whole is None:
            return None
        sign = -1 if whole < 0 else 1
        if of_months:
            years, months = divmod(abs(whole), MONTHS_OF_YEAR)
            return Decimal(sign * (years if field == "YEAR" else months))
        part = abs(whole)
        for unit, size in intervals_text.UNITS.items():
            amount, rest = divmod(part, size)
            if unit == field:
                fraction = Decimal(rest).scaleb(-9) if unit == "SECOND" else Decimal(0)
                return sign * (Decimal(amount) + fraction)
            part = rest
        raise ora(30076)

    return Compiled(type=NUMBER, run=value)


@function("FROM_TZ", kinds.TIMESTAMP, TEXT, gives=kinds.TIMESTAMP_TZ)
def from_tz(_settings: Settings, at: int, zone: str) -> Zoned:
    """Put a clock's time into a time zone."""
    there = instants.zone_named(zone)
    return Zoned(instants.utc(at, there), there)


@function("SYS_EXTRACT_UTC", kinds.TIMESTAMP_TZ, gives=kinds.TIMESTAMP)
def sys_extract_utc(_settings: Settings, moment: Zoned) -> int:
    """Return what a clock in UTC shows."""
    return moment.utc


@function("TZ_OFFSET", TEXT, gives=kinds.varchar(7))
def tz_offset(settings: Settings, zone: str) -> str:
    """Return a zone's distance from UTC now."""
    return instants.zone_text(instants.offset_minutes(instants.zone_named(zone), settings.now))


MINUTES_OF_ZONE = {
    "AST": -240, "ADT": -180, "BST": -660, "BDT": -600, "CST": -360, "CDT": -300, "EST": -300,
    "EDT": -240, "GMT": 0, "HST": -600, "HDT": -540, "MST": -420, "MDT": -360, "NST": -210,
    "PST": -480, "PDT": -420, "YST": -540, "YDT": -480,
}  # fmt: skip
"""The zones that NEW_TIME knows, whatever the season."""


@function("NEW_TIME", DATE, TEXT, TEXT, gives=DATE)
def new_time(_settings: Settings, at: int, here: str, there: str) -> int:
    """Move a date from one zone's clock to another's."""
    try:
        minutes = MINUTES_OF_ZONE[there.upper()] - MINUTES_OF_ZONE[here.upper()]
    except KeyError:
        raise ora(1857) from None
    return at + minutes * instants.MINUTE


@function("NUMTODSINTERVAL", NUMBER, TEXT, gives=INTERVAL_DS)
def numtodsinterval(_settings: Settings, amount: Decimal, unit: str) -> int:
    """Return so many days, hours, minutes or seconds."""
    size = intervals_text.UNITS.get(unit.strip().upper())
    if size is None:
        raise ora(1428, unit)
    return int(numbers.rounded(numbers.EXACT.multiply(amount, Decimal(size))))


@function("NUMTOYMINTERVAL", NUMBER, TEXT, gives=INTERVAL_YM)
def numtoyminterval(_settings: Settings, amount: Decimal, unit: str) -> int:
    """Return so many years or months."""
    size = {"YEAR": MONTHS_OF_YEAR, "MONTH": 1}.get(unit.strip().upper())
    if size is None:
        raise ora(1428, unit)
    return int(numbers.rounded(numbers.EXACT.multiply(amount, Decimal(size))))


def _insist_on_sql_form(text: str) -> None:
    if text.strip().upper().lstrip("-").startswith("P"):
        raise not_done_here("intervals in the form of ISO 8601")


@function("TO_DSINTERVAL", TEXT, gives=INTERVAL_DS)
def to_dsinterval(_settings: Settings, text: str) -> int:
    """Read an interval of days to seconds."""
    _insist_on_sql_form(text)
    return intervals_text.day_second(text)


@function("TO_YMINTERVAL", TEXT, gives=INTERVAL_YM)
def to_yminterval(_settings: Settings, text: str) -> int:
    """Read an interval of years and months."""
    _insist_on_sql_form(text)
    return intervals_text.year_month(text)
