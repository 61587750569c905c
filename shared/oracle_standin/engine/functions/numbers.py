"""Functions on numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.coercion import converted
from oracle_standin.engine.errors import ora
from oracle_standin.engine.functions.registry import FUNCTIONS, built, counted, function
from oracle_standin.engine.kinds import BINARY_DOUBLE, NUMBER, Compiled, Frame, Value
from oracle_standin.engine.settings import Settings
from oracle_standin.port import ColumnType

DIGITS = Context(
    prec=40, rounding=ROUND_HALF_UP, traps=[DivisionByZero, InvalidOperation, Overflow]
)
EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
LARGEST = Decimal("1E126")
SMALLEST = Decimal("1E-130")


def bounded(value: Decimal) -> Decimal:
    """Return a result as a NUMBER: ORA-01426 above 1E126, zero below 1E-130."""
    if value.copy_abs() >= LARGEST:
        raise ora(1426)
    return value if not value or value.copy_abs() >= SMALLEST else Decimal(0)


def numeric(name: str) -> Callable[[Callable[[Decimal], Decimal]], None]:
    """Declare a function of one number, NUMBER or BINARY_*, that keeps its type."""

    def declare(body: Callable[[Decimal], Decimal]) -> None:
        def build(arguments: Sequence[Compiled]) -> Compiled:
            counted(arguments, 1, 1)
            given = arguments[0]
            if given.type.type not in kinds.NUMERICS:
                given = converted(given, NUMBER)
            run, single = given.run, given.type

            def evaluate(frame: Frame) -> Value:
                value = run(frame)
                if value is None or not isinstance(value, float):
                    return None if value is None else body(value)
                if value != value or math.isinf(value):  # noqa: PLR0124 -- NaN alone differs
                    return abs(value) if name == "ABS" else value
                return float(body(Decimal(value)))

            kind = NUMBER if single.type is kinds.NUMBER.type else single
            return Compiled(type=kind, run=evaluate)

        FUNCTIONS[name] = build

    return declare


@numeric("ABS")
def _abs(value: Decimal) -> Decimal:
    return EXACT.abs(value)


@numeric("CEIL")
def _ceil(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_CEILING, EXACT)


@numeric("FLOOR")
def _floor(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_FLOOR, EXACT)


@numeric("SIGN")
def _sign(value: Decimal) -> Decimal:
    return Decimal((value > 0) - (value < 0))


def rounded(value: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    """Round a number to so many decimal places, halves away from zero."""
    return value.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP, EXACT)


def truncated(value: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    """Cut a number off after so many decimal places."""
    return value.quantize(Decimal(1).scaleb(-int(places)), ROUND_DOWN, EXACT)


@function("MOD", NUMBER, NUMBER, gives=NUMBER)
def mod(_settings: Settings, value: Decimal, divisor: Decimal) -> Decimal:
    """Return the remainder with the sign of the value; by zero, the value."""
    return value if not divisor else EXACT.remainder(value, divisor)


@function("REMAINDER", NUMBER, NUMBER, gives=NUMBER)
def remainder(_settings: Settings, value: Decimal, divisor: Decimal) -> Decimal:
    """Return the remainder from the nearest multiple."""
    if not divisor:
        raise ora(1476)
    return EXACT.remainder_near(value, divisor)


@function("POWER", NUMBER, NUMBER, gives=NUMBER)
def power(_settings: Settings, base: Decimal, exponent: Decimal) -> Decimal:
    """Return base to the exponent."""
    if (base < 0 and exponent != int(exponent)) or (not base and exponent < 0):
        raise ora(1428, base)
    if not exponent:
        return Decimal(1)
    return bounded(Context(prec=60).power(base, exponent))


@function("SQRT", NUMBER, gives=NUMBER)
def sqrt(_settings: Settings, value: Decimal) -> Decimal:
    """Return the square root."""
    if value < 0:
        raise ora(1428, value)
    return DIGITS.sqrt(value)


@function("EXP", NUMBER, gives=NUMBER)
def exponential(_settings: Settings, value: Decimal) -> Decimal:
    """Return e to the value."""
    return bounded(DIGITS.exp(value))


@function("LN", NUMBER, gives=NUMBER)
def natural_logarithm(_settings: Settings, value: Decimal) -> Decimal:
    """Return the natural logarithm."""
    if value <= 0:
        raise ora(1428, value)
    return DIGITS.ln(value)


@function("LOG", NUMBER, NUMBER, gives=NUMBER)
def logarithm(_settings: Settings, base: Decimal, value: Decimal) -> Decimal:
    """Return the logarithm of a value to a base."""
    if base <= 0 or base == 1 or value <= 0:
        raise ora(1428, base if base <= 0 or base == 1 else value)
    wide = Context(prec=60)
    return DIGITS.divide(wide.ln(value), wide.ln(base))


@function("BITAND", NUMBER, NUMBER, gives=NUMBER)
def bitand(_settings: Settings, left: Decimal, right: Decimal) -> Decimal:
    """Return the bits that both have."""
    return Decimal(int(left) & int(right))


@function("NANVL", BINARY_DOUBLE, BINARY_DOUBLE, gives=BINARY_DOUBLE)
def nanvl(_settings: Settings, value: float, instead: float) -> float:
    """Return the value, or something else for NaN."""
    return instead if value != value else value  # noqa: PLR0124 -- NaN alone differs


def _converting(name: str, kind: ColumnType) -> None:
    @built(name)
    def build(arguments: Sequence[Compiled]) -> Compiled:
        counted(arguments, 1, 1)
        return converted(arguments[0], kind)


_converting("TO_BINARY_DOUBLE", kinds.BINARY_DOUBLE)
_converting("TO_BINARY_FLOAT", kinds.BINARY_FLOAT)
