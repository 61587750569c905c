"""UNION, INTERSECT, MINUS and EXCEPT."""

from __future__ import annotations

import itertools
import operator
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from sqlglot import exp

from oracle_standin.engine import codec, kinds
from oracle_standin.engine.compiling.block_runs import (
    Identity,
    described,
    emitter,
    identity_of,
    unique,
)
from oracle_standin.engine.compiling.coercion import UNKNOWN, converted
from oracle_standin.engine.compiling.context import Compilation
from oracle_standin.engine.compiling.ordering import (
    Keyed,
    SortKey,
    batched,
    sort_key,
    sorted_rows,
    window,
)
from oracle_standin.engine.compiling.queries import Query
from oracle_standin.engine.compiling.relations import (
    BATCH_ROWS,
)
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.compiling.trees import only
from oracle_standin.engine.errors import ora
from oracle_standin.engine.execution import Execution, base_frame
from oracle_standin.engine.functions.choices import result_type
from oracle_standin.engine.kinds import (
    FIRST_SOURCE,
    Compiled,
    Frame,
)
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.port import Column


def set_operation(
    tree: exp.Expr, left: Query, right: Query, outer: Scope | None, context: Compilation
) -> Query:
    """Put two compiled queries together."""
    only(tree, "this", "expression", "distinct", "order", "limit", "offset", "with_")
    columns = _common_columns(left, right)
    a, b = _recoded(left, columns), _recoded(right, columns)
    combine = _combination(tree, identity_of([column.type for column in columns]))
    is_all = not isinstance(tree, exp.Union) and not tree.args.get("distinct")
    if is_all and context.version < 21:  # noqa: PLR2004 -- the release that brought it
        raise ora(933)

    def combined(execution: Execution, within: Frame | None) -> Iterator[Row]:
        first = (row for batch in a(execution, within) for row in batch)
        second = (row for batch in b(execution, within) for row in batch)
        return combine(first, second)

    scope = Scope(context=context, outer=outer)
    finish = _finished(tree, scope, columns)
    return Query(
        columns=columns,
        rows=lambda execution, within: batched(
            finish(base_frame(execution, within, 1), combined(execution, within)), BATCH_ROWS
        ),
        scopes=(*left.scopes, *right.scopes, scope),
    )


ONLY_NULL = described(UNKNOWN)
"""The type under which a column of NULL alone is described, which fits every other."""


def _common_columns(left: Query, right: Query) -> tuple[Column, ...]:
    if len(left.columns) != len(right.columns):
        raise ora(1789)
    columns: list[Column] = []
    for one, other in zip(left.columns, right.columns, strict=True):
        choices = [Compiled(type=column.type, run=lambda _f: None) for column in (one, other)]
        kind = result_type(choices)
        if (one.type.type in kinds.NUMERICS) != (other.type.type in kinds.NUMERICS) and (
            ONLY_NULL not in {one.type, other.type}
        ):
            raise ora(1790)
        columns.append(replace(one, type=kind, nullable=one.nullable or other.nullable))
    return tuple(columns)


def _recoded(
    query: Query, columns: tuple[Column, ...]
) -> Callable[[Execution, Frame | None], Iterator[list[Row]]]:
    """Return the query's rows in the columns' types."""
    if all(a.type == b.type for a, b in zip(query.columns, columns, strict=True)):
        return query.rows
    emits = [
        emitter(converted(query.readable(index), column.type))
        for index, column in enumerate(columns)
    ]

    def rows(execution: Execution, outer: Frame | None) -> Iterator[list[Row]]:
        frame = base_frame(execution, outer, 1)
        for batch in query.rows(execution, outer):
            recoded: list[Row] = []
            for row in batch:
                frame[FIRST_SOURCE] = row
                recoded.append(tuple(emit(frame) for emit in emits))
            yield recoded

    return rows


def _combination(
    tree: exp.Expr, identity: Identity
) -> Callable[[Iterator[Row], Iterator[Row]], Iterator[Row]]:
    if isinstance(tree, exp.Union):
        if not tree.args.get("distinct"):
            return itertools.chain
        return lambda first, second: unique(itertools.chain(first, second), identity)
    kept = operator.not_ if isinstance(tree, exp.Except) else bool
    if tree.args.get("distinct"):
        return lambda first, second: unique(
            _filtered(first, {identity(row) for row in second}, identity, kept), identity
        )
    return lambda first, second: _one_for_one(first, second, identity, kept)


Kept = Callable[[bool], bool]
"""Whether a row of the first query stays, by whether the second has it."""


def _filtered(
    first: Iterator[Row], there: set[Row], identity: Identity, kept: Kept
) -> Iterator[Row]:
    return (row for row in first if kept(identity(row) in there))


def _one_for_one(
    first: Iterator[Row], second: Iterator[Row], identity: Identity, kept: Kept
) -> Iterator[Row]:
    """Match each row of the second query with one of the first."""
    there = Counter(identity(row) for row in second)
    for row in first:
        key = identity(row)
        matched = there[key] > 0
        there[key] -= matched
        if kept(matched):
            yield row


def _finished(
    tree: exp.Expr, scope: Scope, columns: tuple[Column, ...]
) -> Callable[[Frame, Iterator[Row]], Iterator[Row]]:
    """Compile what stands behind a set operation: ORDER BY, OFFSET, FETCH."""
    order = tree.args.get("order")
    keys: list[SortKey] = []
    if order is not None:
        only(order, "expressions")
        keys = [sort_key(one, _output(one.this, columns)) for one in order.expressions]
    cut = window(tree, scope)

    def finish(frame: Frame, rows: Iterator[Row]) -> Iterator[Row]:
        if keys:
            keyed: list[Keyed] = []
            for row in rows:
                frame[FIRST_SOURCE] = row
                keyed.append((tuple(key.run(frame) for key in keys), row))
            rows = iter(sorted_rows(keyed, keys))
        return cut.cut(frame, rows) if cut is not None else rows

    return finish


def _output(node: exp.Expr, columns: tuple[Column, ...]) -> Compiled:
    """Find the column of a set operation that is ordered by."""
    if isinstance(node, exp.Literal) and not node.args.get("is_string"):
        position = int(node.name) - 1
    else:
        names = [column.name for column in columns]
        if not isinstance(node, exp.Column) or node.name not in names:
            raise ora(904, f'"{node.name}"')
        position = names.index(node.name)
    if not 0 <= position < len(columns):
        raise ora(1785)
    kind = columns[position].type
    decode = codec.decoder(kind)
    return Compiled(type=kind, run=lambda frame: decode(frame[FIRST_SOURCE][position]))
