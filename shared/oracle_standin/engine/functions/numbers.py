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

TRAPS = [DivisionByZero, InvalidOperation, Overflow]
WIDE = Context(prec=100, rounding=ROUND_HALF_UP, traps=TRAPS)
EVEN = Context(prec=40, rounding=ROUND_HALF_UP, traps=TRAPS)
ODD = Context(prec=39, rounding=ROUND_HALF_UP, traps=TRAPS)
EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
MOST_PLACES = 200
LARGEST = Decimal("1E126")
SMALLEST = Decimal("1E-130")


def bounded(value: Decimal) -> Decimal:
    """Return a result as a NUMBER: ORA-01426 above 1E126, zero below 1E-130."""
    if value.copy_abs() >= LARGEST:
        raise ora(1426)
    return value if not value or value.copy_abs() >= SMALLEST else Decimal(0)


def kept(value: Decimal) -> Decimal:
    """Round to the twenty base-100 digits that a NUMBER keeps."""
    context = EVEN if value.adjusted() % 2 else ODD
    return bounded(context.plus(value))


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
    return _quantized(value, places, ROUND_HALF_UP)


def truncated(value: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    """Cut a number off after so many decimal places."""
    return _quantized(value, places, ROUND_DOWN)


def _quantized(value: Decimal, places: Decimal, rounding: str) -> Decimal:
    kept_places = max(-MOST_PLACES, min(int(places), MOST_PLACES))
    return bounded(value.quantize(Decimal(1).scaleb(-kept_places), rounding, EXACT))


def _computed(
    name: str, of_numbers: Callable[..., Decimal], of_floats: Callable[..., float], parameters: int
) -> None:
    """Declare a function that computes in NUMBER, or in BINARY_DOUBLE where an argument is one."""

    @built(name)
    def build(arguments: Sequence[Compiled]) -> Compiled:
        counted(arguments, parameters, parameters)
        is_float = any(one.type.type in kinds.FLOATS for one in arguments)
        kind = BINARY_DOUBLE if is_float else NUMBER
        runs = [converted(one, kind).run for one in arguments]

        def value(frame: Frame) -> Value:
            values = [run(frame) for run in runs]
            if None in values:
                return None
            return _as_ieee(of_floats, values) if is_float else kept(of_numbers(*values))

        return Compiled(type=kind, run=value)


def _as_ieee(body: Callable[..., float], values: Sequence[float]) -> float:
    """Compute with floats: what has no result is NaN, what is too large infinite."""
    try:
        return body(*values)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


def _modulo(value: Decimal, divisor: Decimal) -> Decimal:
    return value if not divisor else EXACT.remainder(value, divisor)


def _float_modulo(value: float, divisor: float) -> float:
    return value if not divisor else math.fmod(value, divisor)


def _remainder(value: Decimal, divisor: Decimal) -> Decimal:
    if not divisor:
        raise ora(1476)
    return EXACT.remainder_near(value, divisor)


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if (base < 0 and exponent != int(exponent)) or (not base and exponent < 0):
        raise ora(1428, base)
    return WIDE.power(base, exponent) if exponent else Decimal(1)


def _square_root(value: Decimal) -> Decimal:
    if value < 0:
        raise ora(1428, value)
    return WIDE.sqrt(value)


def _natural_logarithm(value: Decimal) -> Decimal:
    if value <= 0:
        raise ora(1428, value)
    return WIDE.ln(value)


def _logarithm(base: Decimal, value: Decimal) -> Decimal:
    if base <= 0 or base == 1 or value <= 0:
        raise ora(1428, base if base <= 0 or base == 1 else value)
    return WIDE.divide(WIDE.ln(value), WIDE.ln(base))


def _float_logarithm(base: float, value: float) -> float:
    return math.log(value, base) if base != 1 else math.nan


_computed("MOD", _modulo, _float_modulo, 2)
_computed("REMAINDER", _remainder, math.remainder, 2)
_computed("POWER", _power, math.pow, 2)
_computed("SQRT", _square_root, math.sqrt, 1)
_computed("EXP", WIDE.exp, math.exp, 1)
_computed("LN", _natural_logarithm, math.log, 1)
_computed("LOG", _logarithm, _float_logarithm, 2)


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
