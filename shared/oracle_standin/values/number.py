"""NUMBER: up to twenty base-100 digits behind an exponent byte.

Zero is the single byte 128. A positive number is 193 plus its base-100 exponent, then each
base-100 digit plus 1. A negative number complements the exponent byte, writes each digit as 101
minus it, and closes with 102 where fewer than twenty digits follow. Bytes therefore sort as
numbers do.
"""

from __future__ import annotations

from decimal import Decimal

ZERO = b"\x80"
MOST_PAIRS = 20
EXPONENT_BIAS = 193
NEGATIVE_END = 102
HIGHEST_EXPONENT = 62
LOWEST_EXPONENT = -65


def encode_number(value: Decimal | int) -> bytes:
    """Write a number, rounded half away from zero to the twenty base-100 digits kept.

    Magnitudes below 1E-130 become zero; from 1E126 on OverflowError is raised, and ValueError
    for what is not a number at all.
    """
    negative, magnitude, exponent = _parts(value)
    pairs, top = _pairs(magnitude, exponent)
    if not pairs or top < LOWEST_EXPONENT:
        return ZERO
    if top > HIGHEST_EXPONENT:
        raise OverflowError(f"{value} is beyond what a NUMBER holds")
    if not negative:
        return bytes((EXPONENT_BIAS + top, *(pair + 1 for pair in pairs)))
    ending = (NEGATIVE_END,) if len(pairs) < MOST_PAIRS else ()
    complement = 255 - (EXPONENT_BIAS + top)
    return bytes((complement, *(101 - pair for pair in pairs), *ending))


def decode_number(content: bytes) -> Decimal:
    """Read a number exactly, with no digits beyond those it needs."""
    if content == ZERO:
        return Decimal(0)
    if content[0] & 0x80:
        exponent = content[0] - EXPONENT_BIAS
        pairs = [byte - 1 for byte in content[1:]]
        sign = ""
    else:
        exponent = 255 - content[0] - EXPONENT_BIAS
        ending = -1 if content[-1] == NEGATIVE_END else None
        pairs = [101 - byte for byte in content[1:ending]]
        sign = "-"
    digits = "".join(f"{pair:02d}" for pair in pairs)
    power = 2 * (exponent - len(pairs) + 1)
    if power >= 0:
        return Decimal(f"{sign}{digits}{'0' * power}")
    kept = digits.rstrip("0")
    power += len(digits) - len(kept)
    return Decimal(f"{sign}{kept}{'0' * max(power, 0)}E{min(power, 0)}")


def _parts(value: Decimal | int) -> tuple[bool, int, int]:
    """Return sign, digits as one integer, and the decimal exponent of its last digit."""
    if isinstance(value, int):
        return value < 0, abs(value), 0
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        if value.is_infinite():
            raise OverflowError("a NUMBER holds no infinity")
        raise ValueError("a NUMBER holds no NaN")  # noqa: TRY004 - its value is wrong, not its type
    return bool(sign), int("".join(map(str, digits))), exponent


def _pairs(magnitude: int, exponent: int) -> tuple[list[int], int]:
    """Split into at most twenty base-100 digits; return them and the first one's exponent."""
    if exponent % 2:
        magnitude, exponent = magnitude * 10, exponent - 1
    text = str(magnitude)
    text = text if len(text) % 2 == 0 else "0" + text
    surplus = len(text) - 2 * MOST_PAIRS
    if surplus > 0:
        kept = int(text[:-surplus]) + (text[-surplus] >= "5")
        return _pairs(kept, exponent + surplus)
    pairs = [int(text[i : i + 2]) for i in range(0, len(text), 2)]
    top = exponent // 2 + len(pairs) - 1
    while pairs and not pairs[-1]:
        pairs.pop()
    return pairs, top
