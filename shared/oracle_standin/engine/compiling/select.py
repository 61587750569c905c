"""SELECT: one query block compiled, with its WITH clause."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.block_runs import BlockRun, described, emitter, identity_of
from oracle_standin.engine.compiling.conditions import truth
from oracle_standin.engine.compiling.context import Compilation
from oracle_standin.engine.compiling.from_clause import compile_from
from oracle_standin.engine.compiling.grouping import Grouping, contains_aggregate
from oracle_standin.engine.compiling.joins import Plan, planned
from oracle_standin.engine.compiling.ordering import (
    SortKey,
    sort_key,
    window,
)
from oracle_standin.engine.compiling.policies import restricted
from oracle_standin.engine.compiling.queries import Query
from oracle_standin.engine.compiling.relations import (
    QueryRelation,
    query_columns,
)
from oracle_standin.engine.compiling.rowless import unlocated
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.compiling.set_operations import set_operation
from oracle_standin.engine.compiling.trees import only
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.kinds import (
    Compiled,
    Evaluate,
)
from oracle_standin.port import Column

SELECT_CLAUSES = (
    "expressions", "from_", "joins", "where", "group", "having", "order", "distinct", "limit",
    "offset", "with_", "hint",
)  # fmt: skip


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
            left = compile_query(tree.this, outer, context, names)
            right = compile_query(tree.expression, outer, context)
            return set_operation(tree, left, right, outer, context)
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
    given: set[str] = set()
    for one in clause.expressions:
        only(one, "this", "alias")
        if any(table.name == one.alias and not table.db for table in one.find_all(exp.Table)):
            raise not_done_here("recursive WITH")
        if one.alias in given:
            raise not_done_here("WITH of one name twice")
        given.add(one.alias)
        query = compile_query(one.this, None, context)
        alias = one.args["alias"]
        names = tuple(column.name for column in alias.args.get("columns") or ())
        context.named[alias.name] = QueryRelation(
            query=query, columns=query_columns(query, names), no_rowid=unlocated(one.this)
        )


def is_grouped(select: exp.Expr) -> bool:
    """Tell whether a query block gives groups, not rows."""
    order = select.args.get("order")
    nodes = list(select.expressions) + (order.expressions if order is not None else [])
    grouped = select.args.get("group") or select.args.get("having")
    return bool(grouped) or any(map(contains_aggregate, nodes))


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
        run = BlockRun(
            plan=plan,
            emits=tuple(emitter(one.compiled) for one in chosen),
            places=_places(chosen, plan, self.scope),
            keys=tuple(keys),
            window=frame_window,
            distinct=distinct is not None,
            identity=identity_of([one.compiled.type for one in chosen]),
            grouping=self.scope.grouping,
            having=having,
            sources=len(self.scope.sources),
        )
        columns = tuple(
            Column(name=one.name, type=described(one.compiled.type), nullable=_may_be_null(one))
            for one in chosen
        )
        return Query(columns=columns, rows=run.rows, scopes=(self.scope,), direct=run.direct)

    def _group(self) -> None:
        if not is_grouped(self.tree):
            return
        group = self.tree.args.get("group")
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
                if len(self.tree.expressions) > 1:
                    raise ora(936 if index else 923)
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
        name = self.names[index] if whole else "".join(node.sql(dialect="oracle").upper().split())
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


def _may_be_null(one: Chosen) -> bool:
    """Only a plain column can be known never to be NULL."""
    return one.compiled.nullable or one.compiled.place is None


def _same_column(one: Chosen, node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and one.name == node.name and one.compiled.place is not None


def _unwrapped(node: exp.Expr) -> exp.Expr:
    return _unwrapped(node.this) if isinstance(node, exp.Paren) else node


def _places(chosen: list[Chosen], plan: Plan, scope: Scope) -> tuple[int, ...] | None:
    """Return the positions of plain columns of the only source, where all are such."""
    if len(plan.steps) != 1 or scope.grouping is not None:
        return None
    places = [one.compiled.place for one in chosen]
    return tuple(place[1] for place in places if place) if all(places) else None
