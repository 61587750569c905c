"""Conditions in Oracle's three-valued logic, and CASE."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from decimal import Decimal

from sqlglot import exp

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.coercion import NULL, as_text, comparable
from oracle_standin.engine.compiling.queries import Query
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.compiling.trees import only
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.functions.choices import alike, fitted
from oracle_standin.engine.functions.patterns import like_pattern
from oracle_standin.engine.kinds import Compiled, Evaluate, Frame, Value

Compare = Callable[[Value, Value], bool]


def truth(node: exp.Expr, scope: Scope) -> Evaluate:
    """Compile a condition; ORA-00920 where the expression is none."""
    compiled = scope.context.expression(node, scope)
    if compiled.type != kinds.BOOLEAN:
        raise ora(920)
    return compiled.run


def _condition(run: Evaluate) -> Compiled:
    return Compiled(type=kinds.BOOLEAN, run=run)


def _and(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "expression")
    left, right = truth(node.this, scope), truth(node.expression, scope)

    def both(frame: Frame) -> bool | None:
        first = left(frame)
        if first is False:
            return False
        second = right(frame)
        if second is False:
            return False
        return None if first is None or second is None else True

    return _condition(both)


def _or(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "expression")
    left, right = truth(node.this, scope), truth(node.expression, scope)

    def either(frame: Frame) -> bool | None:
        first = left(frame)
        if first is True:
            return True
        second = right(frame)
        if second is True:
            return True
        return None if first is None or second is None else False

    return _condition(either)


def _not(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this")
    run = truth(node.this, scope)

    def inverted(frame: Frame) -> bool | None:
        value = run(frame)
        return None if value is None else not value

    return _condition(inverted)


def _comparison(compare: Compare) -> Callable[[exp.Expr, Scope], Compiled]:
    def compile_node(node: exp.Expr, scope: Scope) -> Compiled:
        only(node, "this", "expression")
        if isinstance(node.this, exp.Tuple):
            return _row_comparison(node, scope)
        right = node.expression
        if isinstance(right, exp.Any) or _is_all(right):
            return _quantified(node, compare, scope)
        return compared(
            compare,
            scope.context.expression(node.this, scope),
            scope.context.expression(right, scope),
        )

    return compile_node


def compared(compare: Compare, left: Compiled, right: Compiled) -> Compiled:
    """Make a comparison of two expressions."""
    a, b = comparable(left, right)

    def value(frame: Frame) -> bool | None:
        x = a(frame)
        if x is None:
            return None
        y = b(frame)
        return None if y is None else compare(x, y)

    return _condition(value)


def _is_all(node: exp.Expr) -> bool:
    return isinstance(node, exp.All) or (
        isinstance(node, exp.Anonymous) and str(node.this).upper() in {"ALL", "SOME"}
    )


def _quantified(node: exp.Expr, compare: Compare, scope: Scope) -> Compiled:
    """Compile = ANY (...) and <> ALL (...)."""
    right = node.expression
    every = isinstance(right, exp.All) or str(right.this).upper() == "ALL"
    given = scope.context.expression(node.this, scope)
    inner = right.this if isinstance(right, (exp.Any, exp.All)) else None
    if isinstance(inner, exp.Subquery):
        inner = inner.this
    if inner is None and len(right.expressions) == 1:
        inner = right.expressions[0]
    if isinstance(inner, exp.Query):
        return _quantified_query(compare, given, scope.context.query(inner, scope), every=every)
    items = right.expressions or (
        inner.expressions if isinstance(inner, exp.Tuple) else [inner.this if inner else inner]
    )
    tests = [compared(compare, given, scope.context.expression(one, scope)).run for one in items]
    return _condition(_all(tests) if every else _any(tests))


def _quantified_query(compare: Compare, given: Compiled, query: Query, *, every: bool) -> Compiled:
    """Make a comparison with any, or every, row of a subquery."""
    if len(query.columns) != 1:
        raise ora(913)
    left, right = comparable(given, query.readable(0))
    members = query.remembering(query.members([right]))

    def value(frame: Frame) -> bool | None:
        x = left(frame)
        found, unknown = members(frame)
        if not found and not unknown:
            return every
        if x is None:
            return None
        if any(compare(x, y) is not every for (y,) in found):
            return not every
        return None if unknown else every

    return _condition(value)


def _any(tests: Sequence[Evaluate]) -> Evaluate:
    def value(frame: Frame) -> bool | None:
        unknown = False
        for test in tests:
            found = test(frame)
            if found:
                return True
            unknown = unknown or found is None
        return None if unknown else False

    return value


def _all(tests: Sequence[Evaluate]) -> Evaluate:
    def value(frame: Frame) -> bool | None:
        unknown = False
        for test in tests:
            found = test(frame)
            if found is False:
                return False
            unknown = unknown or found is None
        return None if unknown else True

    return value


def _row_comparison(node: exp.Expr, scope: Scope) -> Compiled:
    if not isinstance(node, exp.EQ) or not isinstance(node.expression, exp.Tuple):
        raise not_done_here("this comparison of several columns")
    surplus = len(node.expression.expressions) - len(node.this.expressions)
    if surplus:
        raise ora(913 if surplus > 0 else 947)
    pairs = zip(node.this.expressions, node.expression.expressions, strict=True)
    compile_one = scope.context.expression
    tests = [
        compared(operator.eq, compile_one(one, scope), compile_one(other, scope)).run
        for one, other in pairs
    ]
    return _condition(_all(tests))


def _between(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "low", "high")
    compile_one = scope.context.expression
    given = compile_one(node.this, scope)
    low = compared(operator.ge, given, compile_one(node.args["low"], scope)).run
    high = compared(operator.le, given, compile_one(node.args["high"], scope)).run
    return _condition(_all((low, high)))


def _in(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "expressions", "query")
    subject = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
    given = [scope.context.expression(one, scope) for one in subject]
    if node.args.get("query"):
        return _in_query(given, node.args["query"], scope)
    if not node.expressions:
        raise ora(936)
    tests: list[Evaluate] = []
    for item in node.expressions:
        members = item.expressions if isinstance(item, exp.Tuple) else [item]
        if len(members) != len(given):
            raise ora(947)
        pairs = zip(given, members, strict=True)
        equal = [
            compared(operator.eq, one, scope.context.expression(member, scope)).run
            for one, member in pairs
        ]
        tests.append(equal[0] if len(equal) == 1 else _all(equal))
    return _condition(_any(tests))


def _in_query(given: Sequence[Compiled], node: exp.Expr, scope: Scope) -> Compiled:
    query = scope.context.query(node.this if isinstance(node, exp.Subquery) else node, scope)
    if len(query.columns) != len(given):
        raise ora(913 if len(query.columns) > len(given) else 947)
    pairs = [comparable(one, query.readable(position)) for position, one in enumerate(given)]
    wanted = [left for left, _ in pairs]
    members = query.remembering(query.members([right for _, right in pairs]))

    def value(frame: Frame) -> bool | None:
        key = tuple(run(frame) for run in wanted)
        found, unknown = members(frame)
        if key in found:
            return True
        suspects = [*found, *unknown] if None in key else unknown
        return None if any(_may_equal(key, one) for one in suspects) else False

    return _condition(value)


def _may_equal(key: tuple[Value, ...], other: tuple[Value, ...]) -> bool:
    return all(a is None or b is None or a == b for a, b in zip(key, other, strict=True))


def _exists(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this")
    inner = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    query = scope.context.query(inner, scope)
    return _condition(query.remembering(query.any_row))


def _is(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "expression")
    run = scope.context.expression(node.this, scope).run
    right = node.expression
    if isinstance(right, exp.Null):
        return _condition(lambda frame: run(frame) is None)
    if isinstance(right, exp.Column) and right.name == "NAN":
        return _condition(lambda frame: _known(run(frame), lambda v: v != v))  # noqa: PLR0124 -- NaN alone differs
    if isinstance(right, exp.Column) and right.name == "INFINITE":
        return _condition(
            lambda frame: _known(run(frame), lambda v: v in {float("inf"), float("-inf")})
        )
    raise not_done_here(f"IS {right.sql()}")


def _known(value: float | Decimal | None, test: Callable[[float | Decimal], bool]) -> bool | None:
    return None if value is None else test(value)


def _like(node: exp.Expr, scope: Scope) -> Compiled:
    return _matching(node, None, scope)


def _escape(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "expression")
    if not isinstance(node.this, exp.Like):
        raise not_done_here("ESCAPE outside LIKE")
    return _matching(node.this, node.expression, scope)


def _matching(node: exp.Expr, escape: exp.Expr | None, scope: Scope) -> Compiled:
    only(node, "this", "expression", "negate")
    wanted_match = not node.args.get("negate")
    compile_one = scope.context.expression
    text = as_text(compile_one(node.this, scope)).run
    pattern = as_text(compile_one(node.expression, scope)).run
    mark = as_text(compile_one(escape, scope)).run if escape is not None else None

    def value(frame: Frame) -> bool | None:
        given, wanted = text(frame), pattern(frame)
        if given is None or wanted is None:
            return None
        escaping = mark(frame) if mark else None
        if mark and (escaping is None or len(escaping) != 1):
            raise ora(1425)
        found = like_pattern(wanted, escaping).fullmatch(given) is not None
        return found is wanted_match

    return _condition(value)


def case(node: exp.Expr, scope: Scope) -> Compiled:
    """Compile CASE, searched or simple."""
    only(node, "this", "ifs", "default")
    compile_one = scope.context.expression
    subject = compile_one(node.this, scope) if node.this else None
    tests: list[Evaluate] = []
    for branch in node.args["ifs"]:
        if subject is None:
            tests.append(truth(branch.this, scope))
        else:
            tests.append(compared(operator.eq, subject, compile_one(branch.this, scope)).run)
    results = [compile_one(branch.args["true"], scope) for branch in node.args["ifs"]]
    default = node.args.get("default")
    results.append(compile_one(default, scope) if default is not None else NULL)
    kind = alike(results)
    runs = fitted(results, kind)

    def value(frame: Frame) -> Value:
        for test, run in zip(tests, runs, strict=False):
            if test(frame):
                return run(frame)
        return runs[-1](frame)

    return Compiled(type=kind, run=value)


CONDITIONS: dict[type[exp.Expr], Callable[[exp.Expr, Scope], Compiled]] = {
    exp.And: _and,
    exp.Or: _or,
    exp.Not: _not,
    exp.EQ: _comparison(operator.eq),
    exp.NEQ: _comparison(operator.ne),
    exp.GT: _comparison(operator.gt),
    exp.GTE: _comparison(operator.ge),
    exp.LT: _comparison(operator.lt),
    exp.LTE: _comparison(operator.le),
    exp.Between: _between,
    exp.In: _in,
    exp.Exists: _exists,
    exp.Is: _is,
    exp.Like: _like,
    exp.Escape: _escape,
}
