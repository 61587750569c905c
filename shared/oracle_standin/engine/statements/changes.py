"""INSERT, UPDATE and DELETE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.engine import codec
from oracle_standin.engine.compiling.queries import Query
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.compiling.trees import only
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import Execution, base_frame
from oracle_standin.engine.kinds import FIRST_SOURCE, Compiled, Frame, Value
from oracle_standin.engine.parsing.dialect import Parsed, parse
from oracle_standin.engine.statements import rows
from oracle_standin.engine.statements.questions import arranged, bind_types, bind_values
from oracle_standin.engine.statements.targets import Target, compile_target
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.engine.storage.tables import Table
from oracle_standin.engine.storage.transactions import Transaction
from oracle_standin.port import Bind, Cell, ColumnType, Outcome

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

Returning = Callable[[Frame], tuple[Cell, ...]]


Compiler = Callable[["Session", exp.Expr, tuple[ColumnType, ...]], "ChangePlan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlan:
    """A compiled change of rows."""

    table: Table
    work: Callable[[Session, Sequence[Value], Transaction, list[tuple[Cell, ...]]], int]


def run(session: Session, statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
    """Run a change once for each row of binds.

    A row that fails changes nothing; those before it stay, as in an array of Oracle's.
    """
    parsed = parse(statement)
    returned: list[tuple[Cell, ...]] = []
    count = 0
    for given in bind_rows or ((),):
        count += _run_once(session, statement, arranged(parsed, given), returned)
    return Outcome(row_count=count, out_binds=tuple(returned))


def _run_once(
    session: Session, statement: str, binds: Sequence[Bind], returned: list[tuple[Cell, ...]]
) -> int:
    plan = planned(session, statement, parse(statement), bind_types(binds))
    values = bind_values(session, binds)
    before = len(returned)

    def work(transaction: Transaction) -> int:
        del returned[before:]
        return plan.work(session, values, transaction, returned)

    return session.changing(work)


def planned(
    session: Session, statement: str, parsed: Parsed, types: tuple[ColumnType, ...]
) -> ChangePlan:
    """Compile a change, or return it from those compiled before."""
    key = session.plan_key(statement, types)
    plan: ChangePlan | None = session.database.plans.get(key)
    if plan is None:
        compiler = COMPILERS.get(type(parsed.tree))
        if compiler is None:
            raise not_done_here(type(parsed.tree).__name__)
        plan = compiler(session, parsed.tree, types)
        session.database.plans.put(key, plan)
    return plan


def _returning(tree: exp.Expr, scope: Scope) -> Returning | None:
    clause = tree.args.get("returning")
    if clause is None:
        return None
    compiled = [scope.context.expression(one, scope) for one in clause.expressions]
    emits = [(codec.encoder(one.type), one.run) for one in compiled]
    return lambda frame: tuple(encode(value(frame)) for encode, value in emits)


INSERT_CLAUSES = ("this", "expression", "returning")
UPDATE_CLAUSES = ("this", "expressions", "where", "returning")
DELETE_CLAUSES = ("this", "tables", "where", "returning")


def _insert(session: Session, tree: exp.Expr, types: tuple[ColumnType, ...]) -> ChangePlan:
    only(tree, *INSERT_CLAUSES)
    node, names = tree.this, None
    if isinstance(node, exp.Schema):
        names = [one.name for one in node.expressions]
        node = node.this
    target = compile_target(session, node, None, types, "INSERT")
    positions = rows.writable(target.table, names)
    source = tree.expression
    if isinstance(source, exp.Values):
        return _insert_values(tree, target, positions)
    if not isinstance(source, exp.Query):
        raise ora(926)
    query = target.scope.context.query(source, None)
    return _insert_query(tree, target, positions, query)


def _insert_values(tree: exp.Expr, target: Target, positions: tuple[int, ...]) -> ChangePlan:
    tuples = tree.expression.expressions
    if len(tuples) != 1:
        raise not_done_here("several rows in VALUES")
    given = tuples[0].expressions if isinstance(tuples[0], exp.Tuple) else [tuples[0].this]
    if len(given) != len(positions):
        raise ora(947 if len(given) < len(positions) else 913)
    outside = Scope(context=target.scope.context)
    compiled: dict[int, Compiled] = {
        position: target.scope.context.expression(node, outside)
        for position, node in zip(positions, given, strict=True)
        if not _is_default(node)
    }
    rows.insist_on_identity(target.table, compiled, 32795)
    maker = rows.maker(target, compiled)
    returning = _returning(tree, target.scope)

    def work(
        running: Session,
        binds: Sequence[Value],
        transaction: Transaction,
        returned: list[tuple[Cell, ...]],
    ) -> int:
        frame = base_frame(running.execution(binds), None, 1)
        row = maker(frame)
        changed = rows.Changed(target.table, transaction)
        at = changed.insert(row)
        changed.verify()
        if returning is not None:
            frame[FIRST_SOURCE] = (*row, at, 0)
            returned.append(returning(frame))
        return 1

    return ChangePlan(table=target.table, work=work)


def _is_default(node: exp.Expr) -> bool:
    return isinstance(node, (exp.Var, exp.Column)) and node.name.upper() == "DEFAULT"


def _insert_query(
    tree: exp.Expr, target: Target, positions: tuple[int, ...], query: Query
) -> ChangePlan:
    if len(query.columns) != len(positions):
        raise ora(947 if len(query.columns) < len(positions) else 913)
    if tree.args.get("returning") is not None:
        raise ora(933)
    rows.insist_on_identity(target.table, positions, 32795)
    compiled = {position: query.readable(index) for index, position in enumerate(positions)}
    maker = rows.maker(target, compiled)

    def work(
        running: Session,
        binds: Sequence[Value],
        transaction: Transaction,
        _returned: list[tuple[Cell, ...]],
    ) -> int:
        execution: Execution = running.execution(binds)
        frame = base_frame(execution, None, 1)
        made: list[Row] = []
        for batch in query.rows(execution, None):
            for row in batch:
                frame[FIRST_SOURCE] = row
                made.append(maker(frame))
        changed = rows.Changed(target.table, transaction)
        for row in made:
            changed.insert(row)
        changed.verify()
        return len(made)

    return ChangePlan(table=target.table, work=work)


def _update(session: Session, tree: exp.Expr, types: tuple[ColumnType, ...]) -> ChangePlan:
    only(tree, *UPDATE_CLAUSES)
    where = tree.args.get("where")
    target = compile_target(
        session, tree.this, where.this if where is not None else None, types, "UPDATE"
    )
    setter = rows.setter(target, _assignments(tree, target))
    returning = _returning(tree, target.scope)

    def work(
        running: Session,
        binds: Sequence[Value],
        transaction: Transaction,
        returned: list[tuple[Cell, ...]],
    ) -> int:
        changed = rows.Changed(target.table, transaction)
        made = [(at, row, setter(frame, row)) for at, row, frame in target.rows(running, binds)]
        for at, old, new in made:
            target.table.claim(at, transaction)
            changed.update(at, old, new)
        changed.verify()
        if returning is not None:
            frame = base_frame(running.execution(binds), None, 1)
            for at, _, new in made:
                frame[FIRST_SOURCE] = (*new, at, 0)
                returned.append(returning(frame))
        return len(made)

    return ChangePlan(table=target.table, work=work)


def _assignments(tree: exp.Expr, target: Target) -> dict[int, Compiled | None]:
    """Return the new value of each column that is set; None stands for its default."""
    found: dict[int, Compiled | None] = {}
    scope = target.scope
    for node in tree.expressions:
        if not isinstance(node, exp.EQ):
            raise ora(927)
        if isinstance(node.this, exp.Tuple):
            found.update(_from_subquery(node, target))
            continue
        if not isinstance(node.this, exp.Column):
            raise ora(1748)
        position = rows.writable(target.table, [node.this.name], virtual_error=54017)[0]
        if position in found:
            raise ora(957)
        default = _is_default(node.expression)
        found[position] = None if default else scope.context.expression(node.expression, scope)
    given = [position for position, compiled in found.items() if compiled is not None]
    rows.insist_on_identity(target.table, given, 32796)
    return found


def _from_subquery(node: exp.Expr, target: Target) -> dict[int, Compiled | None]:
    scope = target.scope
    inner = node.expression
    if not isinstance(inner, exp.Subquery):
        raise ora(1767)
    query = scope.context.query(inner.this, scope)
    names = [one.name for one in node.this.expressions]
    if len(names) != len(query.columns):
        raise ora(947)
    found: dict[int, Compiled | None] = {}
    for index, position in enumerate(rows.writable(target.table, names)):
        read = query.values(index)

        def value(frame: Frame, read: Callable[..., Value] = read) -> Value:
            values = list(read(frame, 2))
            if len(values) > 1:
                raise ora(1427)
            return values[0] if values else None

        found[position] = Compiled(type=query.columns[index].type, run=value)
    return found


def _delete(session: Session, tree: exp.Expr, types: tuple[ColumnType, ...]) -> ChangePlan:
    only(tree, *DELETE_CLAUSES)
    where = tree.args.get("where")
    if tree.this and tree.args.get("tables"):
        raise ora(933)
    node = tree.this or tree.args["tables"][0]
    condition = where.this if where is not None else None
    target = compile_target(session, node, condition, types, "DELETE")
    returning = _returning(tree, target.scope)

    def work(
        running: Session,
        binds: Sequence[Value],
        transaction: Transaction,
        returned: list[tuple[Cell, ...]],
    ) -> int:
        changed = rows.Changed(target.table, transaction)
        count = 0
        for at, row, frame in target.rows(running, binds):
            target.table.claim(at, transaction)
            if returning is not None:
                returned.append(returning(frame))
            changed.delete(at, row)
            count += 1
        changed.verify()
        return count

    return ChangePlan(table=target.table, work=work)


COMPILERS: dict[type[exp.Expr], Compiler] = {
    exp.Insert: _insert,
    exp.Update: _update,
    exp.Delete: _delete,
}
