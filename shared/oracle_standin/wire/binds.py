"""Binds as they travel: first what each is, then a row of values for each execution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oracle_standin.port import Bind, OracleError, OracleType
from oracle_standin.values.cells import NULL_LENGTHS
from oracle_standin.wire.codes import Message
from oracle_standin.wire.lobs import LobStore
from oracle_standin.wire.packets import ProtocolBroken
from oracle_standin.wire.primitives import Incoming

ARRAY = 0x40
NATIONAL = 2
LONGEST_STRING = 32767
MOST_BINDS = 65535
MOST_ROWS = 10_000_000
COLUMN_IDS_SINCE = 8
BINARY_INTEGER = 3
REF_CURSOR = 102
OBJECT = 109
VECTOR = 127
ESCAPE_MARK = 253
LOBS = frozenset({OracleType.CLOB, OracleType.BLOB, OracleType.BFILE})
IMAGES = frozenset({OracleType.JSON, VECTOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class BindType:
    """What a client says about one bind, or about the form it wants a column in."""

    type: int
    size: int
    national: bool
    is_array: bool


def read_bind_types(incoming: Incoming, count: int, *, field_version: int) -> list[BindType]:
    """Read the descriptions of binds or of wanted columns."""
    if not 0 <= count <= MOST_BINDS:
        raise ProtocolBroken(f"{count} binds")
    return [_read_bind_type(incoming, field_version) for _ in range(count)]


def _read_bind_type(incoming: Incoming, field_version: int) -> BindType:
    kind, flags = incoming.raw(2)
    incoming.raw(2)
    size = incoming.integer()
    incoming.skip_integers(2)
    incoming.counted()
    incoming.skip_integers(2)
    form = incoming.byte()
    incoming.integer()
    if field_version >= COLUMN_IDS_SINCE:
        incoming.integer()
    return BindType(type=kind, size=size, national=form == NATIONAL, is_array=bool(flags & ARRAY))


def read_bind_rows(
    incoming: Incoming, types: Sequence[BindType], *, rows: int, lobs: LobStore, long_last: bool
) -> list[list[Bind]]:
    """Read the values of every execution; OracleError for what no stand-in can take."""
    if not 0 <= rows <= MOST_ROWS:
        raise ProtocolBroken(f"{rows} rows of binds")
    late = {index for index, kind in enumerate(types) if long_last and kind.size > LONGEST_STRING}
    order = [index for index in range(len(types)) if index not in late] + sorted(late)
    return [_read_bind_row(incoming, types, order, lobs) for _ in range(rows)]


def _read_bind_row(
    incoming: Incoming, types: Sequence[BindType], order: list[int], lobs: LobStore
) -> list[Bind]:
    if (found := incoming.byte()) != Message.ROW_DATA:
        raise ProtocolBroken(f"message {found} where a row of binds belongs")
    values: dict[int, Bind] = {}
    for index in order:
        values[index] = _read_bind(incoming, types[index], lobs)
    return [values[index] for index in range(len(types))]


def _read_bind(incoming: Incoming, kind: BindType, lobs: LobStore) -> Bind:
    if kind.is_array:
        raise OracleError(6550, "PL/SQL index-by tables as binds are beyond this stand-in")
    return Bind(
        type=oracle_type(kind),
        content=_read_content(incoming, kind.type, lobs),
        national=kind.national,
        size=kind.size,
    )


def oracle_type(kind: BindType) -> OracleType:
    """Return the type of a bind as the database knows it."""
    if kind.type in (BINARY_INTEGER, REF_CURSOR):
        # A cursor is known to the database by its number.
        return OracleType.NUMBER
    try:
        return OracleType(kind.type)
    except ValueError:
        name = "object" if kind.type == OBJECT else f"type {kind.type}"
        raise OracleError(
            3115, f"unsupported network datatype or representation ({name})"
        ) from None


def _read_content(incoming: Incoming, kind: int, lobs: LobStore) -> bytes | None:
    if kind == REF_CURSOR:
        incoming.byte()
        if incoming.byte():
            incoming.integer()
        return None
    if kind in LOBS:
        locator = incoming.counted()
        return lobs.stored(locator) if locator else None
    if kind in IMAGES:
        # The image travels behind a locator that says nothing.
        return incoming.sized() if incoming.counted() else None
    if kind != OracleType.BOOLEAN:
        return incoming.sized()
    size = incoming.byte()
    if size == ESCAPE_MARK:
        incoming.byte()
        return None
    return None if size in NULL_LENGTHS else incoming.raw(size)
