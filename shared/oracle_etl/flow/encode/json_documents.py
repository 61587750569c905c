"""JSON text on its way into a line, where it is embedded as it is."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from oracle_etl.flow.encode.large_json import is_json
from oracle_etl.model.errors import UnreadableValue

_PIECE = 2**18
_ENDS_OF_LINE = bytes.maketrans(b"\r\n", b"  ")
"""Inside strings JSON has no bare ends of line, so these stand between its tokens."""


def on_one_line(text: bytes, *, column: str) -> bytes:
    """Return a document without ends of line; UnreadableValue where it is none."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _no_json(f"{error}", column) from error
    return text.translate(_ENDS_OF_LINE)


def large_on_one_line(text: memoryview, *, column: str) -> Iterator[bytes]:
    """Yield the same of a large document in pieces; it is looked through, never built."""
    if not is_json(text):
        raise _no_json(f"a document of {len(text)} bytes", column)
    for start in range(0, len(text), _PIECE):
        yield bytes(text[start : start + _PIECE]).translate(_ENDS_OF_LINE)


def _no_json(fault: str, column: str) -> UnreadableValue:
    return UnreadableValue(
        f"column {column} holds text that is no JSON: {fault}",
        hint="exclude the column, or select it as text with a `query`",
    )
