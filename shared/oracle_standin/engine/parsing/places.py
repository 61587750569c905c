"""Where in a statement an error about a name points."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from oracle_standin.engine.parsing.lexer import Kind, Token, tokens_of
from oracle_standin.port import OracleError

NO_SUCH_NAME, NO_SUCH_TABLE = 904, 942
NAMES = re.compile(r'"([^"]*)"')


class UnknownTable(OracleError):
    """ORA-00942, whose text does not say which table it is about."""

    def __init__(self, error: OracleError, path: tuple[str, ...]) -> None:
        super().__init__(error.code, error.text, position=error.position)
        self.path = path


@contextmanager
def about_table(*path: str | None) -> Iterator[None]:
    """Let ORA-00942 know the table that it is about."""
    try:
        yield
    except UnknownTable:
        raise
    except OracleError as error:
        if error.code != NO_SUCH_TABLE:
            raise
        raise UnknownTable(error, tuple(part for part in path if part)) from None


def placed(error: OracleError, statement: str) -> OracleError:
    """Return an error that points at the name in the statement that it is about."""
    path: Sequence[str] = ()
    if isinstance(error, UnknownTable):
        path = error.path
    elif error.code == NO_SUCH_NAME:
        path = NAMES.findall(error.text)
    if error.position or not path:
        return error
    return OracleError(error.code, error.text, position=_place(path, tokens_of(statement)))


def _place(path: Sequence[str], tokens: Sequence[Token]) -> int:
    """Return where the names stand with dots between them, or the last of them alone."""
    for names in (path, path[-1:]):
        wanted = [part for name in names for part in (".", name)][1:]
        for start, first in enumerate(tokens):
            texts = [token.text for token in tokens[start : start + len(wanted)]]
            if texts == wanted and first.kind in {Kind.WORD, Kind.QUOTED}:
                return first.start
    return 0
