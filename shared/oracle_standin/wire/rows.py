"""Rows on their way out.

Most cells travel as they are stored. Where a row repeats values of the row before it, a bit
vector tells which columns follow and the others are left out; the row before may have travelled
in an earlier fetch.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from itertools import compress
from operator import ne

from oracle_standin.port import Cell, Column, OracleType, RowBlock
from oracle_standin.values.cells import NULL, cell, content
from oracle_standin.values.rowids import (
    LOGICAL_MARK,
    logical_bytes,
    parse_rowid,
    physical_bytes,
)
from oracle_standin.wire.codes import Message
from oracle_standin.wire.describe import is_null_by_describe
from oracle_standin.wire.endings import rowid_fields
from oracle_standin.wire.lobs import CHUNK_UNITS, LobStore
from oracle_standin.wire.primitives import counted, integer

ROW_START = bytes((Message.ROW_DATA,))
VECTOR_START = bytes((Message.BIT_VECTOR,))
ROWID_PRESENT = b"\x0e"
LONG_PRESENT = b"\x00\x00"
LONG_NULL = b"\x00\x81\x01\x02\x05\x7d"
"""NULL, the indicator -1 and the return code 1405."""

AS_DIGITS = bytes.maketrans(b"\x00\x01", b"01")
XML_HEADER = bytes((0x84, 1, 254)) + bytes(4) + bytes((1,)) + (4).to_bytes(4, "big")
"""An object image without prefix, whose content is text."""
NO_OBJECT = bytes(6)

Rewrite = Callable[[Cell], bytes]


class Repeats(enum.Enum):
    """What happens to values that equal those of the row before."""

    LEFT_OUT = enum.auto()
    SENT = enum.auto()


class RowWriter:
    """Writes the rows of one open query."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        wanted: Sequence[int] | None,
        lobs: LobStore,
        repeats: Repeats,
    ) -> None:
        """Take the types the client wants each column in, None where it asked for none."""
        types = wanted or [column.type.type for column in columns]
        self._rewrites = [
            (index, rewrite)
            for index, (column, kind) in enumerate(zip(columns, types, strict=True))
            if (rewrite := _rewrite(column, kind, lobs)) is not None
        ]
        self._vector_bytes = (len(columns) + 7) // 8
        self._repeats = repeats
        self._always = frozenset(index for index, _ in self._rewrites)
        self._before: Sequence[Cell] | None = None

    def write(self, block: RowBlock) -> bytes:
        """Return the messages of a block of rows."""
        if block.packed is not None:
            return block.packed
        rows = self._rewritten(block.cells) if self._rewrites else block.cells
        if self._repeats is Repeats.SENT:
            return ROW_START + ROW_START.join(map(b"".join, rows)) if rows else b""
        return b"".join(self._with_vectors(rows))

    def _rewritten(self, rows: Sequence[Sequence[Cell]]) -> list[list[bytes]]:
        changed = [list(row) for row in rows]
        for index, rewrite in self._rewrites:
            for row in changed:
                row[index] = rewrite(row[index])
        return changed

    def _with_vectors(self, rows: Sequence[Sequence[Cell]]) -> list[bytes]:
        parts: list[bytes] = []
        before = self._before
        for row in rows:
            if before is None:
                parts += (ROW_START, *row)
            else:
                parts.append(self._against(row, before))
            before = row
        self._before = before
        return parts

    def _against(self, row: Sequence[Cell], before: Sequence[Cell]) -> bytes:
        sent = bytearray(map(ne, row, before))
        for index in self._always:
            sent[index] = 1
        if 0 not in sent:
            return ROW_START + b"".join(row)
        return bit_vector(sent, self._vector_bytes) + ROW_START + b"".join(compress(row, sent))


def bit_vector(sent: bytes | bytearray, size: int) -> bytes:
    """Write the message that tells which columns follow, given a 0 or 1 for each."""
    bits = int(sent[::-1].translate(AS_DIGITS), 2)
    return VECTOR_START + integer(sum(sent)) + bits.to_bytes(size, "little")


def row_header(rows: int) -> bytes:
    """Write the message in front of rows."""
    return bytes((Message.ROW_HEADER, 0)) + integer(0) * 2 + integer(rows) + integer(0) * 3


def _rewrite(column: Column, wanted: int, lobs: LobStore) -> Rewrite | None:
    """Return how a column's cells must change to travel, None where they go as they are."""
    if is_null_by_describe(column):
        return lambda _: b""
    kind = column.type.type
    if kind in (OracleType.CLOB, OracleType.BLOB):
        if wanted in (OracleType.LONG, OracleType.LONG_RAW):
            return _inline_national if column.type.national else _inline
        return lambda value: _locator(value, lobs, is_text=kind == OracleType.CLOB)
    return REWRITES.get(kind)


def _inline(value: Cell) -> bytes:
    return LONG_NULL if value == NULL else value + LONG_PRESENT


def _inline_national(value: Cell) -> bytes:
    stored = content(value)
    return LONG_NULL if stored is None else cell(stored.decode().encode("utf-16-be")) + LONG_PRESENT


def _locator(value: Cell, lobs: LobStore, *, is_text: bool) -> bytes:
    if value == NULL:
        return NULL
    locator, length = lobs.hand_out(value, is_text=is_text)
    return integer(len(locator)) + integer(length) + integer(CHUNK_UNITS) + cell(locator)


def _rowid(value: Cell) -> bytes:
    stored = content(value)
    return NULL if stored is None else ROWID_PRESENT + rowid_fields(stored.decode())


def _urowid(value: Cell) -> bytes:
    stored = content(value)
    if stored is None:
        return NULL
    text = stored.decode()
    is_logical = text.startswith(LOGICAL_MARK)
    image = logical_bytes(text) if is_logical else physical_bytes(parse_rowid(text))
    return counted(image)


def _json(value: Cell) -> bytes:
    stored = content(value)
    if stored is None:
        return NULL
    locator = bytes(40)
    return integer(len(locator)) + integer(len(stored)) + integer(0) + value + cell(locator)


def _xml(value: Cell) -> bytes:
    stored = content(value)
    if stored is None:
        return NO_OBJECT
    image = XML_HEADER + stored
    return bytes(4) + integer(len(image)) + integer(0) + cell(image)


REWRITES: dict[OracleType, Rewrite] = {
    OracleType.ROWID: _rowid,
    OracleType.UROWID: _urowid,
    OracleType.LONG: _inline,
    OracleType.LONG_RAW: _inline,
    OracleType.JSON: _json,
    OracleType.XMLTYPE: _xml,
}
