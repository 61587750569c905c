"""LOBs behind locators: the client holds forty bytes, the session what they stand for.

Positions in a CLOB count UTF-16 units, as a server with a varying-width character set counts
them: a character beyond the basic plane takes two.
"""

from __future__ import annotations

import itertools
import struct
from collections import OrderedDict
from dataclasses import dataclass

from oracle_standin.port import Cell, OracleError
from oracle_standin.values.cells import content

LOCATOR_BYTES = 40
LOCATOR_VERSION = 4
CHUNK_UNITS = 8060
MOST_LOCATORS = 200_000
BLOB_FLAG, CLOB_FLAG, INITIALISED, UTF16_FLAG, TEMPORARY_FLAG = 0x01, 0x02, 0x08, 0x80, 0x01
UTF16 = "utf-16-be"


@dataclass(slots=True)
class Lob:
    """One LOB: text as UTF-16, bytes as they are."""

    is_text: bool
    is_temporary: bool
    cell: Cell | None
    """The cell it was fetched as, until somebody reads it."""
    data: bytearray
    is_open: bool = False

    @property
    def unit(self) -> int:
        """Bytes of one position."""
        return 2 if self.is_text else 1

    def loaded(self) -> bytearray:
        """Return the LOB's bytes, unpacking the fetched cell the first time."""
        if self.cell is not None:
            stored = content(self.cell) or b""
            self.data = bytearray(stored.decode().encode(UTF16) if self.is_text else stored)
            self.cell = None
        return self.data


class LobStore:
    """The LOBs a session has handed locators out for."""

    def __init__(self) -> None:
        self._lobs: OrderedDict[bytes, Lob] = OrderedDict()
        self._numbers = itertools.count(1)

    def hand_out(self, cell: Cell, *, is_text: bool) -> tuple[bytes, int]:
        """Return a locator for a fetched value, and the value's length in positions."""
        lob = Lob(is_text, is_temporary=False, cell=cell, data=bytearray())
        return self._keep(lob), _positions(cell, is_text=is_text)

    def create(self, *, is_text: bool) -> bytes:
        """Return the locator of a new, empty, temporary LOB."""
        return self._keep(Lob(is_text, is_temporary=True, cell=None, data=bytearray()))

    def find(self, locator: bytes) -> Lob:
        """Return what a locator stands for."""
        lob = self._lobs.get(locator)
        if lob is None:
            raise OracleError(22922, "nonexistent LOB value")
        return lob

    def stored(self, locator: bytes) -> bytes:
        """Return a LOB's content as rows hold it: text as UTF-8."""
        lob = self.find(locator)
        data = bytes(lob.loaded())
        if not lob.is_text:
            return data
        try:
            return data.decode(UTF16).encode()
        except UnicodeDecodeError as error:
            raise OracleError(29275, "partial multibyte character") from error

    def free(self, locators: bytes) -> None:
        """Forget temporary LOBs, given their locators end to end."""
        for start in range(0, len(locators), LOCATOR_BYTES):
            self._lobs.pop(locators[start : start + LOCATOR_BYTES], None)

    def _keep(self, lob: Lob) -> bytes:
        locator = struct.pack(
            ">HHBBBBQ24x",
            LOCATOR_BYTES - 2,
            LOCATOR_VERSION,
            CLOB_FLAG if lob.is_text else BLOB_FLAG,
            INITIALISED,
            UTF16_FLAG if lob.is_text else 0,
            TEMPORARY_FLAG if lob.is_temporary else 0,
            next(self._numbers),
        )
        self._lobs[locator] = lob
        while len(self._lobs) > MOST_LOCATORS:
            self._lobs.popitem(last=False)
        return locator


def _positions(cell: Cell, *, is_text: bool) -> int:
    stored = content(cell) or b""
    if not is_text:
        return len(stored)
    return len(stored) if stored.isascii() else len(stored.decode().encode(UTF16)) // 2
