"""A statement's text as tokens: words, quoted names, strings, numbers, binds and symbols."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from oracle_standin.engine.errors import ora
from oracle_standin.engine.parsing.reserved_words import RESERVED
from oracle_standin.port import OracleError


class Kind(enum.Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted name"
    STRING = "string"
    NATIONAL = "national string"
    NUMBER = "number"
    BIND = "bind"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A token: words in capitals, names and strings without their quotes."""

    kind: Kind
    text: str
    start: int
    end: int


CLOSING = {"[": "]", "{": "}", "(": ")", "<": ">"}

PATTERN = re.compile(
    r"""
    (?P<skip>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<alternative>[nN]?[qQ]'(?P<open>.))
  | (?P<national>[nN]'(?:[^']|'')*')
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>"[^"]*")
  | (?P<number>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?(?![\w$#]))
  | (?P<bind>:\s*(?:"[^"]*"|[\w$\#]+))
  | (?P<word>[^\W\d_][\w$\#]*)
  | (?P<symbol>\|\||<=|>=|<>|!=|\^=|:=|=>|\*\*|\.\.|\(\+\)|[-+*/=<>(),.;@?%|!~&{}\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens_of(statement: str) -> list[Token]:
    """Split a statement into tokens, an END token last; ORA-00911 or 01756 where it cannot be."""
    found: list[Token] = []
    position = 0
    while position < len(statement):
        match = PATTERN.match(statement, position)
        if match is None:
            raise _unreadable(statement, position)
        kind = match.lastgroup or ""
        end = match.end()
        if kind == "open" or match["alternative"]:
            token, end = _alternative(statement, match)
            found.append(token)
        elif not match["skip"]:
            found.append(_token(kind, match))
        position = end
    found.append(Token(Kind.END, "", len(statement), len(statement)))
    return found


def _unreadable(statement: str, position: int) -> OracleError:
    code = 1756 if statement[position] in "'\"" else 911
    error = ora(code)
    return OracleError(error.code, error.text, position=position)


def _token(kind: str, match: re.Match[str]) -> Token:
    text, start, end = match[0], match.start(), match.end()
    if kind == "string":
        return Token(Kind.STRING, text[1:-1].replace("''", "'"), start, end)
    if kind == "national":
        return Token(Kind.NATIONAL, text[2:-1].replace("''", "'"), start, end)
    if kind == "quoted":
        return Token(Kind.QUOTED, text[1:-1], start, end)
    if kind == "bind":
        name = text[1:].strip()
        return Token(Kind.BIND, name[1:-1] if name[0] == '"' else name.upper(), start, end)
    if kind == "word":
        return Token(Kind.WORD, text.upper(), start, end)
    return Token(Kind[kind.upper()], text, start, end)


def _alternative(statement: str, match: re.Match[str]) -> tuple[Token, int]:
    """Read q'[it's]'."""
    closing = CLOSING.get(match["open"], match["open"]) + "'"
    end = statement.find(closing, match.end())
    if end < 0:
        raise ora(1756)
    kind = Kind.NATIONAL if match["alternative"][0] in "nN" else Kind.STRING
    stop = end + len(closing)
    return Token(kind, statement[match.end() : end], match.start(), stop), stop


class Tokens:
    """A walk over a statement's tokens."""

    def __init__(self, statement: str) -> None:
        self.statement = statement
        self.all = tokens_of(statement)
        self.position = 0

    @property
    def next(self) -> Token:
        """The token that stands next."""
        return self.all[self.position]

    def at(self, *words: str) -> bool:
        """Tell whether these words or symbols stand next."""
        ahead = self.all[self.position : self.position + len(words)]
        return len(ahead) == len(words) and all(
            token.text == word and token.kind in {Kind.WORD, Kind.SYMBOL}
            for token, word in zip(ahead, words, strict=True)
        )

    def took(self, *words: str) -> bool:
        """Step over these words where they stand next."""
        if not self.at(*words):
            return False
        self.position += len(words)
        return True

    def take(self) -> Token:
        """Step over one token."""
        token = self.next
        if token.kind is not Kind.END:
            self.position += 1
        return token

    def expect(self, *words: str) -> None:
        """Step over these words; ORA-00905, 00906 or 00907 where they do not stand next."""
        if not self.took(*words):
            raise self.error({"(": 906, ")": 907}.get(words[0], 905))

    def name(self) -> str:
        """Step over an identifier and return it as the dictionary spells it."""
        token = self.take()
        if token.kind not in {Kind.WORD, Kind.QUOTED}:
            raise self.error(904, '""')
        return token.text

    def new_name(self, refusal: int) -> str:
        """Step over the name of something new; an error where it is a reserved word."""
        token = self.next
        if token.kind is Kind.WORD and token.text in RESERVED:
            raise self.error(refusal, "")
        return self.name()

    def number(self) -> int:
        """Step over a whole number, signed or not."""
        sign = -1 if self.took("-") else 1
        token = self.take()
        if token.kind is not Kind.NUMBER or not token.text.isdigit():
            raise self.error(902)
        return sign * int(token.text)

    def ended(self) -> bool:
        """Tell whether nothing is left but a semicolon."""
        return self.next.kind is Kind.END or (
            self.at(";") and self.all[self.position + 1].kind is Kind.END
        )

    def end(self) -> None:
        """Insist that the statement ends here."""
        if not self.ended():
            raise self.error(933)

    def skip_parentheses(self) -> str:
        """Step over a parenthesis and return the text inside it."""
        self.expect("(")
        start = self.next.start
        depth = 1
        while depth:
            token = self.take()
            if token.kind is Kind.END:
                raise self.error(907)
            depth += (token.text == "(") - (token.text == ")") if _symbol(token) else 0
        return self.statement[start : self.all[self.position - 1].start]

    def text_until(self, *stops: str) -> str:
        """Step over an expression up to a comma, a closing parenthesis or one of the words."""
        start = self.next.start
        depth = 0
        while self.next.kind is not Kind.END:
            token = self.next
            if depth == 0 and (
                (_symbol(token) and token.text in {",", ")", ";"})
                or (token.kind is Kind.WORD and token.text in stops)
            ):
                break
            depth += (token.text == "(") - (token.text == ")") if _symbol(token) else 0
            self.take()
        return self.statement[start : self.next.start].strip()

    def error(self, code: int, *details: object) -> OracleError:
        """Make an error that points at the token that stands next."""
        made = ora(code, *details)
        return OracleError(made.code, made.text, position=self.next.start)


def _symbol(token: Token) -> bool:
    return token.kind is Kind.SYMBOL
