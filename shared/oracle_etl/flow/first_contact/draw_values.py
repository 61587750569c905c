"""Random values for a first contact; the same seed draws the same ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from oracle_etl.flow.first_contact.tried_types import (
    KOREAN_TEXT,
    TriedType,
    Value,
    date,
    doubles,
    moment,
    octets,
    text_value,
    zoned,
)

DRAWN_OF_A_TYPE = 10
_FIRST = datetime(1600, 1, 1, tzinfo=UTC)
_SECONDS = int((datetime(9999, 1, 1, tzinfo=UTC) - _FIRST) / timedelta(seconds=1))
_LETTERS = "abcXYZ 019'\"\\{}\n\t"
_HANGUL = [chr(0xAC00 + 588 * number) for number in range(19)]
_LONGEST_TEXT, _MOST_BYTES = 20, 60
_LONGEST_OFFSET_MINUTES = 12 * 60

Draw = Callable[[Random], Value]


def drawn_values(of: TriedType, *, seed: int) -> tuple[Value, ...]:
    """Return random values of a type; none where its edges are all there is to try."""
    draw = _DRAWN.get(of.name)
    if draw is None:
        return ()
    # Seeded by the type too, so that a type more does not change the others' values.
    random = Random(f"{seed} {of.name}")  # noqa: S311 - test values, no secrets
    return tuple(draw(random) for _ in range(DRAWN_OF_A_TYPE))


def _whole(digits: int) -> Draw:
    return lambda random: _number(Decimal(_signed(random, digits)))


def _scaled(digits: int, scale: int) -> Draw:
    return lambda random: _number(Decimal(_signed(random, digits)).scaleb(-scale))


def _free(random: Random) -> Value:
    return _number(Decimal(_signed(random, 38)).scaleb(random.randint(-120, 80)))


def _signed(random: Random, digits: int) -> int:
    # As many digits as not: small numbers are as likely as large ones.
    most = 10 ** random.randint(1, digits) - 1
    return random.randint(-most, most)


def _number(value: Decimal) -> Value:
    return Value(sql=f"{value:E}", expected=value)


def _double(random: Random) -> Value:
    # A fraction of two, which decimal text holds exactly: no rounding is tried, only transport.
    return doubles("TO_BINARY_DOUBLE", str(Decimal(_signed(random, 12)) / 1024))[0]


def _text(as_: str) -> Draw:
    def draw(random: Random) -> Value:
        letters = random.choices([*_LETTERS, *_HANGUL], k=random.randint(1, _LONGEST_TEXT))
        return text_value("".join(letters), as_=as_, needs=KOREAN_TEXT)

    return draw


def _octets(random: Random) -> Value:
    return octets(random.randbytes(random.randint(1, _MOST_BYTES)))


def _second(random: Random) -> str:
    at = _FIRST + timedelta(seconds=random.randrange(_SECONDS))
    return at.replace(tzinfo=None).isoformat()


def _date(random: Random) -> Value:
    return date(_second(random))


def _moment(digits: int) -> Draw:
    return lambda random: moment(f"{_second(random)}.{random.randrange(10**digits):0{digits}d}")


def _zoned(random: Random) -> Value:
    minutes = random.randint(-_LONGEST_OFFSET_MINUTES, _LONGEST_OFFSET_MINUTES)
    hours, rest = divmod(abs(minutes), 60)
    offset = f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
    return zoned(f"{_second(random)}.{random.randrange(10**6):06d}{offset}")


_DRAWN: Mapping[str, Draw] = {
    "NUMBER(9)": _whole(9),
    "NUMBER(18)": _whole(18),
    "NUMBER(38)": _whole(38),
    "NUMBER(12,2)": _scaled(12, 2),
    "NUMBER(38,10)": _scaled(38, 10),
    "NUMBER": _free,
    "BINARY_DOUBLE": _double,
    "VARCHAR2(200)": _text("TO_CHAR({})"),
    "NVARCHAR2(200)": _text("{}"),
    "CLOB": _text("TO_CLOB({})"),
    "NCLOB": _text("TO_NCLOB({})"),
    "RAW(200)": _octets,
    "BLOB": _octets,
    "DATE": _date,
    "TIMESTAMP(6)": _moment(6),
    "TIMESTAMP(9)": _moment(9),
    "TIMESTAMP(6) WITH TIME ZONE": _zoned,
}
