"""Binds as they stand in a statement: which names, in which order, and which are written into.

A client sends the values of SQL one per appearance of a name and of PL/SQL one per name, and no
value at all for what RETURNING ... INTO names; so a server has to read the statement first.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""
      --[^\n]* | /\*.*?\*/                                  # comments
    | [nN]?[qQ]'(?:\[.*?\]'|\{.*?\}'|\(.*?\)'|<.*?>'|(?P<mark>[^\s\[{(<]).*?(?P=mark)')
    | '(?:[^']|'')*'(?:\s*:)?                               # text; a colon after it is JSON's
    | :\s*(?P<bind>"[^"]+"|[0-9]+|[^\W\d_][\w$\#]*)         # a bind
    | "[^"]*"                                               # a quoted name
    | (?P<word>[^\W\d_]+)
    """,
    re.VERBOSE | re.DOTALL,
)
PLSQL = frozenset({"BEGIN", "DECLARE", "CALL"})
CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})
WITHOUT_BINDS = frozenset(
    {
        "CREATE",
        "ALTER",
        "DROP",
        "GRANT",
        "REVOKE",
        "ANALYZE",
        "AUDIT",
        "COMMENT",
        "TRUNCATE",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholders:
    """The binds of a statement, one entry for each value that a client describes."""

    names: tuple[str, ...]
    returned_from: int
    """Index of the first that RETURNING writes into; their count where there is none."""
    is_plsql: bool

    def returned(self) -> int:
        """Count the binds that RETURNING writes into."""
        return len(self.names) - self.returned_from


@functools.lru_cache(maxsize=512)
def placeholders(statement: str) -> Placeholders:
    """Find the binds of a statement as the thin driver finds them."""
    names: list[str] = []
    returned_from: int | None = None
    first = ""
    returning = False
    for found in TOKEN.finditer(statement):
        if word := found["word"]:
            word = word.upper()
            first = first or word
            if first in WITHOUT_BINDS:
                break
            returning = returning or (word == "RETURNING" and first in CHANGES)
            if word == "INTO" and returning and returned_from is None:
                returned_from = len(names)
        elif bind := found["bind"]:
            names.append(bind.strip('"') if bind.startswith('"') else bind.upper())
    is_plsql = first in PLSQL
    if is_plsql:
        names = list(dict.fromkeys(names))
    return Placeholders(
        names=tuple(names),
        returned_from=len(names) if returned_from is None else returned_from,
        is_plsql=is_plsql,
    )
