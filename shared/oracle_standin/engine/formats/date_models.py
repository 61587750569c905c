"""Date format models taken apart into their elements."""

from __future__ import annotations

import enum
import functools
import re
from dataclasses import dataclass

from oracle_standin.engine.errors import not_done_here, ora


class Piece(enum.Enum):
    """What a part of a model is."""

    ELEMENT = "element"
    TEXT = "text"
    FILL = "FM"
    EXACT = "FX"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a model: an element in capitals, or text to be written as it stands."""

    piece: Piece
    text: str
    written: str
    """The element as the model spells it, for the case of names."""


ELEMENTS = (
    "SYYYY", "YYYY", "YYY", "YY", "Y,YYY", "Y", "RRRR", "RR", "IYYY", "IYY", "IY", "I",
    "SCC", "CC", "Q", "MONTH", "MON", "MM", "MI", "RM", "WW", "IW", "W",
    "DDD", "DD", "DAY", "DY", "D", "J", "HH24", "HH12", "HH", "SSSSS", "SS",
    "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "FF7", "FF8", "FF9", "FF",
    "A.M.", "P.M.", "AM", "PM", "A.D.", "B.C.", "AD", "BC",
    "TZH", "TZM", "TZR", "TZD", "X",
)  # fmt: skip
NOT_DONE = re.compile(r"DL|DS|TS|EE|E|SYEAR|YEAR", re.IGNORECASE)
"""Elements that write by a territory, an era or in words."""
PATTERN = re.compile(
    r'(?P<quoted>"[^"]*")|(?P<FX>FX)|(?P<FM>FM)|(?P<element>'
    + "|".join(re.escape(one) for one in sorted(ELEMENTS, key=len, reverse=True))
    + r")|(?P<text>[^\w\"])",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=256)
def date_model(model: str) -> tuple[Part, ...]:
    """Take a model apart; ORA-01821 where a part of it is unknown."""
    parts: list[Part] = []
    position = 0
    while position < len(model):
        match = PATTERN.match(model, position)
        if named := NOT_DONE.match(model, position):
            raise not_done_here(f"the element {named[0].upper()} of a date model")
        if match is None:
            raise ora(1821)
        parts.append(_part(match))
        position = match.end()
    return tuple(parts)


def _part(match: re.Match[str]) -> Part:
    written = match[0]
    if match["quoted"]:
        return Part(Piece.TEXT, written[1:-1], written)
    if match["FX"]:
        return Part(Piece.EXACT, "FX", written)
    if match["FM"]:
        return Part(Piece.FILL, "FM", written)
    if match["element"]:
        return Part(Piece.ELEMENT, written.upper(), written)
    return Part(Piece.TEXT, written, "")
