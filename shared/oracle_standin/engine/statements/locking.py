"""SELECT ... FOR UPDATE: rows locked by a change that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.statements.targets import Target, compile_target
from oracle_standin.engine.storage.transactions import RowHeld, Transaction
from oracle_standin.port import ColumnType

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session


def lock_rows(
    session: Session, tree: exp.Expr, types: tuple[ColumnType, ...], binds: Sequence[Value]
) -> None:
    """Lock the rows that a query with FOR UPDATE will give."""
    table = tree.args["from_"].this
    lock = tree.args["locks"][0]
    if tree.args.get("joins") or not isinstance(table, exp.Table):
        raise not_done_here("FOR UPDATE of more than one table")
    if lock.args.get("wait") is False:
        raise not_done_here("SKIP LOCKED")
    where = tree.args.get("where")
    target = compile_target(session, table, where.this if where is not None else None, types)
    if not session.may("UPDATE", target.table.owner, target.table.name):
        raise ora(1031)

    def work(transaction: Transaction) -> int:
        return _lock(session, target, binds, transaction)

    if lock.args.get("wait") is True:
        try:
            with session.database.writing:
                work(session.begun())
        except RowHeld:
            raise ora(54) from None
    else:
        session.changing(work)


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
