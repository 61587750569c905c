"""The mark (+) of Oracle's own outer joins, and where it may not stand."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.errors import ora


def marks(node: exp.Expr) -> list[exp.Column]:
    """Return the columns of this query block that carry the mark."""
    return [one for one in _of_this_block(node) if isinstance(one, exp.Column) and _is_marked(one)]


def _of_this_block(node: exp.Expr) -> Iterator[exp.Expr]:
    yield node
    for child in node.iter_expressions():
        if not isinstance(child, exp.Query):
            yield from _of_this_block(child)


def _is_marked(column: exp.Column) -> bool:
    return bool(column.args.get("join_mark"))


def optional_source(node: exp.Expr, scope: Scope) -> int | None:
    """Return the source that a condition makes optional; ORA-01468, 01719 or 01799 otherwise."""
    marked = marks(node)
    if not marked:
        return None
    for one in _of_this_block(node):
        if isinstance(one, exp.Or) or (isinstance(one, exp.In) and len(one.expressions) > 1):
            raise ora(1719)
    if any(True for _ in node.find_all(exp.Query)):
        raise ora(1799)
    before = scope.touched
    scope.touched = set()
    for column in marked:
        scope.context.expression(without_marks(column), scope)
    found, scope.touched = scope.touched, before
    if len(found) > 1:
        raise ora(1468)
    return next(iter(found), None)


def without_marks(node: exp.Expr) -> exp.Expr:
    """Return a copy whose columns carry no mark."""
    copied = node.copy()
    for column in marks(copied):
        column.set("join_mark", False)  # noqa: FBT003 -- sqlglot's own signature
    return copied
