"""Joins: conditions put where they can first be tested, and rows brought together."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.coercion import comparable, converted
from oracle_standin.engine.compiling.conditions import compared, truth
from oracle_standin.engine.compiling.from_clause import Joined
from oracle_standin.engine.compiling.outer_marks import marks, optional_source, without_marks
from oracle_standin.engine.compiling.relations import TableRelation
from oracle_standin.engine.compiling.scope import Scope, Source
from oracle_standin.engine.errors import ora
from oracle_standin.engine.execution import Execution
from oracle_standin.engine.kinds import EXECUTION, Evaluate, Frame, Value
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.engine.storage.segments import EVERYWHERE, Range

ROWNUM_MARK = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Conjunct:
    """One of the conditions that must all hold."""

    run: Evaluate
    touches: frozenset[int]
    sides: tuple[tuple[Evaluate, frozenset[int]], tuple[Evaluate, frozenset[int]]] | None = None
    """Both sides of an equation, by which rows can be found."""
    optional: int | None = None
    """The source whose columns carry (+)."""


@dataclass(slots=True, kw_only=True)
class Step:
    """One source joined to those before it."""

    source: Source
    side: str
    matching: list[Conjunct] = field(default_factory=list)
    """What makes two rows belong together."""
    after: list[Evaluate] = field(default_factory=list)
    """What a row must pass once it is joined."""


@dataclass(slots=True, kw_only=True)
class Plan:
    """Sources in the order in which they are joined, with their conditions."""

    steps: list[Step]
    finally_: list[Conjunct]
    """Conditions on ROWNUM, tested last."""
    bounds: list[tuple[str, Evaluate]] = field(default_factory=list)
    """Bounds on the ROWID of the first source."""

    def frames(self, frame: Frame) -> Iterator[Frame]:
        """Yield the frame with each combination of rows that the conditions let through."""
        frames = _first(frame, self.steps[0], self.within(frame))
        for step in self.steps[1:]:
            frames = _joined(frame, frames, step, self.steps)
        return frames

    def within(self, frame: Frame) -> Range:
        """Return the range of addresses of the first source."""
        if not self.bounds:
            return EVERYWHERE
        low, high = 0, EVERYWHERE.high
        for sign, run in self.bounds:
            value = run(frame)
            if value is None:
                return Range(low=0, high=0)
            low = max(low, value + (sign == ">")) if sign in {">", ">=", "="} else low
            high = min(high, value + (sign in {"<=", "="})) if sign in {"<", "<=", "="} else high
        return Range(low=low, high=high)


def planned(joined: list[Joined], where: exp.Expr | None, scope: Scope) -> Plan:
    """Compile the conditions and put each where it can first be tested."""
    bounds: list[tuple[str, Evaluate]] = []
    conjuncts: list[Conjunct] = []
    if any(one.ansi for one in joined) and any(marks(node) for node in _written(joined, where)):
        raise ora(25156)
    for node in _split(where):
        bound = _rowid_bound(node, scope) if len(joined) == 1 else None
        if bound is not None:
            bounds.append(bound)
        else:
            conjuncts.append(_conjunct(node, scope))
    steps = [Step(source=one.source, side=one.side) for one in _ordered(joined, conjuncts)]
    for one in joined:
        step = next(step for step in steps if step.source is one.source)
        step.matching += [_conjunct(node, scope) for node in _split(one.on)]
        step.matching += [_using(name, one.source, scope) for name in one.using]
    last: list[Conjunct] = []
    for conjunct in conjuncts:
        if ROWNUM_MARK in conjunct.touches:
            last.append(conjunct)
        else:
            _place(conjunct, steps)
    return Plan(steps=steps, finally_=last, bounds=bounds)


def _written(joined: list[Joined], where: exp.Expr | None) -> Iterator[exp.Expr]:
    yield from (one.on for one in joined if one.on is not None)
    if where is not None:
        yield where


def _split(node: exp.Expr | None) -> list[exp.Expr]:
    if node is None:
        return []
    if isinstance(node, exp.And):
        return [*_split(node.this), *_split(node.expression)]
    if isinstance(node, exp.Paren) and isinstance(node.this, exp.And):
        return _split(node.this)
    return [node]


def _conjunct(node: exp.Expr, scope: Scope) -> Conjunct:
    optional = optional_source(node, scope)
    if optional is not None:
        node = without_marks(node)
    compile_one = scope.context.expression
    if isinstance(node, exp.EQ) and not isinstance(node.this, exp.Tuple):
        if isinstance(node.expression, exp.Anonymous | exp.Any | exp.All):
            return _whole(node, scope, optional)
        scope.touched = set()
        left = compile_one(node.this, scope)
        left_touches = frozenset(scope.touched)
        scope.touched = set()
        right = compile_one(node.expression, scope)
        right_touches = frozenset(scope.touched)
        a, b = comparable(left, right)
        return Conjunct(
            run=compared(operator.eq, left, right).run,
            touches=left_touches | right_touches,
            sides=((a, left_touches), (b, right_touches)),
            optional=optional,
        )
    return _whole(node, scope, optional)


def _whole(node: exp.Expr, scope: Scope, optional: int | None) -> Conjunct:
    scope.touched = set()
    run = truth(node, scope)
    return Conjunct(run=run, touches=frozenset(scope.touched), optional=optional)


def _using(name: str, source: Source, scope: Scope) -> Conjunct:
    column = exp.column(exp.to_identifier(name, quoted=True))
    scope.touched = set()
    earlier = scope.context.expression(column, scope)
    touches = frozenset(scope.touched)
    scope.touched = set()
    own = scope.of_source(source, name)
    a, b = comparable(earlier, own)
    own_touches = frozenset({source.slot})
    return Conjunct(
        run=compared(operator.eq, earlier, own).run,
        touches=touches | own_touches,
        sides=((a, touches), (b, own_touches)),
    )


def _ordered(joined: list[Joined], conjuncts: list[Conjunct]) -> list[Joined]:
    """Put the sources marked with (+) behind the others."""
    marked = {conjunct.optional for conjunct in conjuncts} - {None}
    first = [one for one in joined if one.source.slot not in marked]
    return first + [
        Joined(source=one.source, side="LEFT", on=one.on, using=one.using)
        for one in joined
        if one.source.slot in marked
    ]


def _place(conjunct: Conjunct, steps: list[Step]) -> None:
    position = {step.source.slot: index for index, step in enumerate(steps)}
    if conjunct.optional is not None:
        steps[position[conjunct.optional]].matching.append(conjunct)
        return
    floor = max((i for i, step in enumerate(steps) if step.side in {"RIGHT", "FULL"}), default=0)
    at = max([position[slot] for slot in conjunct.touches if slot in position], default=0)
    step = steps[max(at, floor)]
    if not step.side and step is not steps[0] and at >= floor:
        step.matching.append(conjunct)
    else:
        step.after.append(conjunct.run)


SIGNS: dict[type[exp.Expr], str] = {
    exp.GTE: ">=",
    exp.GT: ">",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.EQ: "=",
}


def _rowid_bound(node: exp.Expr, scope: Scope) -> tuple[str, Evaluate] | None:
    """Return a bound on the ROWID of the only source, a table of physical ROWIDs."""
    sign = SIGNS.get(type(node))
    source = scope.sources[0]
    left = node.this
    if sign is None or not isinstance(left, exp.Column) or left.name != "ROWID":
        return None
    if not isinstance(source.relation, TableRelation) or source.logical is not None:
        return None
    if isinstance(node.expression, exp.Anonymous | exp.Any | exp.All) and not _is_call(node):
        return None
    scope.touched = set()
    value = converted(scope.context.expression(node.expression, scope), kinds.ROWID)
    return None if scope.touched else (sign, value.run)


def _is_call(node: exp.Expr) -> bool:
    right = node.expression
    return isinstance(right, exp.Anonymous) and str(right.this) not in {"ANY", "ALL", "SOME"}


def _first(frame: Frame, step: Step, within: Range) -> Iterator[Frame]:
    slot, tests = step.source.slot, step.after
    execution: Execution = frame[EXECUTION]
    for rows in step.source.relation.batches(frame, within):
        execution.session.interrupted()
        for row in rows:
            frame[slot] = row
            if all(test(frame) is True for test in tests):
                yield frame


@dataclass(slots=True)
class _Found:
    """The rows of a joined source, by their key where the join has equations."""

    rows: list[Row]
    keyed: dict[tuple[Value, ...], list[int]] | None
    left: list[Evaluate]
    tests: list[Evaluate]

    def candidates(self, frame: Frame) -> Iterable[int]:
        if self.keyed is None:
            return range(len(self.rows))
        return self.keyed.get(tuple(run(frame) for run in self.left), ())


def _joined(
    frame: Frame, frames: Iterator[Frame], step: Step, steps: list[Step]
) -> Iterator[Frame]:
    slot = step.source.slot
    found: _Found | None = None
    met: set[int] = set()
    outer_left = step.side in {"LEFT", "FULL"}
    null_row = step.source.null_row()
    for _ in frames:
        found = found or _collected(frame, step)
        matched = False
        for index in found.candidates(frame):
            frame[slot] = found.rows[index]
            if _passes(frame, found.tests):
                matched = True
                met.add(index)
                if _passes(frame, step.after):
                    yield frame
        if outer_left and not matched:
            frame[slot] = null_row
            if _passes(frame, step.after):
                yield frame
    if step.side in {"RIGHT", "FULL"}:
        yield from _unmet(frame, step, steps, found or _collected(frame, step), met)


def _passes(frame: Frame, tests: list[Evaluate]) -> bool:
    return all(test(frame) is True for test in tests)


def _unmet(
    frame: Frame, step: Step, steps: list[Step], found: _Found, met: set[int]
) -> Iterator[Frame]:
    """Yield the rows of a right or full join that nothing on the left matched."""
    for other in steps[: steps.index(step)]:
        frame[other.source.slot] = other.source.null_row()
    for index, row in enumerate(found.rows):
        if index not in met:
            frame[step.source.slot] = row
            if all(test(frame) is True for test in step.after):
                yield frame


def _collected(frame: Frame, step: Step) -> _Found:
    slot = step.source.slot
    own = frozenset({slot})
    keep_all = step.side in {"RIGHT", "FULL"}
    alone = [] if keep_all else [one for one in step.matching if one.touches == own]
    rest = [one for one in step.matching if one not in alone]
    left: list[Evaluate] = []
    right: list[Evaluate] = []
    tests: list[Evaluate] = []
    for conjunct in rest:
        sides = _sides(conjunct, slot)
        if sides is None:
            tests.append(conjunct.run)
        else:
            left.append(sides[0])
            right.append(sides[1])
    rows: list[Row] = []
    keyed: dict[tuple[Value, ...], list[int]] | None = {} if left else None
    for batch in step.source.relation.batches(frame, EVERYWHERE):
        for row in batch:
            frame[slot] = row
            if not all(one.run(frame) is True for one in alone):
                continue
            if keyed is not None:
                key = tuple(run(frame) for run in right)
                if None not in key:
                    keyed.setdefault(key, []).append(len(rows))
            rows.append(row)
    return _Found(rows, keyed, left, tests)


def _sides(conjunct: Conjunct, slot: int) -> tuple[Evaluate, Evaluate] | None:
    """Return the side of the sources before and the side of this one."""
    if conjunct.sides is None:
        return None
    (a, a_touches), (b, b_touches) = conjunct.sides
    if b_touches == {slot} and slot not in a_touches and a_touches:
        return a, b
    if a_touches == {slot} and slot not in b_touches and b_touches:
        return b, a
    return None
