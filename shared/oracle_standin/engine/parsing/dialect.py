"""Statements into sqlglot's trees, with nothing translated on the way.

sqlglot's own Oracle dialect turns functions into other databases' forms and loses their
arguments' spelling. This one keeps every function as a name with arguments; the few with a
syntax of their own (CAST, TRIM, EXTRACT, XMLSERIALIZE, JSON_SERIALIZE) are read here.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.oracle import Oracle
from sqlglot.errors import SqlglotError
from sqlglot.parsers.oracle import OracleParser
from sqlglot.tokenizer_core import TokenType

from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.parsing.foreign_words import refuse_foreign_words, unread
from oracle_standin.engine.parsing.lexer import Kind, Token, tokens_of
from oracle_standin.port import OracleError

TYPE_ARGUMENT = "DECLARED TYPE"
DATE_LITERAL = "DATE LITERAL"
TIMESTAMP_LITERAL = "TIMESTAMP LITERAL"


def _call(name: str, *arguments: exp.Expr | None) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[one for one in arguments if one is not None])


def _declared_type(parser: OracleParser) -> exp.Expr:
    """Take the tokens up to the closing parenthesis as a type's name."""
    words: list[str] = []
    depth = 0
    while parser._curr and (depth or parser._curr.token_type != TokenType.R_PAREN):  # noqa: SLF001 -- a parser's hook
        depth += (parser._curr.token_type == TokenType.L_PAREN) - (  # noqa: SLF001 -- as above
            parser._curr.token_type == TokenType.R_PAREN  # noqa: SLF001 -- as above
        )
        words.append(parser._curr.text)  # noqa: SLF001 -- as above
        parser._advance()  # noqa: SLF001 -- as above
    return _call(TYPE_ARGUMENT, exp.Literal.string(" ".join(words)))


def _cast(parser: OracleParser) -> exp.Expr:
    value = parser._parse_disjunction()  # noqa: SLF001 -- a parser's hook
    parser._match(TokenType.ALIAS)  # noqa: SLF001 -- as above
    return _call("CAST", value, _declared_type(parser))


def _xml_serialize(parser: OracleParser) -> exp.Expr:
    if not parser._match_text_seq("CONTENT"):  # noqa: SLF001 -- a parser's hook
        parser._match_text_seq("DOCUMENT")  # noqa: SLF001 -- as above
    value = parser._parse_bitwise()  # noqa: SLF001 -- as above
    kind = _declared_type(parser) if parser._match(TokenType.ALIAS) else None  # noqa: SLF001 -- as above
    return _call("XMLSERIALIZE", value, kind)


def _json_serialize(parser: OracleParser) -> exp.Expr:
    value = parser._parse_bitwise()  # noqa: SLF001 -- a parser's hook
    returning = parser._match_text_seq("RETURNING")  # noqa: SLF001 -- as above
    return _call("JSON_SERIALIZE", value, _declared_type(parser) if returning else None)


def _literal(name: str) -> Callable[..., exp.Expr]:
    return lambda _parser, this, _kind: _call(name, this)


class PlainParser(OracleParser):
    """Oracle's grammar with functions left as they are written."""

    TERM: ClassVar = {
        TokenType.DASH: exp.Sub,
        TokenType.PLUS: exp.Add,
        TokenType.DPIPE: exp.DPipe,
    }
    """Binary + - and ||, which Oracle reads from left to right."""
    FUNCTIONS: ClassVar = {}
    FUNCTION_PARSERS: ClassVar = {
        "CAST": _cast,
        "EXTRACT": OracleParser.FUNCTION_PARSERS["EXTRACT"],
        "TRIM": OracleParser.FUNCTION_PARSERS["TRIM"],
        "XMLSERIALIZE": _xml_serialize,
        "JSON_SERIALIZE": _json_serialize,
    }
    NO_PAREN_FUNCTIONS: ClassVar = {}
    NO_PAREN_FUNCTION_PARSERS: ClassVar = {
        name: OracleParser.NO_PAREN_FUNCTION_PARSERS[name] for name in ("CASE", "PRIOR", "ANY")
    }
    TYPE_LITERAL_PARSERS: ClassVar = {
        exp.DType.DATE: _literal(DATE_LITERAL),
        exp.DType.TIMESTAMP: _literal(TIMESTAMP_LITERAL),
    }


UNRESERVED = (
    "SYSTIMESTAMP",
    "LOCALTIMESTAMP",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "CURRENT_TIME",
    "CURRENT_USER",
    "CURRENT_ROLE",
    "CURRENT_DATETIME",
    "SESSION_USER",
    "TOP",
)


class PlainOracle(Oracle):
    """Oracle's dialect with that grammar, and with fewer reserved words."""

    Parser = PlainParser

    class Tokenizer(Oracle.Tokenizer):
        """Oracle's tokens; names of functions without arguments are ordinary words."""

        KEYWORDS: ClassVar = {
            word: kind for word, kind in Oracle.Tokenizer.KEYWORDS.items() if word not in UNRESERVED
        }


@dataclass(frozen=True, slots=True)
class Parsed:
    """A statement's tree, and the name of a bind for each place where one stands."""

    tree: exp.Expr
    places: tuple[str, ...]
    returning_into: tuple[str, ...] = ()


@functools.lru_cache(maxsize=2048)
def parse(statement: str) -> Parsed:
    """Read a query or a change of rows; nobody may modify the tree."""
    tokens = tokens_of(statement)
    if len(tokens) > 1 and tokens[-2].text == ";" and tokens[-2].kind is Kind.SYMBOL:
        raise _at(911, tokens[-2])
    kept, into = _without_into(tokens)
    places = tuple(token.text for token in tokens if token.kind is Kind.BIND)
    text = " ".join(_rewritten(kept))
    try:
        trees = sqlglot.parse(text, dialect=PlainOracle)
    except (SqlglotError, RecursionError):
        raise unread(tokens) from None
    refuse_foreign_words(tokens)
    if len(trees) != 1 or trees[0] is None:
        raise ora(900)
    return Parsed(trees[0], places, into)


def parse_expression(text: str) -> exp.Expr:
    """Read an expression such as a DEFAULT or a CHECK."""
    tree = parse(f"SELECT {text} FROM DUAL").tree  # noqa: S608 -- read, not run
    chosen = tree.expressions
    if len(chosen) != 1 or not isinstance(tree, exp.Select):
        raise ora(936)
    return chosen[0]  # type: ignore[no-any-return]


def parse_condition(text: str) -> exp.Expr:
    """Read a condition such as a CHECK's."""
    tree = parse(f"SELECT 1 FROM DUAL WHERE {text}").tree  # noqa: S608 -- read, not run
    return tree.args["where"].this  # type: ignore[no-any-return]


def _at(code: int, token: Token) -> OracleError:
    error = ora(code)
    return OracleError(error.code, error.text, position=token.start)


def _without_into(tokens: list[Token]) -> tuple[list[Token], tuple[str, ...]]:
    """Cut `INTO :a, :b` off the end of a RETURNING clause."""
    words = [token.text if token.kind is Kind.WORD else "" for token in tokens]
    if not tokens or words[0] not in {"INSERT", "UPDATE", "DELETE"} or "RETURNING" not in words:
        return tokens, ()
    start = words.index("RETURNING")
    if "INTO" not in words[start:]:
        raise _at(925, tokens[-1])
    into = words.index("INTO", start)
    binds = tuple(token.text for token in tokens[into:] if token.kind is Kind.BIND)
    return tokens[:into], binds


def _rewritten(tokens: list[Token]) -> list[str]:
    """Write the tokens again as sqlglot reads them, each place of a bind as one of its own."""
    written: list[str] = []
    numbers = itertools.count()
    for index, token in enumerate(tokens):
        following = tokens[index + 1].text if index + 1 < len(tokens) else ""
        if token.kind is Kind.WORD and token.text == "LOCAL" and written[-1:] == ["AT"]:
            written.append("TIME ZONE SESSIONTIMEZONE")
        elif token.kind is Kind.SYMBOL and token.text == "@":
            raise not_done_here(f"database links (@{following})")
        else:
            written.append(f":b{next(numbers)}" if token.kind is Kind.BIND else _written(token))
    return written


def _written(token: Token) -> str:
    if token.kind in {Kind.STRING, Kind.NATIONAL}:
        prefix = "N" if token.kind is Kind.NATIONAL else ""
        return f"{prefix}'" + token.text.replace("'", "''") + "'"
    if token.kind is Kind.QUOTED:
        return f'"{token.text}"'
    if token.kind is Kind.NUMBER and token.text[-1] in "fFdD":
        name = "TO_BINARY_FLOAT" if token.text[-1] in "fF" else "TO_BINARY_DOUBLE"
        return f"{name}('{token.text[:-1]}')"
    return token.text
