"""Functions that choose among their arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.coercion import (
    NULL,
    UNKNOWN,
    common_type,
    comparable,
    converted,
    ordered,
)
from oracle_standin.engine.errors import ora
from oracle_standin.engine.functions.registry import FUNCTIONS, built, counted
from oracle_standin.engine.kinds import Compiled, Evaluate, Frame, Value
from oracle_standin.port import ColumnType, OracleType


def result_type(choices: Sequence[Compiled]) -> ColumnType:
    """Return the type that all choices become: the first's, widened to numbers or text."""
    known = [one.type for one in choices if one.type is not UNKNOWN]
    if not known:
        return UNKNOWN
    if any(kind.type is OracleType.CLOB for kind in known):
        return kinds.CLOB
    if known[0].type in kinds.TEXTS:
        return _widest_text(known)
    if known[0].type in kinds.NUMERICS and all(kind.type in kinds.NUMERICS for kind in known):
        wide = known[0]
        for kind in known[1:]:
            wide = wide if wide == kind else common_type(wide, kind)
        return wide if wide.type in kinds.FLOATS else _same_or(known, kinds.NUMBER)
    return known[0]


def alike(choices: Sequence[Compiled]) -> ColumnType:
    """Return the type of choices that Oracle does not convert: ORA-00932 where they differ."""
    kind = result_type(choices)
    for one in choices:
        families = {one.type.type in kinds.NUMERICS, kind.type in kinds.NUMERICS}
        moments = {one.type.type in kinds.MOMENTS, kind.type in kinds.MOMENTS}
        if one.type is not UNKNOWN and (len(families) > 1 or len(moments) > 1):
            raise ora(932, kinds.word(kind), kinds.word(one.type))
    return kind


def _same_or(known: Sequence[ColumnType], otherwise: ColumnType) -> ColumnType:
    return known[0] if all(kind == known[0] for kind in known) else otherwise


def _widest_text(known: Sequence[ColumnType]) -> ColumnType:
    if all(kind == known[0] for kind in known):
        return known[0]
    if any(kind.national for kind in known):
        return kinds.nvarchar(kinds.MOST_VARCHAR // 2)
    sizes = [kind.size if kind.type in kinds.TEXTS else 40 for kind in known]
    return kinds.varchar(min(max(sizes), kinds.MOST_VARCHAR) or 1)


def fitted(choices: Sequence[Compiled], wanted: ColumnType) -> list[Evaluate]:
    """Return every choice as the type of the result."""
    return [converted(one, wanted).run for one in choices]


@built("COALESCE")
def coalesce(arguments: Sequence[Compiled]) -> Compiled:
    """Make the first argument that is not NULL."""
    counted(arguments, 2, 1000)
    return _first_known(arguments, alike(arguments))


@built("NVL")
def nvl(arguments: Sequence[Compiled]) -> Compiled:
    """Make the first of two arguments that is not NULL."""
    counted(arguments, 2, 2)
    return _first_known(arguments, result_type(arguments))


def _first_known(arguments: Sequence[Compiled], kind: ColumnType) -> Compiled:
    runs = fitted(arguments, kind)

    def value(frame: Frame) -> Value:
        for run in runs:
            found = run(frame)
            if found is not None:
                return found
        return None

    return Compiled(type=kind, run=value)


@built("NVL2")
def nvl2(arguments: Sequence[Compiled]) -> Compiled:
    """Make the second argument, or the third where the first is NULL."""
    counted(arguments, 3, 3)
    kind = result_type(arguments[1:])
    test = arguments[0].run
    known, unknown = fitted(arguments[1:], kind)
    return Compiled(type=kind, run=lambda frame: (unknown if test(frame) is None else known)(frame))


@built("NULLIF")
def nullif(arguments: Sequence[Compiled]) -> Compiled:
    """Make the first argument, or NULL where both are equal."""
    counted(arguments, 2, 2)
    run = arguments[0].run
    left, right = comparable(arguments[0], arguments[1])

    def value(frame: Frame) -> Value:
        one = left(frame)
        return None if one is None or one == right(frame) else run(frame)

    return Compiled(type=arguments[0].type, run=value)


@built("DECODE")
def decode(arguments: Sequence[Compiled]) -> Compiled:
    """Make DECODE, for which NULL equals NULL."""
    counted(arguments, 3, 255)
    subject, *rest = arguments
    default = rest.pop() if len(rest) % 2 else NULL
    results = [*rest[1::2], default]
    kind = result_type(results)
    runs = fitted(results, kind)
    tests = [comparable(subject, one) for one in rest[0::2]]

    def value(frame: Frame) -> Value:
        for (left, right), run in zip(tests, runs, strict=False):
            if left(frame) == right(frame):
                return run(frame)
        return runs[-1](frame)

    return Compiled(type=kind, run=value)


def _extreme(choose: Callable[..., Value], arguments: Sequence[Compiled]) -> Compiled:
    counted(arguments, 1, 1000)
    kind = arguments[0].type
    if kind.type in kinds.NUMERICS:
        kind = result_type(arguments)
    alike = [converted(one, kind) for one in arguments]
    pairs = [(ordered(one, blank_padded=False), one.run) for one in alike]

    def value(frame: Frame) -> Value:
        keyed = [(key(frame), run(frame)) for key, run in pairs]
        if any(found is None for _, found in keyed):
            return None
        return choose(keyed, key=lambda pair: pair[0])[1]

    wide = kinds.varchar() if kind.type in kinds.TEXTS else kind
    return Compiled(type=wide, run=value)


FUNCTIONS["GREATEST"] = partial(_extreme, max)
FUNCTIONS["LEAST"] = partial(_extreme, min)


@built("LNNVL")
def lnnvl(arguments: Sequence[Compiled]) -> Compiled:
    """Make TRUE where a condition is false or unknown."""
    counted(arguments, 1, 1)
    run = arguments[0].run
    return Compiled(type=kinds.BOOLEAN, run=lambda frame: run(frame) is not True)
