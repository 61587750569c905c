"""GROUP BY and the functions over groups."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlglot import exp

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.coercion import as_text, converted, ordered
from oracle_standin.engine.compiling.ordering import SortKey, sorted_rows
from oracle_standin.engine.compiling.scope import SourceColumn
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.functions.numbers import WIDE, kept
from oracle_standin.engine.kinds import FIRST_SOURCE, Compiled, Evaluate, Frame, Value
from oracle_standin.port import ColumnType

Finish = Callable[[list[Value]], Value]

AGGREGATES = frozenset(
    {
        "COUNT", "SUM", "AVG", "MIN", "MAX", "LISTAGG", "STDDEV", "VARIANCE", "MEDIAN",
        "APPROX_COUNT_DISTINCT",
    }
)  # fmt: skip


def contains_aggregate(node: exp.Expr) -> bool:
    """Tell whether an expression calls a function over groups, not counting its subqueries."""
    return any(
        str(call.this).upper() in AGGREGATES and not _inside_subquery(call, node)
        for call in node.find_all(exp.Anonymous, bfs=False)
    )


def _inside_subquery(node: exp.Expr, top: exp.Expr) -> bool:
    above: exp.Expr | None = node
    while above is not None and above is not top:
        if isinstance(above, (exp.Select, exp.SetOperation)):
            return True
        above = above.parent
    return isinstance(top, exp.Subquery)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """A function over a group: what it takes of each row, and what it makes of all of it."""

    argument: Evaluate
    finish: Finish
    distinct: bool = False


@dataclass(slots=True, kw_only=True)
class Grouping:
    """The groups of a query block."""

    source_count: int
    explicit: bool
    """Whether there is a GROUP BY."""
    keys: list[tuple[exp.Expr, Compiled]] = field(default_factory=list)
    aggregates: list[Aggregate] = field(default_factory=list)

    @property
    def keys_slot(self) -> int:
        """Where a group's frame keeps its keys."""
        return FIRST_SOURCE + self.source_count

    @property
    def results_slot(self) -> int:
        """Where a group's frame keeps the results of its functions."""
        return self.keys_slot + 1

    def key(self, node: exp.Expr) -> Compiled | None:
        """Return the key that an expression is."""
        for index, (known, compiled) in enumerate(self.keys):
            if known == node:
                return self._key_reader(index, compiled.type)
        return None

    def _key_reader(self, index: int, kind: ColumnType) -> Compiled:
        slot = self.keys_slot
        return Compiled(type=kind, run=lambda frame: frame[slot][index])

    def column(self, slot: int, position: int, column: SourceColumn, depth: int) -> Compiled:
        """Return a column of a group, which must be a key of it."""
        del column
        for index, (_, compiled) in enumerate(self.keys):
            if compiled.place == (slot, position) and depth == 0:
                return self._key_reader(index, compiled.type)
        raise ora(979 if self.explicit else 937)

    def add(self, aggregate: Aggregate, kind: ColumnType) -> Compiled:
        """Take in a function and return how its result is read."""
        index = len(self.aggregates)
        self.aggregates.append(aggregate)
        slot = self.results_slot
        return Compiled(type=kind, run=lambda frame: frame[slot][index])

    def counts_rows_only(self) -> bool:
        """Tell whether nothing but COUNT(*) of everything is asked."""
        return not self.keys and all(one.argument is _present for one in self.aggregates)

    def grouped(self, frames: Iterable[Frame]) -> Iterable[tuple[tuple[Value, ...], list[Value]]]:
        """Return the keys of each group with the results of its functions."""
        plain = [compiled.run for _, compiled in self.keys]
        compared = [ordered(compiled, blank_padded=False) for _, compiled in self.keys]
        groups: dict[tuple[Value, ...], tuple[tuple[Value, ...], list[list[Value]]]] = {}
        for frame in frames:
            identity = tuple(run(frame) for run in compared)
            if identity not in groups:
                keys = tuple(run(frame) for run in plain)
                groups[identity] = (keys, [[] for _ in self.aggregates])
            for aggregate, collected in zip(self.aggregates, groups[identity][1], strict=True):
                value = aggregate.argument(frame)
                if value is not None:
                    collected.append(value)
        if not groups and not self.explicit:
            groups[()] = ((), [[] for _ in self.aggregates])
        for keys, collected_by in groups.values():
            yield (
                keys,
                [
                    one.finish(_distinct(values) if one.distinct else values)
                    for one, values in zip(self.aggregates, collected_by, strict=True)
                ],
            )


def _distinct(values: list[Value]) -> list[Value]:
    return list(dict.fromkeys(values))


def _count(values: list[Value]) -> Decimal:
    return Decimal(len(values))


def _total(values: list[Value]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = WIDE.add(total, value)
    return total


def _sum(values: list[Value]) -> Value:
    if not values:
        return None
    if isinstance(values[0], Decimal):
        return kept(_total(values))
    return sum(values[1:], values[0])


def _average(values: list[Value]) -> Value:
    if not values:
        return None
    total = _sum(values)
    if isinstance(total, Decimal):
        return kept(WIDE.divide(total, Decimal(len(values))))
    return total / len(values) if isinstance(total, float) else total // len(values)


def _variance(values: list[Value]) -> Value:
    if not values:
        return None
    if isinstance(values[0], float):
        return statistics.variance(values) if len(values) > 1 else 0.0
    if len(values) == 1:
        return Decimal(0)
    mean = WIDE.divide(_total(values), Decimal(len(values)))
    squares = _total([WIDE.power(WIDE.subtract(one, mean), 2) for one in values])
    return kept(WIDE.divide(squares, Decimal(len(values) - 1)))


def _deviation(values: list[Value]) -> Value:
    variance = _variance(values)
    if variance is None or isinstance(variance, float):
        return variance if variance is None else math.sqrt(variance)
    return kept(WIDE.sqrt(variance))


def _median(values: list[Value]) -> Value:
    if not values:
        return None
    middle = sorted(values)
    half = len(middle) // 2
    if len(middle) % 2:
        return middle[half]
    return _average(middle[half - 1 : half + 1])


NUMERIC: dict[str, Finish] = {
    "SUM": _sum,
    "AVG": _average,
    "STDDEV": _deviation,
    "VARIANCE": _variance,
    "MEDIAN": _median,
}


def aggregate(
    name: str, arguments: Sequence[Compiled], grouping: Grouping, *, distinct: bool
) -> Compiled:
    """Make a function over the rows of a group; no argument is COUNT(*)."""
    if name in {"COUNT", "APPROX_COUNT_DISTINCT"}:
        if len(arguments) > 1:
            raise ora(909)
        run = ordered(arguments[0]) if arguments else _present
        distinct = distinct or name != "COUNT"
        return grouping.add(Aggregate(argument=run, finish=_count, distinct=distinct), kinds.NUMBER)
    if len(arguments) != 1:
        raise ora(909 if arguments else 938)
    given = arguments[0]
    if name in {"MIN", "MAX"}:
        return _extreme(name, given, grouping)
    if name not in NUMERIC:
        raise not_done_here(name)
    fits = given.type.type in kinds.FLOATS or given.type.type in kinds.INTERVALS
    fitted = given if fits else converted(given, kinds.NUMBER)
    return grouping.add(
        Aggregate(argument=fitted.run, finish=NUMERIC[name], distinct=distinct), fitted.type
    )


def _present(_frame: Frame) -> bool:
    return True


def _extreme(name: str, given: Compiled, grouping: Grouping) -> Compiled:
    key, run = ordered(given), given.run
    choose = min if name == "MIN" else max

    def argument(frame: Frame) -> Value:
        value = run(frame)
        return None if value is None else (key(frame), value)

    def finish(values: list[Value]) -> Value:
        return choose(values, key=lambda pair: pair[0])[1] if values else None

    return grouping.add(Aggregate(argument=argument, finish=finish), given.type)


def listagg(
    arguments: Sequence[Compiled], order: Sequence[SortKey], grouping: Grouping
) -> Compiled:
    """Make LISTAGG(value, separator) WITHIN GROUP (ORDER BY ...)."""
    text = as_text(arguments[0]).run
    between = as_text(arguments[1]).run if len(arguments) > 1 else None

    def argument(frame: Frame) -> Value:
        value = text(frame)
        if value is None:
            return None
        separator = (between(frame) or "") if between else ""
        return tuple(key.run(frame) for key in order), (value, separator)

    def finish(values: list[Value]) -> Value:
        if not values:
            return None
        ordered_values = sorted_rows(values, order)
        separator = values[0][1][1]
        joined: str = separator.join(value for value, _ in ordered_values)
        if len(joined.encode("utf-8", "surrogateescape")) > kinds.MOST_VARCHAR:
            raise ora(1489)
        return joined

    return grouping.add(Aggregate(argument=argument, finish=finish), kinds.varchar())
