"""Queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle_standin.engine import codec, kinds
from oracle_standin.engine.compiling.coercion import UNKNOWN
from oracle_standin.engine.compiling.queries import Query
from oracle_standin.engine.compiling.select import compile_query
from oracle_standin.engine.errors import ora
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.parsing.dialect import Parsed, parse
from oracle_standin.engine.parsing.lexer import Kind, Token, tokens_of
from oracle_standin.engine.statements.compiling import compilation
from oracle_standin.engine.statements.locking import RowLock, row_lock, without_lock
from oracle_standin.port import Bind, Column, ColumnType, OracleType, Outcome
from oracle_standin.values.oson import json_text

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

UNSIZED = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPlan:
    """A compiled query statement."""

    query: Query
    lock: RowLock | None


def run(session: Session, statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
    """Open a query."""
    parsed = parse(statement)
    given = arranged(parsed, bind_rows[0] if bind_rows else ())
    plan = planned(session, statement, parsed, bind_types(given))
    if plan.lock is not None:
        plan.lock.take(session, bind_values(session, given))
    execution = session.execution(bind_values(session, given))
    direct = plan.query.direct(execution)
    if direct is not None:
        return Outcome(columns=plan.query.columns, rows=direct)
    rows = session.cursor(plan.query.rows(execution, None), plan.query.columns)
    return Outcome(columns=plan.query.columns, rows=rows)


def described(session: Session, statement: str) -> tuple[Column, ...]:
    """Return a query's columns; its binds count as text."""
    parsed = parse(statement)
    types = tuple(kinds.varchar() for _ in parsed.places)
    return planned(session, statement, parsed, types).query.columns


def planned(
    session: Session, statement: str, parsed: Parsed, types: tuple[ColumnType, ...]
) -> QueryPlan:
    """Compile a query, or return it from those compiled before."""
    key = session.plan_key(statement, types)
    plans = session.database.plans
    plan: QueryPlan | None = plans.get(key)
    if plan is None:
        tree, lock = without_lock(parsed.tree)
        query = compile_query(tree, None, compilation(session, types), _texts(statement))
        locked = row_lock(session, tree, lock, types) if lock is not None else None
        plan = QueryPlan(query=query, lock=locked)
        plans.put(key, plan)
    return plan


def arranged(parsed: Parsed, binds: Sequence[Bind]) -> Sequence[Bind]:
    """Return a bind for each place; ORA-01008 where there are too few.

    A client may send one for each place where a name stands, or one for each name.
    """
    if len(binds) == len(parsed.places):
        return binds
    names = list(dict.fromkeys(parsed.places))
    if len(binds) == len(names):
        return [binds[names.index(name)] for name in parsed.places]
    raise ora(1008 if len(binds) < len(names) else 1036)


def bind_types(binds: Sequence[Bind]) -> tuple[ColumnType, ...]:
    """Return the types under which binds are compiled."""
    return tuple(bind_type(bind) for bind in binds)


def bind_type(bind: Bind) -> ColumnType:
    """Return the type under which a bind is compiled; a NULL of text fits everywhere."""
    plain = PLAIN.get(bind.type)
    if plain is not None:
        return plain
    if bind.type in {OracleType.RAW, OracleType.LONG_RAW}:
        return kinds.raw(UNSIZED)
    if bind.type is OracleType.CLOB:
        return kinds.NCLOB if bind.national else kinds.CLOB
    if bind.content is None:
        return UNKNOWN
    return kinds.nvarchar(UNSIZED) if bind.national else kinds.varchar(UNSIZED)


PLAIN = {
    kind.type: kind
    for kind in (
        kinds.NUMBER, kinds.BINARY_FLOAT, kinds.BINARY_DOUBLE, kinds.DATE, kinds.TIMESTAMP,
        kinds.TIMESTAMP_TZ, kinds.TIMESTAMP_LTZ, kinds.INTERVAL_DS, kinds.INTERVAL_YM,
        kinds.ROWID, kinds.UROWID, kinds.BLOB, kinds.JSON, kinds.XMLTYPE, kinds.BOOLEAN,
    )
}  # fmt: skip


def bind_values(session: Session, binds: Sequence[Bind]) -> list[Value]:
    """Return the values that binds carry."""
    return [_bind_value(session, bind) for bind in binds]


def _bind_value(session: Session, bind: Bind) -> Value:
    """Return one bind's value; no bytes are NULL, except of a LOB."""
    if bind.content is None or (not bind.content and bind.type not in kinds.LOBS):
        return None
    if bind.type is OracleType.JSON:
        return json_text(bind.content)
    value = codec.from_content(bind_type(bind))(bind.content)
    if isinstance(value, str) and not bind.national:
        return session.settings.received(value)
    return value


def _texts(statement: str) -> tuple[str, ...]:
    """Return the texts of the first select list, as Oracle names columns by them."""
    tokens = tokens_of(statement)
    start = _first_select(tokens)
    if start is None:
        return ()
    texts: list[str] = []
    current: list[str] = []
    depth = 0
    for token in tokens[start + 1 :]:
        depth += (token.text == "(") - (token.text == ")") if token.kind is Kind.SYMBOL else 0
        if depth < 0 or token.kind is Kind.END or (depth == 0 and _is(token, "FROM")):
            break
        if depth == 0 and token.kind is Kind.SYMBOL and token.text == ",":
            texts.append("".join(current))
            current = []
        elif not (not current and not texts and token.text in {"DISTINCT", "ALL", "UNIQUE"}):
            raw = statement[token.start : token.end]
            current.append(raw if token.kind is Kind.QUOTED else "".join(raw.upper().split()))
    return (*texts, "".join(current))


def _first_select(tokens: Sequence[Token]) -> int | None:
    """Return the place of the SELECT whose list names the columns: behind a WITH, not inside."""
    behind_with = _is(tokens[0], "WITH")
    depth = 0
    for place, token in enumerate(tokens):
        if token.kind is Kind.SYMBOL:
            depth += (token.text == "(") - (token.text == ")")
        if _is(token, "SELECT") and not (behind_with and depth):
            return place
    return None


def _is(token: Token, word: str) -> bool:
    return token.kind is Kind.WORD and token.text == word
