"""SELECT ... FOR UPDATE: rows locked by a change that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.engine.compiling.select import is_grouped
from oracle_standin.engine.compiling.trees import only
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.statements.targets import Target, compile_target
from oracle_standin.engine.storage.transactions import RowHeld, Transaction
from oracle_standin.port import ColumnType

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLock:
    """The rows that a query with FOR UPDATE locks, and how long it waits for them."""

    target: Target
    seconds: int | None
    """None waits as long as a change of the rows would."""

    def take(self, session: Session, binds: Sequence[Value]) -> None:
        """Lock the rows; ORA-00054 or 30006 where another transaction holds one."""

        def work(transaction: Transaction) -> int:
            return _lock(session, self.target, binds, transaction)

        if self.seconds == 0:
            try:
                with session.database.writing:
                    work(session.begun())
            except RowHeld:
                raise ora(54) from None
        else:
            session.changing(work, seconds=self.seconds)


def without_lock(tree: exp.Expr) -> tuple[exp.Expr, exp.Expr | None]:
    """Return a query without its FOR UPDATE, and the clause."""
    last = tree
    while isinstance(last, exp.SetOperation):
        last = last.expression
    locks = last.args.get("locks")
    if not locks:
        return tree, None
    if last is not tree:
        raise ora(1786)
    if len(locks) > 1:
        raise ora(933)
    bare = tree.copy()
    bare.set("locks", None)
    return bare, locks[0]


def row_lock(
    session: Session, tree: exp.Expr, lock: exp.Expr, types: tuple[ColumnType, ...]
) -> RowLock:
    """Compile FOR UPDATE; ORA-01786 or 02014 where rows of the query are not a table's."""
    only(lock, "update", "expressions", "wait")
    if tree.args.get("distinct") or is_grouped(tree):
        raise ora(1786)
    if tree.args.get("limit") or tree.args.get("offset"):
        raise ora(2014)
    table = tree.args["from_"].this
    if tree.args.get("joins") or not isinstance(table, exp.Table):
        raise not_done_here("FOR UPDATE of more than one table")
    where = tree.args.get("where")
    target = compile_target(session, table, where.this if where is not None else None, types)
    if not session.may("UPDATE", target.table.owner, target.table.name):
        raise ora(1031)
    for named in lock.expressions:
        _insist_on_column(named, target)
    return RowLock(target=target, seconds=_seconds(lock))


def _insist_on_column(named: exp.Expr, target: Target) -> None:
    """Resolve a name behind OF, which sqlglot takes for a table's."""
    table = named.args.get("db")
    target.scope.context.expression(exp.column(named.this.copy(), table=table), target.scope)


def _seconds(lock: exp.Expr) -> int | None:
    wait = lock.args.get("wait")
    if wait is None:
        return None
    if wait is True:
        return 0
    if wait is False:
        raise not_done_here("SKIP LOCKED")
    if not isinstance(wait, exp.Literal) or not wait.name.isdigit():
        raise ora(30005)
    return int(wait.name)


def _lock(
    session: Session, target: Target, binds: Sequence[Value], transaction: Transaction
) -> int:
    count = 0
    for at, row, _ in target.rows(session, binds):
        target.table.claim(at, transaction)
        segment = target.table.segment_of(at)
        if segment is not None:
            segment.replace(at, row, transaction)
            count += 1
    return count
