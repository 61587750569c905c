"""FROM: names resolved into relations, with AS OF, SAMPLE and PARTITION."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from oracle_standin.engine import kinds
from oracle_standin.engine.catalog import View
from oracle_standin.engine.compiling.coercion import converted
from oracle_standin.engine.compiling.relations import (
    QueryRelation,
    SampleClause,
    TableRelation,
    query_columns,
    renamed,
    table_columns,
)
from oracle_standin.engine.compiling.rowless import unlocated
from oracle_standin.engine.compiling.scope import Relation, Scope, Source, slot_of
from oracle_standin.engine.compiling.trees import only
from oracle_standin.engine.errors import NOT_DONE, not_done_here, ora
from oracle_standin.engine.kinds import Evaluate
from oracle_standin.engine.parsing.dialect import parse
from oracle_standin.engine.parsing.places import about_table
from oracle_standin.engine.storage.tables import KeyKind, Table, TableKind
from oracle_standin.port import OracleError
from oracle_standin.values.rowids import logical_text

DEEPEST_VIEW = 32
NO_GUESS, END_OF_KEY = b"\x04\x00\x00\x00\x00", b"\xfe"
"""What stands around the key in a logical ROWID: a guess of its block in front."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A source with how it is joined to those before it."""

    source: Source
    side: str = ""
    """"" for an inner join, or LEFT, RIGHT, FULL."""
    on: exp.Expr | None = None
    using: tuple[str, ...] = ()
    ansi: bool = False
    """Whether it is joined by JOIN, not by a comma."""


def compile_from(select: exp.Expr, scope: Scope) -> list[Joined]:
    """Resolve the sources of a query block, in the order in which they are written."""
    clause = select.args.get("from_")
    if clause is None:
        raise not_done_here("SELECT without FROM") if _may_lack_from(scope) else ora(923)
    only(clause, "this")
    joined = [Joined(source=_source(clause.this, scope))]
    nested = list(clause.this.args.get("joins") or ())
    for join in [*nested, *(select.args.get("joins") or ())]:
        only(join, "this", "side", "kind", "on", "using")
        joined.append(_joined(join, scope))
        joined += [_joined(further, scope) for further in join.this.args.get("joins") or ()]
    return joined


def _may_lack_from(scope: Scope) -> bool:
    return scope.context.version >= 23  # noqa: PLR2004 -- the release that brought it


def _joined(join: exp.Expr, scope: Scope) -> Joined:
    kind = join.args.get("kind") or ""
    if kind not in {"", "INNER", "CROSS", "OUTER"}:
        raise not_done_here(f"{kind} JOIN")
    if kind == "CROSS" and (join.args.get("on") or join.args.get("using")):
        raise ora(933)
    source = _source(join.this, scope)
    using = tuple(one.name for one in join.args.get("using") or ())
    side, on = join.args.get("side") or "", join.args.get("on")
    source.merged.update(using)
    source.outer = side in {"RIGHT", "FULL"}
    ansi = bool(kind or side or on or using)
    return Joined(source=source, side=side, on=on, using=using, ansi=ansi)


def _source(node: exp.Expr, scope: Scope) -> Source:
    alias = node.args.get("alias")
    if alias is not None:
        only(alias, "this")
    if isinstance(node, exp.Subquery):
        only(node, "this", "alias", "joins")
        query = scope.context.query(node.this, None)
        relation: Relation = QueryRelation(
            query=query, columns=query_columns(query), no_rowid=unlocated(node.this)
        )
        return _added(scope, alias.name if alias else "", None, relation)
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        raise not_done_here(f"{node.sql(dialect='oracle')[:60]} in FROM")
    only(node, "this", "db", "alias", "version", "sample", "partition", "joins")
    owner = node.args["db"].name if node.args.get("db") else None
    name = scope.context.checked_name(node.name)
    with about_table(owner, name):
        relation = named_relation(owner, name, node, scope)
    source = _added(scope, alias.name if alias else name, owner, relation)
    if owner is None and isinstance(relation, TableRelation):
        source.owner = relation.table.owner
    if isinstance(relation, TableRelation):
        source.logical = _logical_rowid(relation.table, source.slot)
    return source


def _added(scope: Scope, alias: str, owner: str | None, relation: Relation) -> Source:
    source = Source(slot=slot_of(len(scope.sources)), alias=alias, owner=owner, relation=relation)
    scope.sources.append(source)
    return source


def named_relation(owner: str | None, name: str, node: exp.Expr, scope: Scope) -> Relation:
    """Resolve a name into a relation; ORA-00942 where the user sees none."""
    context = scope.context
    if owner is None and name in context.named:
        _plain(node)
        return context.named[name]
    session = context.session
    home = owner or session.schema
    found = session.catalog.resolve(home, name, qualified=owner is not None)
    if found is None:
        _plain(node)
        target = session.catalog.target(home, name, qualified=owner is not None)
        return session.database.dictionary.relation(
            session, *target, was_qualified=owner is not None
        )
    if not (
        session.may("SELECT", found.owner, found.name)
        or session.may("READ", found.owner, found.name)
    ):
        raise ora(1031 if session.sees(found.owner, found.name) else 942)
    if isinstance(found, View):
        view = _view(found, node, scope)
        if node.args.get("sample") or node.args.get("partition"):
            raise (
                not_done_here("SAMPLE of a view")
                if view.no_rowid == NOT_DONE
                else ora(view.no_rowid)
            )
        return view
    if not isinstance(found, Table):
        raise ora(942)
    return _table(session.temporary.of(found), node, scope)


def _sampled(code: int) -> OracleError:
    """Make the error for SAMPLE or PARTITION of a view."""
    return not_done_here("SAMPLE of a view") if code == NOT_DONE else ora(code)


def _plain(node: exp.Expr) -> None:
    for clause in ("version", "sample", "partition"):
        if node.args.get(clause):
            raise not_done_here(f"{clause} of a query or of the dictionary")


def _table(table: Table, node: exp.Expr, scope: Scope) -> TableRelation:
    if table.kind is TableKind.EXTERNAL:
        raise ora(29913)
    relation = TableRelation(table=table, columns=table_columns(table))
    version = node.args.get("version")
    if version is not None:
        only(version, "this", "expression", "kind")
        _may_flash_back(table, scope)
        _as_of(relation, version, scope)
    sample = node.args.get("sample")
    if sample is not None:
        relation.sample = _sample(sample, scope)
    partition = node.args.get("partition")
    if partition is not None:
        relation.partition = partition.expressions[0].name
        table.partition_named(relation.partition)
    return relation


def _may_flash_back(table: Table, scope: Scope) -> None:
    session = scope.context.session
    if not session.may("FLASHBACK", table.owner, table.name):
        raise ora(1031)


def _as_of(relation: TableRelation, version: exp.Expr, scope: Scope) -> None:
    outside = Scope(context=scope.context, outer=scope.outer)
    value = scope.context.expression(version.expression, outside)
    if version.this == "SCN":
        relation.as_of_scn = converted(value, kinds.NUMBER).run
    elif version.this == "TIMESTAMP":
        relation.as_of_timestamp = converted(value, kinds.TIMESTAMP_TZ).run
    else:
        raise not_done_here(f"versions by {version.this}")


def _sample(node: exp.Expr, scope: Scope) -> SampleClause:
    only(node, "method", "percent", "seed", "size")
    outside = Scope(context=scope.context)
    percent = node.args.get("percent") or node.args["size"]
    method = node.args.get("method")
    seed = node.args.get("seed")
    if method is not None and method.name.upper() != "BLOCK":
        raise ora(933)
    compiled = scope.context.expression(percent, outside)
    return SampleClause(
        percent=converted(compiled, kinds.NUMBER).run,
        by_block=method is not None,
        seed=converted(scope.context.expression(seed, outside), kinds.NUMBER).run if seed else None,
    )


def _view(view: View, node: exp.Expr, scope: Scope) -> QueryRelation:
    """Compile a view's query as its owner; AS OF reaches the tables under it."""
    context = scope.context
    if context.depth > DEEPEST_VIEW:
        raise ora(1731)
    tree = parse(view.query).tree
    version = node.args.get("version")
    if version is not None:
        tree = _flashed_back(tree, version)
    query = context.of_view(view.owner).query(tree, None)
    columns = renamed(query_columns(query), [column.name for column in view.columns])
    return QueryRelation(query=query, columns=columns, no_rowid=unlocated(tree))


def _flashed_back(tree: exp.Expr, version: exp.Expr) -> exp.Expr:
    copied = tree.copy()
    for table in copied.find_all(exp.Table):
        if not table.args.get("version"):
            table.set("version", version.copy())
    return copied


def _logical_rowid(table: Table, slot: int) -> Evaluate | None:
    """Return how the logical ROWID of an index-organised table's row is made of its key."""
    key = table.key(KeyKind.PRIMARY)
    if table.kind is not TableKind.INDEX_ORGANISED or key is None:
        return None
    positions: Sequence[int] = table.positions(key.columns)
    return lambda frame: logical_text(
        NO_GUESS + b"".join(frame[slot][one] for one in positions) + END_OF_KEY
    )
