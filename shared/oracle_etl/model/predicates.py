"""Check the SQL that users write: a predicate is a predicate, a query is one query.

It is set between parentheses of ours, so what has to hold is that it cannot leave them, opens no
other statement inside a predicate, and asks for no bind that nobody gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.names import quote_identifier

OUR_BINDS = "oetl_"
"""The start of the names of the binds that we add; users' names never start so."""

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<alternative>[nN]?[qQ]'.)
    | (?P<text>[nN]?'(?:[^']|'')*')
    | (?P<quoted>"[^"]+")
    | (?P<comment>--|/\*)
    | (?P<bind>:\s*[\w$#]+)
    | (?P<word>[^\W\d][\w$#]*)
    | (?P<number>\d[\w.]*|\.\d\w*)
    | (?P<sign>:=|[-+*/<>=!^~|,.()%])
    """,
    re.VERBOSE | re.DOTALL,
)
_ORDER_TERM = re.compile(
    r'\s*(?P<column>"[^"]+"|[^\W\d][\w$#]*)'
    r"(?P<direction>\s+(?:ASC|DESC))?(?P<nulls>\s+NULLS\s+(?:FIRST|LAST))?\s*\Z",
    re.IGNORECASE,
)
_NOT_IN_A_PREDICATE = frozenset({"SELECT", "WITH", "UNION", "MINUS", "INTERSECT", "MODEL"})
_COUNTS_ROWS = "ROWNUM"
_NOT_IN_A_QUERY = frozenset({"INTO", "PROCEDURE", "FUNCTION", "BEGIN", "DECLARE"})


def check_predicate(predicate: str, *, binds: Iterable[str]) -> None:
    """Refuse a `where` that tries more than a predicate."""
    words = _checked(predicate, binds, what="where")
    forbidden = sorted(_NOT_IN_A_PREDICATE.intersection(words))
    if forbidden:
        raise _refused("where", f"it holds {forbidden[0]}; a predicate has no query inside")
    if _COUNTS_ROWS in words:
        why = (
            "it holds ROWNUM, which would count anew in each part of a table; execute with `limit`"
        )
        raise _refused("where", why)


def check_query(query: str, *, binds: Iterable[str] | None) -> None:
    """Refuse a `query` that is anything but one SELECT; binds of None are not looked at."""
    words = _checked(query, binds, what="query")
    if not words or words[0] not in {"SELECT", "WITH"}:
        raise _refused("query", "it must start with SELECT or WITH")
    forbidden = sorted(_NOT_IN_A_QUERY.intersection(words))
    if forbidden:
        raise _refused("query", f"it holds {forbidden[0]}")


def order_term(term: str) -> str:
    """Return a term of `order` as SQL, its column in quotes; InvalidRequest for anything else."""
    match = _ORDER_TERM.match(term)
    if match is None:
        raise InvalidRequest(
            f"`order` holds {term!r}, which is no column",
            hint='write COLUMN, COLUMN DESC or "Mixed Case" NULLS LAST',
        )
    column = match["column"]
    name = column[1:-1] if column.startswith('"') else column.upper()
    rest = " ".join(((match["direction"] or "") + (match["nulls"] or "")).upper().split())
    return f"{quote_identifier(name)} {rest}".strip()


def _checked(text: str, binds: Iterable[str] | None, *, what: str) -> list[str]:
    """Return the bare words, in upper case."""
    given = None if binds is None else {name.upper() for name in binds}
    words: list[str] = []
    depth = 0
    for kind, token in _tokens(text, what):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth < 0:
            raise _refused(what, "it closes a parenthesis that it did not open")
        if kind == "word":
            words.append(token.upper())
        elif kind == "bind":
            _check_bind(token[1:].strip(), given, what)
    if depth:
        raise _refused(what, "it leaves a parenthesis open")
    if not text.strip():
        raise _refused(what, "it is empty")
    return words


def _tokens(text: str, what: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _refused(what, f"{text[at : at + 10]!r} is not allowed in it")
        kind, token = match.lastgroup or "", match.group()
        if kind == "comment":
            raise _refused(what, "it holds a comment")
        if kind == "alternative":
            raise _refused(what, "it quotes text as q'...'; write '...' with '' for a quote")
        if kind != "space":
            yield kind, token
        at = match.end()


def _check_bind(name: str, given: set[str] | None, what: str) -> None:
    if name.lower().startswith(OUR_BINDS):
        raise _refused(what, f"names of binds must not start with {OUR_BINDS}")
    if given is not None and name.upper() not in given:
        raise _refused(what, f"it asks for the bind :{name}, which `binds` does not give")


def _refused(what: str, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"`{what}` is refused: {why}",
        hint="write one plain condition, such as STATUS = 'OPEN' AND CREATED >= :since"
        if what == "where"
        else "write one SELECT without comments and without a semicolon",
        details={what: why},
    )
