"""LIKE and the REGEXP functions."""

from __future__ import annotations

import functools
import re
from decimal import Decimal

from oracle_standin.engine import kinds
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.functions.registry import function, like_first
from oracle_standin.engine.kinds import NUMBER
from oracle_standin.engine.settings import Settings

TEXT = kinds.varchar()
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
        return re.compile(text, flags)
    except re.error:
        raise ora(12726) from None


@function("REGEXP_LIKE", TEXT, TEXT, TEXT, gives=kinds.BOOLEAN, least=2)
def regexp_like(_settings: Settings, text: str, pattern: str, options: str = "") -> bool:
    """Tell whether a pattern is found."""
    return regular(pattern, options).search(text) is not None


@function("REGEXP_REPLACE", TEXT, TEXT, TEXT, NUMBER, NUMBER, TEXT, gives=like_first, least=2)
def regexp_replace(
    _settings: Settings,
    text: str,
    pattern: str,
    by: str = "",
    position: Decimal = Decimal(1),
    occurrence: Decimal = Decimal(0),
    options: str = "",
) -> str:
    """Exchange what a pattern finds."""
    start = int(position) - 1
    found = regular(pattern, options)
    count = 0

    def exchange(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        if occurrence and count != occurrence:
            return match[0]
        return re.sub(r"\\([1-9])", lambda group: match[int(group[1])] or "", by)

    return text[:start] + found.sub(exchange, text[start:])


@function("REGEXP_SUBSTR", TEXT, TEXT, NUMBER, NUMBER, TEXT, NUMBER, gives=like_first, least=2)
def regexp_substr(
    _settings: Settings,
    text: str,
    pattern: str,
    position: Decimal = Decimal(1),
    occurrence: Decimal = Decimal(1),
    options: str = "",
    group: Decimal = Decimal(0),
) -> str:
    """Return what a pattern finds."""
    matches = list(regular(pattern, options).finditer(text, int(position) - 1))
    if len(matches) < occurrence:
        return ""
    return matches[int(occurrence) - 1][int(group)] or ""


@function("REGEXP_COUNT", TEXT, TEXT, NUMBER, TEXT, gives=NUMBER, least=2)
def regexp_count(
    _settings: Settings,
    text: str,
    pattern: str,
    position: Decimal = Decimal(1),
    options: str = "",
) -> Decimal:
    """Count what a pattern finds."""
    return Decimal(sum(1 for _ in regular(pattern, options).finditer(text, int(position) - 1)))


@function("REGEXP_INSTR", TEXT, TEXT, gives=NUMBER)
def regexp_instr(_settings: Settings, text: str, pattern: str) -> Decimal:
    """Return where a pattern is found first, 0 where it is not."""
    match = regular(pattern, "").search(text)
    return Decimal(match.start() + 1 if match else 0)
