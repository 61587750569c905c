"""LIKE and the REGEXP functions."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.coercion import as_text, converted
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.functions.registry import built, counted, like_first
from oracle_standin.engine.kinds import NUMBER, Compiled, Frame, Value
from oracle_standin.port import ColumnType

Gives = ColumnType | Callable[[Sequence[Compiled]], ColumnType]
CLASSES = {
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:space:]": r"\s",
    "[:punct:]": r"!-/:-@\[-`{-~",
    "[:xdigit:]": "0-9A-Fa-f",
    "[:cntrl:]": r"\x00-\x1f\x7f",
}

END_OF_TEXT = re.compile(r"(?<!\\)\$(?![^\[]*\])")
"""A $ that is no member of a class: Python's also matches before a line feed at the end."""


@functools.lru_cache(maxsize=512)
def like_pattern(pattern: str, escape: str | None) -> re.Pattern[str]:
    """Turn a LIKE pattern into a regular expression; ORA-01424 for a stray escape."""
    written: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if escape is not None and character == escape:
            escaped = next(characters, "")
            if escaped not in {"%", "_", escape}:
                raise ora(1424)
            written.append(re.escape(escaped))
        else:
            written.append({"%": ".*", "_": "."}.get(character, re.escape(character)))
    return re.compile("".join(written), re.DOTALL)


@functools.lru_cache(maxsize=512)
def regular(pattern: str, options: str) -> re.Pattern[str]:
    """Compile a POSIX pattern with Oracle's match options."""
    flags = 0
    for option in options:
        if option not in "icnmx":
            raise ora(1760)
        flags |= {"i": re.IGNORECASE, "n": re.DOTALL, "m": re.MULTILINE, "x": re.VERBOSE}.get(
            option, 0
        )
    text = pattern
    for name, members in CLASSES.items():
        text = text.replace(name, members)
    if "[:" in text or "[=" in text or "[." in text:
        raise not_done_here(f"the character class in {pattern!r}")
    try:
        return re.compile(END_OF_TEXT.sub(r"\\Z", text) if "m" not in options else text, flags)
    except re.error:
        raise ora(12726) from None


def _searching(
    name: str, body: Callable[..., Value], *, least: int, most: int, gives: Gives
) -> None:
    """Declare a function over text and pattern, whose later arguments may be NULL."""

    @built(name)
    def build(arguments: Sequence[Compiled]) -> Compiled:
        counted(arguments, least, most)
        fitted = [
            converted(one, NUMBER) if one.type.type in kinds.NUMERICS else as_text(one)
            for one in arguments
        ]
        runs = [one.run for one in fitted]

        def value(frame: Frame) -> Value:
            text, pattern, *options = (run(frame) for run in runs)
            if text is None or pattern is None:
                return None
            found = body(text, pattern, *options)
            return found if found != "" else None

        kind = gives if isinstance(gives, ColumnType) else gives(arguments)
        return Compiled(type=kind, run=value)


def _like(text: str, pattern: str, options: str | None = None) -> bool:
    return regular(pattern, options or "").search(text) is not None


def _replaced(
    text: str,
    pattern: str,
    by: str | None = None,
    position: Decimal = Decimal(1),
    occurrence: Decimal = Decimal(0),
    options: str | None = None,
) -> str | None:
    if None in {position, occurrence}:
        return None
    start = int(position) - 1
    count = 0

    def exchange(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        if occurrence and count != occurrence:
            return match[0]
        return re.sub(r"\\([1-9])", lambda group: match[int(group[1])] or "", by or "")

    return text[:start] + regular(pattern, options or "").sub(exchange, text[start:])


def _found(
    text: str,
    pattern: str,
    position: Decimal = Decimal(1),
    occurrence: Decimal = Decimal(1),
    options: str | None = None,
    group: Decimal = Decimal(0),
) -> str | None:
    if None in {position, occurrence, group}:
        return None
    matches = list(regular(pattern, options or "").finditer(text, int(position) - 1))
    if len(matches) < occurrence:
        return None
    return matches[int(occurrence) - 1][int(group)]


def _counted_matches(
    text: str, pattern: str, position: Decimal = Decimal(1), options: str | None = None
) -> Decimal | None:
    if position is None:
        return None
    matches = regular(pattern, options or "").finditer(text, int(position) - 1)
    return Decimal(sum(1 for _ in matches))


def _place(text: str, pattern: str) -> Decimal:
    match = regular(pattern, "").search(text)
    return Decimal(match.start() + 1 if match else 0)


_searching("REGEXP_LIKE", _like, least=2, most=3, gives=kinds.BOOLEAN)
_searching("REGEXP_REPLACE", _replaced, least=2, most=6, gives=like_first)
_searching("REGEXP_SUBSTR", _found, least=2, most=6, gives=like_first)
_searching("REGEXP_COUNT", _counted_matches, least=2, most=4, gives=NUMBER)
_searching("REGEXP_INSTR", _place, least=2, most=2, gives=NUMBER)
