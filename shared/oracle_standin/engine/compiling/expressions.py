"""Expressions: a closed list of sqlglot's nodes, each compiled with Oracle's meaning.

A node that is not in the list, or that carries something its compiler does not look at, is
answered with ORA-03001 and its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from sqlglot import exp

from oracle_standin.engine import instants, kinds
from oracle_standin.engine.compiling import grouping
from oracle_standin.engine.compiling.arithmetic import arithmetic, negated
from oracle_standin.engine.compiling.coercion import NULL, as_text, converted
from oracle_standin.engine.compiling.conditions import CONDITIONS, case
from oracle_standin.engine.compiling.interval_literals import interval_literal
from oracle_standin.engine.compiling.ordering import sort_key
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.compiling.trees import only
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import constant
from oracle_standin.engine.formats import dates_in
from oracle_standin.engine.functions import (
    casts,
    choices,
    documents,
    moments,
    numbers,
    octets,
    patterns,
    rowids,
    surroundings,
    text,
)
from oracle_standin.engine.functions.registry import FUNCTIONS
from oracle_standin.engine.instants import Zoned
from oracle_standin.engine.kinds import ROWNUM, Compiled, Frame, Value
from oracle_standin.engine.parsing.declared_types import parse_type
from oracle_standin.engine.parsing.dialect import DATE_LITERAL, TIMESTAMP_LITERAL, TYPE_ARGUMENT
from oracle_standin.engine.parsing.lexer import Tokens
from oracle_standin.port import OracleType

FUNCTION_MODULES = (
    casts,
    choices,
    documents,
    moments,
    numbers,
    octets,
    patterns,
    rowids,
    surroundings,
    text,
)
LONGEST_LITERAL = 4000
DATE_MODEL = "FXSYYYY-MM-DD"


def compile_expression(node: exp.Expr, scope: Scope) -> Compiled:
    """Compile a node, as a key of the group where it is one."""
    if scope.grouping is not None:
        key = scope.grouping.key(node)
        if key is not None:
            return key
    compiler = COMPILERS.get(type(node)) or CONDITIONS.get(type(node))
    if compiler is None:
        raise not_done_here(f"{type(node).__name__} ({node.sql(dialect='oracle')[:60]})")
    return compiler(node, scope)


def _column(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "table", "db", "join_mark")
    if node.args.get("join_mark"):
        raise ora(30563)
    if isinstance(node.this, exp.Star):
        raise ora(936)
    found = scope.column(node) or _word(node, scope)  # type: ignore[arg-type]
    if found is not None:
        return found
    name, table = node.name, node.args.get("table")
    if table is not None and name in {"NEXTVAL", "CURRVAL"}:
        return _sequence(node, scope)
    package = f"{table.name}.{name}" if table is not None else ""
    if package in octets.CONSTANTS:
        scope.context.checked_function(package)
        value = Decimal(octets.CONSTANTS[package])
        return Compiled(type=kinds.NUMBER, run=constant(value), literal=True)
    if package in FUNCTIONS:
        scope.context.checked_function(package)
        return FUNCTIONS[package]([])
    raise ora(904, ".".join(f'"{part.name}"' for part in node.parts))  # type: ignore[attr-defined]


def _word(node: exp.Expr, scope: Scope) -> Compiled | None:
    name = node.name
    if node.args.get("table") or node.this.quoted:
        return None
    if name == "ROWNUM":
        scope.touched.add(-1)
        return Compiled(type=kinds.NUMBER, run=lambda frame: frame[ROWNUM], nullable=False)
    if name in surroundings.WORDS:
        return surroundings.WORDS[name]()
    if name == "SYS_GUID" and name in FUNCTIONS:
        return FUNCTIONS[name]([])
    return None


def _sequence(node: exp.Expr, scope: Scope) -> Compiled:
    owner = node.args["db"].name if node.args.get("db") else scope.context.session.schema
    name, advance = node.args["table"].name, node.name == "NEXTVAL"
    session = scope.context.session
    session.database.sequence(owner, name)
    advance = advance and (owner, name) not in scope.advanced
    if advance:
        scope.advanced.add((owner, name))

    def value(frame: Frame) -> Value:
        here = surroundings.session_of(frame)
        return Decimal(here.next_value(owner, name) if advance else here.last_value(owner, name))

    return Compiled(type=kinds.NUMBER, run=value, nullable=False)


def _placeholder(node: exp.Expr, scope: Scope) -> Compiled:
    index = int(node.name[1:])
    if index >= len(scope.context.bind_types):
        raise ora(1008)
    return Compiled(type=scope.context.bind_types[index], run=lambda frame: frame[1].binds[index])


def _literal(node: exp.Expr, _scope: Scope) -> Compiled:
    if node.args.get("is_string"):
        return text_literal(node.name)
    return Compiled(
        type=kinds.NUMBER, run=constant(Decimal(node.name)), nullable=False, literal=True
    )


def text_literal(value: str) -> Compiled:
    """Compile a text literal: CHAR, and NULL where it is empty."""
    if not value:
        return NULL
    size = len(value.encode("utf-8", "surrogateescape"))
    if size > LONGEST_LITERAL:
        raise ora(1704)
    return Compiled(type=kinds.char(size), run=constant(value), nullable=False, literal=True)


def _national(node: exp.Expr, _scope: Scope) -> Compiled:
    value = node.name
    return Compiled(
        type=kinds.nvarchar(max(len(value), 1)), run=constant(value or None), literal=True
    )


def _null(_node: exp.Expr, _scope: Scope) -> Compiled:
    return NULL


def _paren(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this")
    return compile_expression(node.this, scope)


def _binary(sign: str) -> Callable[[exp.Expr, Scope], Compiled]:
    def compile_node(node: exp.Expr, scope: Scope) -> Compiled:
        only(node, "this", "expression", "typed", "safe")
        return arithmetic(
            sign,
            compile_expression(node.this, scope),
            compile_expression(node.expression, scope),
        )

    return compile_node


def _concatenation(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "expression", "safe")
    return text.concatenated(
        compile_expression(node.this, scope), compile_expression(node.expression, scope)
    )


def _negation(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this")
    return negated(compile_expression(node.this, scope))


def _boolean(node: exp.Expr, scope: Scope) -> Compiled:
    if scope.context.version < 23:  # noqa: PLR2004 -- the release that brought it
        raise ora(904, f'"{str(node).upper()}"')
    value = bool(node.this)
    return Compiled(type=kinds.BOOLEAN, run=constant(value), literal=True)


def _call(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "expressions")
    name = str(node.this).upper()
    special = SPECIAL.get(name)
    if special is not None:
        return special(node, scope)
    if name in grouping.AGGREGATES:
        return _aggregate(name, node, scope)
    return function_call(name, node, scope)


def function_call(name: str, node: exp.Expr, scope: Scope) -> Compiled:
    """Compile a call of a function by its name."""
    builder = FUNCTIONS.get(name)
    if builder is None:
        raise ora(904, '"' + '"."'.join(name.split(".")) + '"')
    scope.context.checked_function(name)
    return builder([compile_expression(one, scope) for one in node.expressions])


def _aggregate(name: str, node: exp.Expr, scope: Scope) -> Compiled:
    if name == "LISTAGG":
        raise not_done_here("LISTAGG without WITHIN GROUP")
    groups, arguments, distinct = _aggregate_arguments(node, scope)
    return grouping.aggregate(name, arguments, groups, distinct=distinct)


def _aggregate_arguments(
    node: exp.Expr, scope: Scope
) -> tuple[grouping.Grouping, list[Compiled], bool]:
    groups = scope.grouping
    if groups is None:
        raise ora(934)
    given, distinct = list(node.expressions), False
    if len(given) == 1 and isinstance(given[0], exp.Distinct):
        only(given[0], "expressions")
        given, distinct = given[0].expressions, True
    if len(given) == 1 and isinstance(given[0], exp.Star):
        if distinct or str(node.this).upper() != "COUNT":
            raise ora(936)
        return groups, [], distinct
    if not given:
        raise ora(909)
    if any(grouping.contains_aggregate(one) for one in given):
        raise not_done_here("a group function of groups") if groups.explicit else ora(978)
    scope.grouping = None
    try:
        return groups, [compile_expression(one, scope) for one in given], distinct
    finally:
        scope.grouping = groups


def _within_group(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "expression")
    if str(node.this.this).upper() != "LISTAGG":
        raise not_done_here(f"{node.this.this} WITHIN GROUP")
    groups, arguments, distinct = _aggregate_arguments(node.this, scope)
    if distinct:
        raise not_done_here("LISTAGG(DISTINCT ...)")
    scope.grouping = None
    try:
        order = [
            sort_key(one, compile_expression(one.this, scope))
            for one in node.expression.expressions
        ]
    finally:
        scope.grouping = groups
    return grouping.listagg(arguments, order, groups)


def _cast(node: exp.Expr, scope: Scope) -> Compiled:
    value, kind = node.expressions
    tokens = Tokens(kind.expressions[0].name)
    wanted = parse_type(tokens).type
    if not tokens.ended():
        raise not_done_here(f"CAST ... {tokens.next.text}")
    return casts.cast(compile_expression(value, scope), wanted)


def _serialize(node: exp.Expr, scope: Scope) -> Compiled:
    value, *kind = node.expressions
    name = str(node.this).upper()
    scope.context.checked_function(name)
    made = FUNCTIONS[name]([compile_expression(value, scope)])
    if not kind:
        return made
    tokens = Tokens(kind[0].expressions[0].name)
    wanted = parse_type(tokens).type
    if not tokens.ended():
        raise not_done_here(f"{name} ... {tokens.next.text}")
    return documents.bounded(name, made, wanted)


def _date_literal(node: exp.Expr, _scope: Scope) -> Compiled:
    written = node.expressions[0].name
    model = DATE_MODEL if written[:1] in "-+ " else "FXYYYY-MM-DD"
    at = dates_in.read(written, model, today=instants.clock(instants.instant(1, 1, 1))).at
    return Compiled(type=kinds.DATE, run=constant(at), nullable=False, literal=True)


TIMESTAMP_PARTS = re.compile(
    r"\s*(?P<when>-?\d{1,4}-\d{1,2}-\d{1,2}(?: \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d{1,9})?)?)"
    r"\s*(?P<zone>\S.*)?"
)


def _timestamp_literal(node: exp.Expr, _scope: Scope) -> Compiled:
    parts = TIMESTAMP_PARTS.fullmatch(node.expressions[0].name)
    if parts is None:
        raise ora(1861)
    today = instants.clock(instants.instant(1, 1, 1))
    model = "SYYYY-MM-DD HH24:MI:SS.FF" if parts["when"][0] == "-" else "YYYY-MM-DD HH24:MI:SS.FF"
    at = dates_in.read(parts["when"], model, today=today).at
    if not parts["zone"]:
        return Compiled(type=kinds.TIMESTAMP, run=constant(at), nullable=False, literal=True)
    zone = instants.zone_named(parts["zone"])
    zoned = Zoned(instants.utc(at, zone), zone)
    return Compiled(type=kinds.TIMESTAMP_TZ, run=constant(zoned), nullable=False, literal=True)


def _at_time_zone(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "zone")
    given = compile_expression(node.this, scope)
    if given.type.type not in kinds.MOMENTS or given.type.type is OracleType.DATE:
        raise ora(30084)
    run = converted(given, kinds.TIMESTAMP_TZ).run
    zone = as_text(compile_expression(node.args["zone"], scope)).run

    def value(frame: Frame) -> Value:
        moment, name = run(frame), zone(frame)
        if moment is None or name is None:
            return None
        return Zoned(moment.utc, instants.zone_named(name))

    return Compiled(type=kinds.TIMESTAMP_TZ, run=value)


def _extract(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "expression")
    return moments.extract(node.name.upper(), compile_expression(node.expression, scope))


def _trim(node: exp.Expr, scope: Scope) -> Compiled:
    only(node, "this", "position", "expression")
    side = node.args.get("position") or "BOTH"
    wanted = node.args.get("expression") or exp.Literal.string(" ")
    arguments = [compile_expression(one, scope) for one in (node.this, wanted)]
    return FUNCTIONS[f"TRIM {side}"](arguments)


def _dot(node: exp.Expr, scope: Scope) -> Compiled:
    """Compile PACKAGE.FUNCTION(...) or column.METHOD()."""
    only(node, "this", "expression")
    call = node.expression
    if not isinstance(call, exp.Anonymous):
        raise not_done_here(f"{node.sql()[:60]}")
    name = str(call.this).upper()
    path = [one.name for one in _path(node.this)]
    package = ".".join([*(path[1:] if path[0] == "SYS" else path), name])
    if package in FUNCTIONS:
        return function_call(package, call, scope)
    if name in documents.METHODS and path:
        column = exp.column(*reversed([exp.to_identifier(one, quoted=True) for one in path]))
        return documents.method(name, compile_expression(column, scope))
    if isinstance(node.this, exp.Anonymous):
        return documents.method(name, compile_expression(node.this, scope))
    raise ora(904, '"' + '"."'.join([*path, name]) + '"')


def _path(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Dot):
        return [*_path(node.this), node.expression]
    if isinstance(node, exp.Column):
        return list(node.parts)
    return [node] if isinstance(node, exp.Identifier) else [exp.Identifier(this="")]


def _scalar(node: exp.Expr, scope: Scope) -> Compiled:
    """Compile a subquery that gives one value."""
    only(node, "this")
    query = scope.context.query(node.this, scope)
    if len(query.columns) != 1:
        raise ora(913)
    single = query.values(0)

    def value(frame: Frame) -> Value:
        found = list(single(frame, 2))
        if len(found) > 1:
            raise ora(1427)
        return found[0] if found else None

    return Compiled(type=query.columns[0].type, run=query.remembering(value))


def _prior(node: exp.Expr, _scope: Scope) -> Compiled:
    raise not_done_here(f"CONNECT BY ({node.sql()})")


SPECIAL: dict[str, Callable[[exp.Expr, Scope], Compiled]] = {
    "CAST": _cast,
    "XMLSERIALIZE": _serialize,
    "JSON_SERIALIZE": _serialize,
    DATE_LITERAL: _date_literal,
    TIMESTAMP_LITERAL: _timestamp_literal,
    TYPE_ARGUMENT: _prior,
}

COMPILERS: dict[type[exp.Expr], Callable[[exp.Expr, Scope], Compiled]] = {
    exp.Column: _column,
    exp.Placeholder: _placeholder,
    exp.Literal: _literal,
    exp.RawString: _literal,
    exp.National: _national,
    exp.Null: _null,
    exp.Boolean: _boolean,
    exp.Paren: _paren,
    exp.Add: _binary("+"),
    exp.Sub: _binary("-"),
    exp.Mul: _binary("*"),
    exp.Div: _binary("/"),
    exp.DPipe: _concatenation,
    exp.Neg: _negation,
    exp.Anonymous: _call,
    exp.WithinGroup: _within_group,
    exp.Interval: interval_literal,
    exp.AtTimeZone: _at_time_zone,
    exp.Extract: _extract,
    exp.Trim: _trim,
    exp.Dot: _dot,
    exp.Subquery: _scalar,
    exp.Case: case,
}
