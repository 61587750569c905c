"""Page tokens: opaque texts that name the last row of a page, and the list it was a page of."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence

from oracle_etl.model.errors import InvalidRequest

Key = tuple[int | str, ...]

_LONGEST_TOKEN = 2048
_LARGEST_INTEGER = 2**63


def page_token(list_name: Sequence[str | None], key: Key) -> str:
    """Return the token for whatever comes after a key in a list; the list's filters are its name.

    A token is no secret and no permission: whoever makes one up reads from another place of a
    list that they may read anyway.
    """
    body = json.dumps([*list_name, *key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def key_of(token: str, list_name: Sequence[str | None], kinds: Sequence[type]) -> Key:
    """Return the key that a token names; InvalidRequest for what this list never gave."""
    try:
        listed = _read(token)
    except (ValueError, RecursionError, binascii.Error):
        listed = []
    same_list = listed[: len(list_name)] == list(list_name)
    rest = listed[len(list_name) :]
    key = tuple(each for each in rest if isinstance(each, int | str))
    same_kinds = [type(each) for each in rest] == list(kinds)
    if not (same_list and same_kinds and _can_be_bound(key)):
        raise InvalidRequest(
            "this page token is not one of this list",
            hint="take next_page_token from the page before, with the same filters",
        )
    return key


def _read(token: str) -> list[object]:
    if len(token) > _LONGEST_TOKEN:
        raise ValueError("too long")
    padded = token.encode("ascii") + b"=" * (-len(token) % 4)
    listed = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(listed, list):
        raise ValueError("not a list")  # noqa: TRY004 - the caller sees one kind of error
    return listed


def _can_be_bound(key: Key) -> bool:
    return all(
        abs(each) < _LARGEST_INTEGER if isinstance(each, int) else _is_unicode(each) for each in key
    )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
