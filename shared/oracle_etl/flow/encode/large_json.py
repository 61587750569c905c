"""Large JSON documents: looked through run by run; to build one takes 20 times its size."""

from __future__ import annotations

import re

from oracle_etl.flow.encode.arrow_text import first_broken_byte

_SPACE = rb"[ \t\r\n]*+"
_PLAIN_ESCAPE = rb"""\\["\\/bfnrt]"""
_HALF_PAIRS = rb"\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
_PAIRS = rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_STRING = rb'"(?>[^"\\\x00-\x1f]++|' + b"|".join((_PLAIN_ESCAPE, _HALF_PAIRS, _PAIRS)) + rb')*+"'
_NUMBER = rb"-?+(?>0|[1-9][0-9]*+)(?>\.[0-9]++)?+(?>[eE][+-]?+[0-9]++)?+"
_SCALAR = rb"(?>" + b"|".join((_STRING, _NUMBER, b"true", b"false", b"null")) + rb")"
_KEY = _STRING + _SPACE + rb":" + _SPACE
_MOST_AT_ONCE = b"{0,4096}+"
"""A run that is longer takes another step; it bounds what one step of the expression looks at."""

_SKIPPED = re.compile(_SPACE)
_SIMPLE_ITEMS = re.compile(rb"(?>" + _SCALAR + _SPACE + rb"," + _SPACE + rb")" + _MOST_AT_ONCE)
_SIMPLE_MEMBERS = re.compile(
    rb"(?>" + _KEY + _SCALAR + _SPACE + rb"," + _SPACE + rb")" + _MOST_AT_ONCE
)
_ONE_SCALAR = re.compile(_SCALAR)
_ONE_KEY = re.compile(_KEY)
_CLOSING = {ord("["): b"]", ord("{"): b"}"}


def is_json(text: bytes | memoryview) -> bool:
    """Tell whether a text is one JSON value, as strict as the reader of small ones."""
    return first_broken_byte(text) is None and _Walk(text).is_whole()


class _Walk:
    """One way through a text; of what lies behind it remembers the open brackets alone."""

    def __init__(self, text: bytes | memoryview) -> None:
        self._text = text
        self._at = 0
        self._open = bytearray()

    def is_whole(self) -> bool:
        """Tell whether a value fills the text."""
        self._take(_SKIPPED)
        while self._begin_value():
            while self._open and self._next() == _CLOSING[self._open[-1]]:
                self._open.pop()
                self._step()
            if not self._open:
                return self._at == len(self._text)
            if self._next() != b",":
                return False
            self._step()
            if not self._reach_value():
                return False
        return False

    def _begin_value(self) -> bool:
        """Go behind a scalar, or into arrays and objects as far as their first scalar or end."""
        while self._next() in {b"[", b"{"}:
            self._open.append(self._text[self._at])
            self._step()
            if self._next() == _CLOSING[self._open[-1]]:
                return True
            if not self._reach_value():
                return False
        return self._take(_ONE_SCALAR) and self._take(_SKIPPED)

    def _reach_value(self) -> bool:
        """Go over simple items or members to the next value; in an object that follows a key."""
        simple = _SIMPLE_ITEMS if self._open[-1] == ord("[") else _SIMPLE_MEMBERS
        before = -1
        while self._at > before:
            before = self._at
            self._take(simple)
        return simple is _SIMPLE_ITEMS or self._take(_ONE_KEY)

    def _next(self) -> bytes:
        return bytes(self._text[self._at : self._at + 1])

    def _step(self) -> None:
        self._at += 1
        self._take(_SKIPPED)

    def _take(self, expected: re.Pattern[bytes]) -> bool:
        found = expected.match(self._text, self._at)
        if found is None:
            return False
        self._at = found.end()
        return True
