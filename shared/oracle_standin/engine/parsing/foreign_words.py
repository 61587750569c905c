"""What sqlglot reads and Oracle refuses, and what Oracle knows and sqlglot does not read.

sqlglot's grammar is wider than Oracle's: it takes other databases' words without a complaint, and
some clauses without a trace in its tree. They are looked for among the tokens.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.parsing.lexer import Kind, Token
from oracle_standin.port import OracleError

BEHIND_FROM = {
    "WHERE", "GROUP", "HAVING", "ORDER", "CONNECT", "START", "UNION", "MINUS", "INTERSECT",
    "EXCEPT", "FETCH", "OFFSET", "FOR", "SET", "RETURNING",
}  # fmt: skip
NO_SYMBOL_OF_SQL = {"?", "!", "~", "&", "{", "}", "[", "]", "%", "|"}
NOT_DONE = (
    ("VERSIONS", "BETWEEN"), ("PERIOD", "FOR"), ("ON", "OVERFLOW"), ("MODEL",), ("JSON_TABLE",),
    ("XMLTABLE",), ("ON", "CONVERSION", "ERROR"), ("ON", "ERROR"), ("ON", "EMPTY"),
    ("JSON_OBJECT",), ("JSON_ARRAY",), ("JSON_QUERY",), ("JSON_VALUE",), ("JSON_SERIALIZE",),
    ("IS", "JSON"), ("PARTITION", "FOR"), ("SUBPARTITION", "FOR"), ("PARTITION", "BY"),
    ("IS", "OF"), ("IS", "A", "SET"), ("IS", "NOT", "A", "SET"), ("MEMBER", "OF"),
    ("SUBMULTISET",), ("MULTISET",), ("USING", "NCHAR_CS"), ("USING", "CHAR_CS"), ("COLLATE",),
    ("LIKEC",), ("LIKE2",), ("LIKE4",), ("LOG", "ERRORS"), ("CURRENT", "OF"),
    ("WITH", "FUNCTION"), ("WITH", "PROCEDURE"), ("FETCH", "APPROX"), ("FETCH", "APPROXIMATE"),
    ("(", "UNIQUE"), ("WINDOW",), ("INSERT", "INTO", "("), ("UPDATE", "("), ("SAMPLE", "("),
    ("FETCH", "FIRST", "-"),
    ("FETCH", "NEXT", "-"), ("BY", "NAME"), ("SET", "ROW"),
)  # fmt: skip
"""Constructs of Oracle's that sqlglot cannot read."""


def refuse_foreign_words(tokens: Sequence[Token]) -> None:
    """Raise the error that Oracle gives for words and symbols of other databases."""
    for token, following in itertools.pairwise(tokens):
        if token.kind is Kind.SYMBOL and token.text in NO_SYMBOL_OF_SQL:
            raise _at(911, token)
        if token.kind is Kind.QUOTED and not token.text:
            raise _at(1741, token)
        if token.kind is Kind.WORD:
            _refuse_pair(token, following)
    _refuse_from(tokens)


def _refuse_pair(token: Token, following: Token) -> None:
    if token.text == "INTERVAL" and following.kind is Kind.NUMBER:
        raise _at(923, following)
    if token.text == "TABLESAMPLE" and following.text == "(":
        raise _at(933, token)
    if token.text == "FOR" and following.text in {"SYSTEM_TIME", "SHARE", "KEY", "NO"}:
        raise _at(933, token)


def _refuse_from(tokens: Sequence[Token]) -> None:
    """Raise ORA-00933 for an AS in a FROM clause, ORA-00905 for a JOIN without a condition."""
    clauses = [""]
    unmet = [0]
    previous = ""
    for token, following in itertools.pairwise(tokens):
        if token.kind is Kind.SYMBOL:
            _nest(token, previous, clauses, unmet)
        elif token.kind is Kind.WORD:
            clauses[-1] = _clause(token.text, clauses[-1])
            if clauses[-1] == "FROM":
                _refuse_alias_word(token, following)
                unmet[-1] += _conditions(token.text, following.text)
            elif unmet[-1] > 0:
                raise _at(905, token)
        previous = token.text
    if tokens and max(unmet) > 0:
        raise _at(905, tokens[-1])


def _refuse_alias_word(token: Token, following: Token) -> None:
    if token.text == "AS" and following.text != "OF":
        raise _at(933, token)


def _conditions(word: str, following: str) -> int:
    """Tell how many join conditions more, or fewer, are awaited behind a word."""
    if word == "JOIN":
        return 1
    needless = word == "NATURAL" or (word == "CROSS" and following == "JOIN")
    return -1 if needless or word in {"ON", "USING"} else 0


def _nest(token: Token, previous: str, clauses: list[str], unmet: list[int]) -> None:
    if token.text == "(":
        of_tables = clauses[-1] == "FROM" and previous in {"FROM", "JOIN", ",", "("}
        clauses.append("FROM" if of_tables else "")
        unmet.append(0)
    elif token.text == ")" and len(clauses) > 1:
        clauses.pop()
        if unmet.pop() > 0:
            raise _at(905, token)


def _clause(word: str, before: str) -> str:
    """Return the clause that a word is in; FROM only behind SELECT, as EXTRACT has one too."""
    if word == "SELECT" or word in BEHIND_FROM:
        return word
    return "FROM" if word == "FROM" and before == "SELECT" else before


def unread(tokens: Sequence[Token]) -> OracleError:
    """Name the construct that kept a statement from being read, or make ORA-00933."""
    texts = [token.text if token.kind in {Kind.WORD, Kind.SYMBOL} else "" for token in tokens]
    for phrase in NOT_DONE:
        length = len(phrase)
        if any(tuple(texts[at : at + length]) == phrase for at in range(len(texts))):
            return not_done_here(" ".join(phrase))
    return _at(933, tokens[-1])


def _at(code: int, token: Token) -> OracleError:
    error = ora(code)
    return OracleError(error.code, error.text, position=token.start)
