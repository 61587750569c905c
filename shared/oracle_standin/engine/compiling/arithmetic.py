"""+ - * / on numbers, moments and intervals, and the minus sign."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from oracle_standin.engine import instants, kinds
from oracle_standin.engine.compiling.coercion import UNKNOWN, common_type, converted
from oracle_standin.engine.conversions import clock_of, nearest_single, zoned_of
from oracle_standin.engine.errors import ora
from oracle_standin.engine.execution import settings_of
from oracle_standin.engine.functions.moments import interval_added
from oracle_standin.engine.functions.numbers import WIDE, kept
from oracle_standin.engine.instants import Zoned
from oracle_standin.engine.kinds import (
    BINARY_DOUBLE,
    DATE,
    INTERVAL_DS,
    NUMBER,
    TIMESTAMP_TZ,
    Compiled,
    Frame,
    Value,
)
from oracle_standin.port import ColumnType, OracleType

NUMBER_OPERATIONS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": WIDE.add,
    "-": WIDE.subtract,
    "*": WIDE.multiply,
    "/": WIDE.divide,
}
FLOAT_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


def arithmetic(sign: str, left: Compiled, right: Compiled) -> Compiled:
    """Make left sign right."""
    first, second = left.type.type, right.type.type
    if first in kinds.MOMENTS or second in kinds.MOMENTS:
        return _of_moments(sign, left, right)
    if first in kinds.INTERVALS or second in kinds.INTERVALS:
        return _of_intervals(sign, left, right)
    if first in kinds.FLOATS or second in kinds.FLOATS:
        return _of_floats(sign, left, right)
    return _of_numbers(sign, left, right)


def negated(given: Compiled) -> Compiled:
    """Make -given."""
    if given.type.type in kinds.FLOATS or given.type.type in kinds.INTERVALS:
        kind = given.type
    else:
        given, kind = converted(given, NUMBER), NUMBER
    run = given.run

    def value(frame: Frame) -> Value:
        found = run(frame)
        if isinstance(found, Decimal):
            return found.copy_negate()
        return None if found is None else -found

    return Compiled(type=kind, run=value, literal=given.literal)


def _of_numbers(sign: str, left: Compiled, right: Compiled) -> Compiled:
    operation = NUMBER_OPERATIONS[sign]
    a, b = converted(left, NUMBER).run, converted(right, NUMBER).run

    def value(frame: Frame) -> Value:
        x, y = a(frame), b(frame)
        if x is None or y is None:
            return None
        if sign == "/" and not y:
            raise ora(1476)
        return kept(operation(x, y))

    return Compiled(type=NUMBER, run=value)


def _of_floats(sign: str, left: Compiled, right: Compiled) -> Compiled:
    kind = common_type(left.type, right.type)
    kind = kind if kind.type in kinds.FLOATS else BINARY_DOUBLE
    single = kind.type is OracleType.BINARY_FLOAT
    a, b = converted(left, kind).run, converted(right, kind).run

    def value(frame: Frame) -> Value:
        x, y = a(frame), b(frame)
        if x is None or y is None:
            return None
        result = _divided(x, y) if sign == "/" else FLOAT_OPERATIONS[sign](x, y)
        return nearest_single(result) if single else result + 0.0

    return Compiled(type=kind, run=value)


def _divided(x: float, y: float) -> float:
    if y:
        return x / y
    return float("nan") if not x or x != x else float("inf") * (1 if x > 0 else -1)  # noqa: PLR0124 -- NaN alone differs


def _of_moments(sign: str, left: Compiled, right: Compiled) -> Compiled:
    if left.type.type in kinds.MOMENTS and right.type.type in kinds.MOMENTS:
        if sign != "-":
            raise ora(975)
        return _difference(left, right)
    if right.type.type in kinds.MOMENTS:
        if sign != "+":
            raise ora(932, kinds.word(left.type), kinds.word(right.type))
        left, right = right, left
    if sign not in "+-":
        raise ora(932, "NUMBER", kinds.word(left.type))
    return _moved(-1 if sign == "-" else 1, left, right)


def _difference(left: Compiled, right: Compiled) -> Compiled:
    both_dates = left.type.type is right.type.type is OracleType.DATE
    zoned = bool({left.type.type, right.type.type} & kinds.ZONED)
    wanted = TIMESTAMP_TZ if zoned else kinds.TIMESTAMP
    a = left.run if both_dates else converted(left, wanted).run
    b = right.run if both_dates else converted(right, wanted).run

    def value(frame: Frame) -> Value:
        x, y = a(frame), b(frame)
        if x is None or y is None:
            return None
        if isinstance(x, Zoned):
            return x.utc - y.utc
        if both_dates:
            return kept(WIDE.divide(Decimal(x - y), Decimal(instants.DAY)))
        return x - y

    length = replace(INTERVAL_DS, scale=max(left.type.scale, right.type.scale))
    return Compiled(type=NUMBER if both_dates else length, run=value)


def _moved(sign: int, moment: Compiled, by: Compiled) -> Compiled:
    if by.type.type is OracleType.INTERVAL_DS:
        return _moved_by_nanoseconds(sign, moment, by)
    if by.type.type is OracleType.INTERVAL_YM:
        return _moved_by_months(sign, moment, by)
    return _moved_by_days(sign, moment, by)


def _moved_by_days(sign: int, moment: Compiled, by: Compiled) -> Compiled:
    """Add days: always a DATE, to the nearest second."""
    source, days = converted(moment, DATE).run, converted(by, NUMBER).run

    def value(frame: Frame) -> Value:
        at, amount = source(frame), days(frame)
        if at is None or amount is None:
            return None
        seconds = WIDE.multiply(amount, Decimal(86400)).to_integral_value(ROUND_HALF_UP)
        return instants.checked(at + sign * int(seconds) * instants.SECOND)

    return Compiled(type=DATE, run=value)


def _moved_by_nanoseconds(sign: int, moment: Compiled, by: Compiled) -> Compiled:
    source, amount, kind = moment.run, by.run, moment.type
    is_date = kind.type is OracleType.DATE

    def value(frame: Frame) -> Value:
        at, nanoseconds = source(frame), amount(frame)
        if at is None or nanoseconds is None:
            return None
        if isinstance(at, Zoned):
            return Zoned(instants.checked(at.utc + sign * nanoseconds), at.zone)
        moved = instants.checked(at + sign * nanoseconds)
        return moved // instants.SECOND * instants.SECOND if is_date else moved

    return Compiled(type=kind, run=value)


def _moved_by_months(sign: int, moment: Compiled, by: Compiled) -> Compiled:
    source, amount, kind = moment.run, by.run, moment.type

    def value(frame: Frame) -> Value:
        at, months = source(frame), amount(frame)
        if at is None or months is None:
            return None
        settings = settings_of(frame)
        shown = interval_added(clock_of(at, kind, settings), sign * months)
        if kind.type in kinds.CLOCKS:
            return shown
        zone = zoned_of(at, kind, settings).zone
        there = instants.utc(shown, zone)
        return Zoned(there, zone) if isinstance(at, Zoned) else there

    return Compiled(type=kind, run=value)


def _of_intervals(sign: str, left: Compiled, right: Compiled) -> Compiled:
    if sign in "+-":
        if left.type.type is not right.type.type and UNKNOWN not in {left.type, right.type}:
            raise ora(30081)
        step = -1 if sign == "-" else 1
        return _combined(left, right, lambda x, y: x + step * y)
    interval, factor = left, right
    if left.type.type not in kinds.INTERVALS:
        interval, factor = right, left
    if factor.type.type in kinds.INTERVALS or (sign == "/" and interval is right):
        raise ora(30081)
    by = converted(factor, NUMBER)
    if sign == "*":
        return _combined(interval, by, lambda x, y: int(WIDE.multiply(Decimal(x), y)))
    return _combined(interval, by, _shared)


def _shared(interval: int, by: Decimal) -> int:
    if not by:
        raise ora(1476)
    return int(WIDE.divide(Decimal(interval), by))


def _combined(left: Compiled, right: Compiled, body: Callable[[Value, Value], int]) -> Compiled:
    a, b = left.run, right.run

    def value(frame: Frame) -> Value:
        x, y = a(frame), b(frame)
        return None if x is None or y is None else body(x, y)

    kind = left.type if left.type is not UNKNOWN else right.type
    return Compiled(type=_widest(kind), run=value)


def _widest(kind: ColumnType) -> ColumnType:
    return INTERVAL_DS if kind.type is OracleType.INTERVAL_DS else kinds.INTERVAL_YM
