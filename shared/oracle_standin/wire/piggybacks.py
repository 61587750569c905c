"""Small calls that ride in front of another one and get no answer."""

from __future__ import annotations

import enum

from oracle_standin.wire.packets import ProtocolBroken
from oracle_standin.wire.primitives import Incoming

MOST_ENTRIES = 65535
ABORT_ON_ERROR = 2


class EndToEnd(enum.IntFlag):
    """Which end-to-end attributes a piggyback changes."""

    CLIENT_IDENTIFIER = 0x0001
    MODULE = 0x0008
    ACTION = 0x0010
    CLIENT_INFO = 0x0100
    DBOP = 0x0200


IN_ORDER = (
    (EndToEnd.CLIENT_IDENTIFIER, "client_identifier"),
    (EndToEnd.MODULE, "module"),
    (EndToEnd.ACTION, "action"),
    (None, None),
    (None, None),
    (EndToEnd.CLIENT_INFO, "client_info"),
    (None, None),
    (None, None),
    (EndToEnd.DBOP, "dbop"),
)
"""The attributes in the order of their lengths; the places between are never used."""


def read_closed_cursors(incoming: Incoming) -> list[int]:
    """Read which cursors the client is done with."""
    incoming.byte()
    count = incoming.integer()
    if not 0 <= count <= MOST_ENTRIES:
        raise ProtocolBroken(f"{count} cursors to close")
    return [incoming.integer() for _ in range(count)]


def read_schema(incoming: Incoming) -> str:
    """Read the schema that is to be current."""
    incoming.byte()
    return incoming.text()


def read_end_to_end(incoming: Incoming) -> dict[str, str | None]:
    """Read the end-to-end attributes that changed; None where one was cleared."""
    incoming.raw(2)
    flags = EndToEnd(incoming.integer())
    lengths = []
    for _ in IN_ORDER:
        incoming.byte()
        lengths.append(incoming.integer())
    changed: dict[str, str | None] = {}
    for (flag, name), length in zip(IN_ORDER, lengths, strict=True):
        if flag is None or name is None or flag not in flags:
            continue
        changed[name] = incoming.sized_text() if length else None
        if not length:
            # An attribute set to '' leaves a zero behind, a cleared one does not.
            incoming.skip_zero()
    return changed


def read_key_values(incoming: Incoming) -> dict[str, str | None]:
    """Read the entries of an application context, each named `namespace.key`."""
    incoming.byte()
    incoming.integer()
    incoming.byte()
    count = incoming.integer()
    if not 0 <= count <= MOST_ENTRIES:
        raise ProtocolBroken(f"{count} context entries")
    incoming.integer()
    incoming.byte()
    namespace = incoming.sized_text()
    entries: dict[str, str | None] = {}
    for _ in range(count):
        key = incoming.text()
        entries[f"{namespace}.{key}"] = incoming.text()
        incoming.integer()
    return entries


def skip_security_context(incoming: Incoming) -> None:
    """Read past the token of an end user."""
    incoming.integer()
    incoming.byte()
    for _ in range(incoming.integer()):
        incoming.integer()
        incoming.counted()
        incoming.counted()
        incoming.counted()


def read_begin_pipeline(incoming: Incoming) -> bool:
    """Read that a pipeline begins; return whether its first error ends it."""
    incoming.integer()
    incoming.byte()
    return incoming.byte() == ABORT_ON_ERROR
