"""Expressions made to fit: converted to a type, or two of them to a common one."""

from __future__ import annotations

from dataclasses import replace

from oracle_standin.engine import kinds
from oracle_standin.engine.conversions import conversion
from oracle_standin.engine.errors import ora
from oracle_standin.engine.execution import constant, settings_of
from oracle_standin.engine.kinds import Compiled, Evaluate, Frame, Value
from oracle_standin.port import ColumnType, OracleType
from oracle_standin.values.text import AL32UTF8

UNKNOWN = kinds.char(0)
"""The type of NULL, which fits everywhere."""

NULL = Compiled(type=UNKNOWN, run=constant(None), literal=True)


def converted(given: Compiled, wanted: ColumnType) -> Compiled:
    """Return the expression as another type; ORA-00932 where Oracle would not."""
    if given.type is UNKNOWN:
        return replace(given, type=wanted)
    convert = conversion(given.type, wanted)
    if convert is None:
        return given
    run, change = given.run, convert

    def converting(frame: Frame) -> Value:
        value = run(frame)
        return None if value is None else change(value, settings_of(frame))

    return Compiled(type=wanted, run=converting, nullable=given.nullable)


def as_text(given: Compiled) -> Compiled:
    """Return the expression as text."""
    if given.type.type in kinds.TEXTS:
        return given
    return converted(given, kinds.varchar())


def common_type(left: ColumnType, right: ColumnType) -> ColumnType:
    """Return the type in which two values compare."""
    if left is UNKNOWN or left == right:
        return right
    if right is UNKNOWN:
        return left
    for ranked in RANKING:
        if ranked.type in {left.type, right.type}:
            return ranked
    return left


RANKING = (
    kinds.TIMESTAMP_TZ,
    kinds.TIMESTAMP_LTZ,
    kinds.TIMESTAMP,
    kinds.DATE,
    kinds.INTERVAL_DS,
    kinds.INTERVAL_YM,
    kinds.BINARY_DOUBLE,
    kinds.BINARY_FLOAT,
    kinds.NUMBER,
    kinds.ROWID,
    kinds.UROWID,
    kinds.BOOLEAN,
    kinds.raw(),
    kinds.varchar(),
)
"""What wins where two types meet, the first first."""


def comparable(left: Compiled, right: Compiled) -> tuple[Evaluate, Evaluate]:
    """Return both sides as values that Python compares as Oracle does."""
    wanted = _comparison_type(left.type, right.type)
    padded = {left.type.type, right.type.type} == {OracleType.CHAR}
    return (
        ordered(converted(left, wanted), blank_padded=padded),
        ordered(converted(right, wanted), blank_padded=padded),
    )


def _comparison_type(left: ColumnType, right: ColumnType) -> ColumnType:
    for side in (left, right):
        if side.type in kinds.INCOMPARABLE:
            raise ora(932, "-", kinds.word(side))
    if {left.type, right.type} == {OracleType.TIMESTAMP_LTZ, OracleType.TIMESTAMP}:
        return kinds.TIMESTAMP_TZ
    return common_type(left, right)


def ordered(given: Compiled, *, blank_padded: bool = True) -> Evaluate:
    """Return values that sort and compare as their type does."""
    run = given.run
    if given.type.type in kinds.FLOATS:
        return lambda frame: _float_order(run(frame))
    if given.type.type is OracleType.CHAR and blank_padded:
        return lambda frame: _padded_order(run(frame), frame)
    if given.type.type in kinds.TEXTS:
        return lambda frame: _text_order(run(frame), frame)
    return run


def _float_order(value: float | None) -> tuple[bool, float] | None:
    """NaN equals itself and is above everything."""
    if value is None:
        return None
    return (True, 0.0) if value != value else (False, value)  # noqa: PLR0124 -- NaN alone differs


def _text_order(text: str | None, frame: Frame) -> str | bytes | None:
    """Text sorts by the bytes that the database stores."""
    settings = settings_of(frame)
    if text is None or settings.charset is AL32UTF8:
        return text
    return settings.stored_bytes(text)


def _padded_order(text: str | None, frame: Frame) -> str | bytes | None:
    """Blanks at the end do not count, and every other character is compared with a blank there."""
    return _text_order(None if text is None else text.rstrip(" ") + " ", frame)
