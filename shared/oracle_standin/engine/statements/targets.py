"""The table and the rows that a statement changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.engine.catalog import View
from oracle_standin.engine.compiling.from_clause import Joined
from oracle_standin.engine.compiling.joins import Plan, planned
from oracle_standin.engine.compiling.policies import restricted
from oracle_standin.engine.compiling.relations import TableRelation, table_columns
from oracle_standin.engine.compiling.scope import Scope, Source, slot_of
from oracle_standin.engine.compiling.trees import only
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import base_frame
from oracle_standin.engine.kinds import FIRST_SOURCE, ROWNUM, Frame, Value
from oracle_standin.engine.parsing.places import about_table
from oracle_standin.engine.statements.compiling import compilation
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.engine.storage.tables import Table, TableKind
from oracle_standin.port import ColumnType

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A table with the condition that its rows must meet."""

    table: Table
    scope: Scope
    plan: Plan

    def rows(self, session: Session, binds: Sequence[Value]) -> Iterator[tuple[int, Row, Frame]]:
        """Yield address, cells and frame of the rows, all of them found before the first."""
        frame = base_frame(session.execution(binds), None, 1)
        width = len(self.table.columns)
        found: list[Row] = []
        count = 1
        for one in self.plan.frames(frame):
            one[ROWNUM] = count
            if all(test.run(one) is True for test in self.plan.finally_):
                found.append(one[FIRST_SOURCE])
                count += 1
        for row in found:
            frame[FIRST_SOURCE] = row
            yield row[width], row[:width], frame  # type: ignore[misc]


def named_table(session: Session, node: exp.Expr, privilege: str) -> Table:
    """Return the table that a statement changes; ORA-00942 or 01031 where it may not."""
    owner = node.args["db"].name if node.args.get("db") else None
    with about_table(owner, node.name):
        return _named_table(session, owner, node.name, privilege)


def _named_table(session: Session, owner: str | None, name: str, privilege: str) -> Table:
    found = session.catalog.resolve(owner or session.schema, name, qualified=owner is not None)
    if found is None or not session.sees(found.owner, found.name):
        raise ora(942)
    if isinstance(found, View):
        raise not_done_here("a change through a view")
    if not isinstance(found, Table):
        raise ora(942)
    if found.kind is TableKind.EXTERNAL:
        raise ora(30657)
    if not session.may(privilege, found.owner, found.name):
        raise ora(1031)
    return session.temporary.of(found)


def compile_target(
    session: Session,
    node: exp.Expr,
    where: exp.Expr | None,
    types: tuple[ColumnType, ...],
    privilege: str = "SELECT",
) -> Target:
    """Compile a table and a condition."""
    only(node, "this", "db", "alias", "partition")
    table = named_table(session, node, privilege)
    alias = node.args.get("alias")
    relation = TableRelation(table=table, columns=table_columns(table), wants_address=True)
    if node.args.get("partition"):
        relation.partition = node.args["partition"].expressions[0].name
    source = Source(
        slot=slot_of(0),
        alias=alias.name if alias else node.name,
        owner=table.owner,
        relation=relation,
    )
    scope = Scope(context=compilation(session, types), sources=[source])
    plan = planned([Joined(source=source)], where, scope)
    restricted(plan, scope)
    return Target(table=table, scope=scope, plan=plan)
