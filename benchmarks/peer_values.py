"""What became of the values: each of a peer's lines beside the row that it was made of.

Values are compared as values; how a number, a moment or bytes are spelt is left to the peer.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from benchmarks.cases import Case, Value
from oracle_standin.values.moments import Moment

_SECOND = 10**9
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<clock>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?\Z"
)
_UTC_SIGNS = ("", "Z", "UTC")


def differences(case: Case, lines: Iterable[bytes]) -> Iterator[int]:
    """Yield for each line how many values are not those of the source."""
    for number, line in enumerate(lines):
        parsed = json.loads(line, parse_float=Decimal)
        given = {name.upper(): value for name, value in parsed.items()}
        # The replay repeats its pool of rows.
        wanted = case.row(number % min(case.pool, case.rows))
        yield sum(
            not is_same(given.get(column.name), value)
            for column, value in zip(case.columns, wanted, strict=True)
        )


def is_same(given: Any, wanted: Value) -> bool:  # noqa: ANN401  whatever a peer wrote
    """Tell whether a value came through."""
    if given is None or wanted is None:
        return given is None and wanted is None
    match wanted:
        case int() | Decimal():
            return _number(given) == wanted
        case Moment():
            return _instant(given) == _nanoseconds(wanted)
        case datetime():
            # A DATE has no zone: whatever a peer says of one is its way of spelling.
            return _clock(given) == _clock(wanted.isoformat(timespec="microseconds"))
        case bytes():
            return wanted in _octets(given)
        case str():
            return bool(given == wanted)


def _number(given: Any) -> Decimal | None:  # noqa: ANN401  as above
    try:
        return Decimal(str(given))
    except InvalidOperation:
        return None


def _octets(given: Any) -> tuple[bytes, ...]:  # noqa: ANN401  as above
    """Return what a text may stand for: hexadecimal digits, or base64."""
    read = []
    for decode in (bytes.fromhex, lambda text: base64.b64decode(text, validate=True)):
        try:
            read.append(decode(str(given)))
        except (ValueError, binascii.Error):
            continue
    return tuple(read)


def _instant(given: Any) -> int | None:  # noqa: ANN401  as above
    """Return nanoseconds since 1970 in UTC; a moment without a zone is taken as UTC."""
    clock = _clock(given)
    return None if clock is None else clock - _offset_seconds(str(given)) * _SECOND


def _clock(given: Any) -> int | None:  # noqa: ANN401  as above
    """Return nanoseconds since 1970 as the clock shows them; a number counts seconds."""
    if isinstance(given, int | Decimal):
        return int(given * _SECOND)
    found = _MOMENT.match(str(given))
    if found is None:
        return None
    shown = datetime.fromisoformat(f"{found['day']}T{found['clock'] or '00:00:00'}+00:00")
    return int(shown.timestamp()) * _SECOND + int((found["fraction"] or "0").ljust(9, "0"))


def _offset_seconds(given: str) -> int:
    found = _MOMENT.match(given)
    zone = "" if found is None else found["zone"] or ""
    if zone in _UTC_SIGNS:
        return 0
    sign = -1 if zone.startswith("-") else 1
    digits = zone[1:].replace(":", "")
    return sign * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)


def _nanoseconds(moment: Moment) -> int:
    zone = timezone(timedelta(minutes=moment.offset_minutes or 0))
    whole = datetime(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        tzinfo=zone,
    )
    return int(whole.astimezone(UTC).timestamp()) * _SECOND + moment.nanosecond
