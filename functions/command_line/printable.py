"""Values as a person reads them, in one line and with nothing that a terminal would obey."""

from __future__ import annotations

import json

_SIZES = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000
_MINUTE = 60
_HOUR = 3600


def printable(value: object) -> str:
    """Return any value of an answer as text; control characters are shown, not sent."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            text = value
        case int() | float():
            text = str(value)
        case _:
            text = json.dumps(value, ensure_ascii=False, default=str)
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def count(number: float | None) -> str:
    """Return a number of things with its thousands apart."""
    return "" if number is None else f"{round(number):,}"


def size(number: float | None) -> str:
    """Return a number of bytes in the unit that suits it."""
    if number is None:
        return ""
    for unit in _SIZES[:-1]:
        if number < _THOUSAND:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= _THOUSAND
    return f"{number:.1f} {_SIZES[-1]}"


def duration(seconds: float | None) -> str:
    """Return a time span as 12.3 s, 2:03 or 1:02:03."""
    if seconds is None:
        return ""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, _MINUTE)
    if whole < _HOUR:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // _MINUTE}:{minutes % _MINUTE:02d}:{rest:02d}"


def moment(iso: str | None) -> str:
    """Return the API's time to the second, in UTC as it came."""
    return "" if iso is None else f"{iso[:19].replace('T', ' ')}Z"


def percent(share: float | None) -> str:
    """Return a share of a hundred."""
    return "" if share is None else f"{share:.0f} %"
