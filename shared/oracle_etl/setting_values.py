"""What a setting is, and how its text becomes a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import Field, field, fields
from pathlib import Path
from typing import Any

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST_SECONDS = 3650 * 86400.0
"""No clock takes just any time to wait."""
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class Secret:
    """A value that never shows itself: a text, or a reference that the vault resolves when used."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text as configured."""
        return self._text

    @property
    def is_reference(self) -> bool:
        """Whether the text names a secret (`secret:NAME`) instead of being one."""
        return self._text.startswith("secret:")

    @property
    def reference(self) -> str:
        """The name of the secret that a reference names."""
        return self._text.removeprefix("secret:")

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(...)"


class Seconds(float):
    """A duration; written as 30s, 5m, 1h, 250ms or a number of seconds."""


def setting(
    variable: str,
    path: str,
    /,
    default: Any,  # noqa: ANN401 - as dataclasses.field
    says: str,
    *,
    least: float | None = None,
    most: float | None = None,
    words: tuple[str, ...] = (),
) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a setting, and what it may be: a number from `least` to `most`, or one of `words`."""
    said = {"variable": variable, "path": path, "says": says}
    return field(default=default, metadata={**said, "least": least, "most": most, "words": words})


def declared(group: type) -> Iterator[Field[Any]]:
    """Return the settings of a group."""
    return (each for each in fields(group) if "variable" in each.metadata)


def parsed(each: Field[Any], kind: Any, found: object) -> object:  # noqa: ANN401 - a type
    """Return a setting's value; ValueError or TypeError, never with a secret, for a wrong one."""
    said = each.metadata
    value = PARSERS[kind](found)
    if said["words"]:
        return _word(value, said["words"])
    if said["least"] is not None and value < said["least"]:
        raise ValueError(f"{value} is below {said['least']}")
    if said["most"] is not None and value > said["most"]:
        raise ValueError(f"{value} is above {said['most']}")
    return value


def _word(given: str, words: tuple[str, ...]) -> str:
    found = next((each for each in words if each.lower() == given.lower()), None)
    if found is None:
        *others, last = filter(None, words)
        raise ValueError(f"{given!r} is not {', '.join(others)} or {last}")
    return found


def _text(given: object) -> str:
    # YAML takes 0123 for the number 83, and `no` for false: what was meant is gone by now.
    if not isinstance(given, str):
        raise TypeError("it must be a text: put it in quotes")
    return given


def _truth(text: object) -> bool:
    word = str(text).strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError(f"{text!r} is neither true nor false")


def _duration(text: object) -> Seconds:
    match = _DURATION.match(str(text).strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as 30s or 5m")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if seconds > _LONGEST_SECONDS:
        raise ValueError(f"{text!r} is longer than ten years")
    return Seconds(seconds)


def _whole(text: object) -> int:
    try:
        number = int(str(text).strip())
    except ValueError as error:
        raise ValueError(f"{text!r} is not a whole number") from error
    if number < 0:
        raise ValueError(f"{number} is below zero")
    return number


def _path(given: object) -> Path:
    text = _text(given).strip()
    if not text:
        # As a path it would be the folder that somebody happens to stand in.
        raise ValueError("it is empty: name a folder, or leave the setting out")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{text!r} names the home of nobody here") from error


def _list(given: object) -> tuple[str, ...]:
    parts = given if isinstance(given, list) else _text(given).split(",")
    texts = (_text(part).strip() for part in parts)
    return tuple(text for text in texts if text)


PARSERS: dict[Any, Callable[[object], Any]] = {
    int: _whole,
    str: lambda given: _text(given).strip(),
    bool: _truth,
    Path: _path,
    Seconds: _duration,
    # No password ends with the end of a line, but many a file that holds one does.
    Secret: lambda given: Secret(_text(given).rstrip("\r\n")),
    tuple[str, ...]: _list,
    tuple[Secret, ...]: lambda given: tuple(Secret(each) for each in _list(given)),
}
