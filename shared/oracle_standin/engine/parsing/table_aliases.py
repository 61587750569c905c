"""AS in front of a table's alias, which sqlglot reads and Oracle refuses."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from oracle_standin.engine.errors import ora
from oracle_standin.engine.parsing.lexer import Kind, Token
from oracle_standin.port import OracleError

BEHIND_FROM = {
    "WHERE", "GROUP", "HAVING", "ORDER", "CONNECT", "START", "UNION", "MINUS", "INTERSECT",
    "EXCEPT", "FETCH", "OFFSET", "FOR", "SET", "RETURNING",
}  # fmt: skip


def refuse_alias_words(tokens: Sequence[Token]) -> None:
    """Raise ORA-00933 for an AS in a FROM clause; only AS OF may stand there."""
    clauses = [""]
    for token, following in itertools.pairwise(tokens):
        if token.kind is Kind.SYMBOL:
            _nest(token.text, clauses)
        elif token.kind is Kind.WORD:
            clauses[-1] = _clause(token.text, clauses[-1])
            if token.text == "AS" and clauses[-1] == "FROM" and following.text != "OF":
                error = ora(933)
                raise OracleError(error.code, error.text, position=token.start)


def _nest(symbol: str, clauses: list[str]) -> None:
    if symbol == "(":
        clauses.append("")
    elif symbol == ")" and len(clauses) > 1:
        clauses.pop()


def _clause(word: str, before: str) -> str:
    """Return the clause that a word is in; FROM only behind SELECT, as EXTRACT has one too."""
    if word == "SELECT" or word in BEHIND_FROM:
        return word
    return "FROM" if word == "FROM" and before == "SELECT" else before
