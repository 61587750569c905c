"""SELECT: one query block, and blocks put together by UNION and its like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from operator import itemgetter

from sqlglot import exp

from oracle_standin.engine import codec, kinds
from oracle_standin.engine.compiling.coercion import UNKNOWN, converted
from oracle_standin.engine.compiling.conditions import truth
from oracle_standin.engine.compiling.context import Compilation
from oracle_standin.engine.compiling.from_clause import compile_from
from oracle_standin.engine.compiling.grouping import AGGREGATES, Grouping
from oracle_standin.engine.compiling.joins import Plan, planned
from oracle_standin.engine.compiling.ordering import (
    Keyed,
    SortKey,
    Window,
    batched,
    sort_key,
    sorted_rows,
    window,
)
from oracle_standin.engine.compiling.policies import restricted
from oracle_standin.engine.compiling.queries import Query
from oracle_standin.engine.compiling.relations import (
    BATCH_ROWS,
    QueryRelation,
    TableRelation,
    query_columns,
)
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.compiling.trees import only
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import Execution, base_frame
from oracle_standin.engine.functions.choices import result_type
from oracle_standin.engine.kinds import (
    FIRST_SOURCE,
    ROWNUM,
    Compiled,
    Evaluate,
    Frame,
    Value,
)
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.port import Cell, Column, ColumnType, RowSource

SELECT_CLAUSES = (
    "expressions", "from_", "joins", "where", "group", "having", "order", "distinct", "limit",
    "offset", "with_", "hint", "locks",
)  # fmt: skip
Emit = Callable[[Frame], Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One expression of a select list."""

    name: str
    compiled: Compiled
    node: exp.Expr | None = None
    aliased: bool = False


def compile_query(
    tree: exp.Expr, outer: Scope | None, context: Compilation, names: tuple[str, ...] = ()
) -> Query:
    """Compile a query; `names` are the texts of its select list, for columns without a name."""
    if isinstance(tree, exp.Subquery):
        only(tree, "this", "with_")
        return compile_query(tree.this, outer, context, names)
    before = context.named
    context.named = dict(before)
    try:
        _with(tree, context)
        if isinstance(tree, exp.SetOperation):
            return _set_operation(tree, outer, context, names)
        if isinstance(tree, exp.Select):
            return _Select(tree, outer, context, names).compiled()
    finally:
        context.named = before
    raise not_done_here(type(tree).__name__)


def _with(tree: exp.Expr, context: Compilation) -> None:
    clause = tree.args.get("with_")
    if clause is None:
        return
    if clause.args.get("recursive"):
        raise not_done_here("recursive WITH")
    for one in clause.expressions:
        only(one, "this", "alias")
        query = compile_query(one.this, None, context)
        alias = one.args["alias"]
        names = tuple(column.name for column in alias.args.get("columns") or ())
        context.named[alias.name] = QueryRelation(query=query, columns=query_columns(query, names))


def _contains_aggregate(nodes: list[exp.Expr]) -> bool:
    for node in nodes:
        for call in node.find_all(exp.Anonymous, bfs=False):
            if str(call.this).upper() in AGGREGATES and not _inside_subquery(call, node):
                return True
    return False


def _inside_subquery(node: exp.Expr, top: exp.Expr) -> bool:
    above: exp.Expr | None = node
    while above is not None and above is not top:
        if isinstance(above, (exp.Select, exp.SetOperation)):
            return True
        above = above.parent
    return isinstance(top, exp.Subquery)


class _Select:
    """The compilation of one query block."""

    def __init__(
        self,
        tree: exp.Expr,
        outer: Scope | None,
        context: Compilation,
        names: tuple[str, ...],
    ) -> None:
        only(tree, *SELECT_CLAUSES)
        self.tree = tree
        self.context = context
        self.names = names
        self.scope = Scope(context=context, outer=outer)

    def compiled(self) -> Query:
        """Compile the block."""
        joined = compile_from(self.tree, self.scope)
        where = self.tree.args.get("where")
        plan = planned(joined, where.this if where is not None else None, self.scope)
        restricted(plan, self.scope)
        self._group()
        chosen = self._chosen()
        having = self._having()
        keys = self._sort_keys(chosen)
        frame_window = window(self.tree, self.scope)
        distinct = self.tree.args.get("distinct")
        if distinct is not None:
            only(distinct, "expressions")
            self._distinct_types(chosen)
        run = _Run(
            plan=plan,
            emits=tuple(_emit(one.compiled) for one in chosen),
            places=_places(chosen, plan, self.scope),
            keys=tuple(keys),
            window=frame_window,
            distinct=distinct is not None,
            grouping=self.scope.grouping,
            having=having,
            sources=len(self.scope.sources),
        )
        columns = tuple(
            Column(
                name=one.name, type=_described(one.compiled.type), nullable=one.compiled.nullable
            )
            for one in chosen
        )
        return Query(columns=columns, rows=run.rows, scopes=(self.scope,), direct=run.direct)

    def _group(self) -> None:
        group = self.tree.args.get("group")
        having = self.tree.args.get("having")
        order = self.tree.args.get("order")
        nodes = list(self.tree.expressions) + (order.expressions if order is not None else [])
        if group is None and having is None and not _contains_aggregate(nodes):
            return
        grouping = Grouping(source_count=len(self.scope.sources), explicit=group is not None)
        if group is not None:
            only(group, "expressions")
            keys = [
                (_unwrapped(node), self.context.expression(node, self.scope))
                for node in group.expressions
            ]
            grouping.keys.extend(keys)
        self.scope.grouping = grouping

    def _chosen(self) -> list[Chosen]:
        chosen: list[Chosen] = []
        for index, node in enumerate(self.tree.expressions):
            if isinstance(node, exp.Star):
                only(node)
                chosen += [Chosen(name=n, compiled=c) for n, c in self.scope.stars(None)]
            elif isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
                chosen += [Chosen(name=n, compiled=c) for n, c in self.scope.stars(node.table)]
            else:
                chosen.append(self._one(node, index))
        if not chosen:
            raise ora(936)
        return chosen

    def _one(self, node: exp.Expr, index: int) -> Chosen:
        inner = node.this if isinstance(node, exp.Alias) else node
        compiled = self.context.expression(inner, self.scope)
        if compiled.type == kinds.BOOLEAN and self.context.version < 23:  # noqa: PLR2004 -- the release that brought it
            raise ora(923)
        if isinstance(node, exp.Alias):
            name = self.context.checked_name(node.alias)
            return Chosen(name=name, compiled=compiled, node=inner, aliased=True)
        if isinstance(node, exp.Column):
            return Chosen(name=node.name, compiled=compiled, node=node)
        whole = len(self.names) == len(self.tree.expressions)
        name = self.names[index] if whole else node.sql(dialect="oracle").replace(" ", "")
        return Chosen(name=name, compiled=compiled, node=node)

    def _having(self) -> Evaluate | None:
        having = self.tree.args.get("having")
        return truth(having.this, self.scope) if having is not None else None

    def _sort_keys(self, chosen: list[Chosen]) -> list[SortKey]:
        order = self.tree.args.get("order")
        if order is None:
            return []
        only(order, "expressions")
        return [sort_key(node, self._sorted_by(node.this, chosen)) for node in order.expressions]

    def _sorted_by(self, node: exp.Expr, chosen: list[Chosen]) -> Compiled:
        if isinstance(node, exp.Literal) and not node.args.get("is_string"):
            position = int(node.name)
            if not 1 <= position <= len(chosen):
                raise ora(1785)
            return chosen[position - 1].compiled
        if isinstance(node, exp.Column) and not node.table:
            named = [one for one in chosen if one.name == node.name and one.aliased]
            if len(named) == 1:
                return named[0].compiled
        if self.tree.args.get("distinct") is not None:
            same = [one for one in chosen if one.node == node or _same_column(one, node)]
            if not same:
                raise ora(1791)
            return same[0].compiled
        return self.context.expression(node, self.scope)

    def _distinct_types(self, chosen: list[Chosen]) -> None:
        for one in chosen:
            if one.compiled.type.type in kinds.INCOMPARABLE:
                raise ora(932, "-", kinds.word(one.compiled.type))


def _same_column(one: Chosen, node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and one.name == node.name and one.compiled.place is not None


def _unwrapped(node: exp.Expr) -> exp.Expr:
    return _unwrapped(node.this) if isinstance(node, exp.Paren) else node


def _described(kind: ColumnType) -> ColumnType:
    return kinds.varchar(1) if kind is UNKNOWN else kind


def _emit(compiled: Compiled) -> Emit:
    if compiled.place is not None:
        slot, position = compiled.place
        return lambda frame: frame[slot][position]
    encode, run = codec.encoder(_described(compiled.type)), compiled.run
    return lambda frame: encode(run(frame))


def _places(chosen: list[Chosen], plan: Plan, scope: Scope) -> tuple[int, ...] | None:
    """Return the positions of plain columns of the only source, where all are such."""
    if len(plan.steps) != 1 or scope.grouping is not None:
        return None
    places = [one.compiled.place for one in chosen]
    return tuple(place[1] for place in places if place) if all(places) else None


def _picker(places: tuple[int, ...]) -> Callable[[Row], Row]:
    if len(places) == 1:
        only_one = places[0]
        return lambda row: (row[only_one],)
    return itemgetter(*places)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What one query block does when it runs."""

    plan: Plan
    emits: tuple[Emit, ...]
    places: tuple[int, ...] | None
    keys: tuple[SortKey, ...]
    window: Window | None
    distinct: bool
    grouping: Grouping | None
    having: Evaluate | None
    sources: int

    def rows(self, execution: Execution, outer: Frame | None) -> Iterator[list[Row]]:
        """Yield the block's rows in lists."""
        frame = base_frame(execution, outer, self.sources + 2)
        if self.places is not None and not self._finishes() and not self.plan.finally_:
            return self._picked(frame, self.places)
        rows = self._emitted(frame)
        if self.window is not None:
            rows = self.window.cut(frame, rows)
        return batched(rows, BATCH_ROWS)

    def _finishes(self) -> bool:
        return bool(self.keys or self.window or self.distinct or self.grouping)

    def _picked(self, frame: Frame, places: tuple[int, ...]) -> Iterator[list[Row]]:
        """Yield stored cells as they are: the way of plain columns."""
        pick = _picker(places)
        step = self.plan.steps[0]
        tests, slot = step.after, step.source.slot
        for rows in step.source.relation.batches(frame, self.plan.within(frame)):
            if not tests:
                yield list(map(pick, rows))
                continue
            picked: list[Row] = []
            for row in rows:
                frame[slot] = row
                if all(test(frame) is True for test in tests):
                    picked.append(pick(row))
            yield picked

    def _emitted(self, frame: Frame) -> Iterator[Row]:
        frames = self._grouped(frame) if self.grouping else self._numbered(frame)
        emits = self.emits
        if not self.keys:
            rows = (tuple([emit(one) for emit in emits]) for one in frames)
            return _unique(rows) if self.distinct else rows
        keyed: list[Keyed] = []
        seen: set[Row] = set()
        for one in frames:
            row = tuple([emit(one) for emit in emits])
            if self.distinct:
                if row in seen:
                    continue
                seen.add(row)
            keyed.append((tuple([key.run(one) for key in self.keys]), row))
        return iter(sorted_rows(keyed, self.keys))

    def _numbered(self, frame: Frame) -> Iterator[Frame]:
        """Yield the frames that pass, counting ROWNUM."""
        count = step = Decimal(1)
        tests = self.plan.finally_
        for one in self.plan.frames(frame):
            one[ROWNUM] = count
            failed = next((test for test in tests if test.run(one) is not True), None)
            if failed is None:
                yield one
                count += step
            elif failed.touches == {-1}:
                return

    def _grouped(self, frame: Frame) -> Iterator[Frame]:
        grouping = self.grouping
        if grouping is None:
            return
        groups = self._counted(frame, grouping) or grouping.grouped(self._numbered(frame))
        for keys, results in groups:
            made: Frame = list(frame)
            for slot in range(FIRST_SOURCE, FIRST_SOURCE + self.sources):
                made[slot] = None
            made[grouping.keys_slot], made[grouping.results_slot] = keys, results
            if self.having is None or self.having(made) is True:
                yield made

    def _counted(self, frame: Frame, grouping: Grouping) -> list[tuple[Row, list[Value]]] | None:
        """Count rows without looking at them, where that is all there is to do."""
        step = self.plan.steps[0]
        alone = len(self.plan.steps) == 1 and not step.after and not self.plan.finally_
        if not alone or not grouping.counts_rows_only():
            return None
        if not isinstance(step.source.relation, TableRelation):
            return None
        count = step.source.relation.count(frame, self.plan.within(frame))
        return [((), [Decimal(count)] * len(grouping.aggregates))]

    def direct(self, execution: Execution) -> RowSource | None:
        """Return the rows as their keeper hands them out, where nothing is left to do."""
        step = self.plan.steps[0]
        relation = step.source.relation
        plain = self.places is not None and not self._finishes() and not self.plan.finally_
        if not plain or step.after or not isinstance(relation, TableRelation):
            return None
        frame = base_frame(execution, None, self.sources + 2)
        kept = relation.stored(frame, self.plan.within(frame))
        if kept is None or self.places is None:
            return None
        return kept[0].scan(self.places, kept[1])


def _unique(rows: Iterator[Row]) -> Iterator[Row]:
    seen: set[Row] = set()
    for row in rows:
        if row not in seen:
            seen.add(row)
            yield row


def _set_operation(
    tree: exp.Expr, outer: Scope | None, context: Compilation, names: tuple[str, ...]
) -> Query:
    only(tree, "this", "expression", "distinct", "order", "limit", "offset", "with_")
    left = compile_query(tree.this, outer, context, names)
    right = compile_query(tree.expression, outer, context)
    columns = _common_columns(left, right)
    a, b = _recoded(left, columns), _recoded(right, columns)
    combine = _combination(tree)
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


def _common_columns(left: Query, right: Query) -> tuple[Column, ...]:
    if len(left.columns) != len(right.columns):
        raise ora(1789)
    columns: list[Column] = []
    for one, other in zip(left.columns, right.columns, strict=True):
        choices = [Compiled(type=column.type, run=lambda _f: None) for column in (one, other)]
        kind = result_type(choices)
        if (one.type.type in kinds.NUMERICS) != (other.type.type in kinds.NUMERICS) and (
            one.type.size > 1 and other.type.size > 1
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
        _emit(converted(query.readable(index), column.type)) for index, column in enumerate(columns)
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


def _combination(tree: exp.Expr) -> Callable[[Iterator[Row], Iterator[Row]], Iterator[Row]]:
    if isinstance(tree, exp.Union):
        return _union if tree.args.get("distinct") else _union_all
    is_difference = isinstance(tree, exp.Except)
    if tree.args.get("distinct"):
        return _minus if is_difference else _intersection
    return _minus_all if is_difference else _intersection_all


def _union_all(first: Iterator[Row], second: Iterator[Row]) -> Iterator[Row]:
    yield from first
    yield from second


def _union(first: Iterator[Row], second: Iterator[Row]) -> Iterator[Row]:
    return _unique(_union_all(first, second))


def _minus(first: Iterator[Row], second: Iterator[Row]) -> Iterator[Row]:
    gone = set(second)
    return _unique(row for row in first if row not in gone)


def _intersection(first: Iterator[Row], second: Iterator[Row]) -> Iterator[Row]:
    kept = set(second)
    return _unique(row for row in first if row in kept)


def _minus_all(first: Iterator[Row], second: Iterator[Row]) -> Iterator[Row]:
    gone = Counter(second)
    for row in first:
        if gone[row]:
            gone[row] -= 1
        else:
            yield row


def _intersection_all(first: Iterator[Row], second: Iterator[Row]) -> Iterator[Row]:
    kept = Counter(second)
    for row in first:
        if kept[row]:
            kept[row] -= 1
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
