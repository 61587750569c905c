"""What a setting is, and how its text becomes a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import Field, field, fields
from pathlib import Path
from typing import Any

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
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


def setting(variable: str, path: str, /, default: Any, says: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a setting."""
    return field(default=default, metadata={"variable": variable, "path": path, "says": says})


def declared(group: type) -> Iterator[Field[Any]]:
    """Return the settings of a group."""
    return (each for each in fields(group) if "variable" in each.metadata)


def _truth(text: object) -> bool:
    word = str(text).strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError(f"{text!r} is neither true nor false")


def _duration(text: object) -> Seconds:
    match = _DURATION.match(str(text).strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as 30s or 5m")
    return Seconds(float(match[1]) * _SECONDS[match[2]])


def _whole(text: object) -> int:
    try:
        number = int(str(text).strip())
    except ValueError as error:
        raise ValueError(f"{text!r} is not a whole number") from error
    if number < 0:
        raise ValueError(f"{number} is below zero")
    return number


def _list(text: object) -> tuple[str, ...]:
    parts = text if isinstance(text, list) else str(text).split(",")
    return tuple(str(part).strip() for part in parts if str(part).strip())


PARSERS: dict[Any, Callable[[object], object]] = {
    int: _whole,
    str: lambda text: str(text).strip(),
    bool: _truth,
    Path: lambda text: Path(str(text)).expanduser(),
    Seconds: _duration,
    Secret: lambda text: Secret(str(text)),
    tuple[str, ...]: _list,
    tuple[Secret, ...]: lambda text: tuple(Secret(each) for each in _list(text)),
}
