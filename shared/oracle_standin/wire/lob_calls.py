"""Operations on LOBs: length, read, write, trim, open, close, and temporary ones."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from oracle_standin.port import OracleError, OracleType
from oracle_standin.values.cells import cell
from oracle_standin.values.text import AL32UTF8
from oracle_standin.wire.codes import Message
from oracle_standin.wire.lobs import CHUNK_UNITS, Lob, LobStore
from oracle_standin.wire.primitives import Incoming, integer


class Operation(enum.IntEnum):
    """What a LOB call asks for."""

    LENGTH = 0x0001
    READ = 0x0002
    TRIM = 0x0020
    WRITE = 0x0040
    CREATE_TEMPORARY = 0x0110
    FREE_TEMPORARY = 0x0111
    CHUNK_SIZE = 0x4000
    OPEN = 0x8000
    CLOSE = 0x10000
    IS_OPEN = 0x11000


@dataclass(frozen=True, slots=True, kw_only=True)
class LobCall:
    """One LOB call as read."""

    operation: int
    locator: bytes
    offset: int
    destination: int
    data: bytes | None
    amount: int | None


def read_lob_call(incoming: Incoming) -> LobCall:
    """Read the body of a LOB call."""
    incoming.byte()
    locator_bytes = incoming.integer()
    incoming.byte()
    incoming.skip_integers(3)
    incoming.raw(3)
    operation = incoming.integer()
    incoming.raw(2)
    offset, destination = incoming.integer(), incoming.integer()
    has_amount = incoming.byte()
    incoming.raw(6)
    locator = incoming.raw(locator_bytes)
    if operation == Operation.CREATE_TEMPORARY:
        incoming.integer()
    data = None
    if operation == Operation.WRITE:
        incoming.byte()
        data = incoming.sized() or b""
    return LobCall(
        operation=operation,
        locator=locator,
        offset=offset,
        destination=destination,
        data=data,
        amount=incoming.integer() if has_amount else None,
    )


def read_freed_locators(incoming: Incoming) -> bytes:
    """Read the piggyback that gives temporary LOBs back; return their locators end to end."""
    incoming.byte()
    size = incoming.integer()
    incoming.byte()
    incoming.integer()
    incoming.skip_integers(2)
    incoming.raw(3)
    incoming.integer()
    incoming.byte()
    incoming.skip_integers(3)
    incoming.byte()
    for _ in range(3):
        incoming.byte()
        incoming.integer()
    return incoming.raw(size)


def answer_lob_call(call: LobCall, lobs: LobStore) -> bytes:
    """Do what a call asks and return the messages that say so."""
    if call.operation == Operation.CREATE_TEMPORARY:
        is_text = call.destination == OracleType.CLOB
        locator = lobs.create(is_text=is_text)
        return bytes((Message.PARAMETERS,)) + locator + integer(AL32UTF8.number) + b"\x00"
    if call.operation == Operation.FREE_TEMPORARY:
        lobs.free(call.locator)
        return _parameters(call, None)
    lob = lobs.find(call.locator)
    if call.operation == Operation.READ:
        return _read(call, lob)
    if call.operation == Operation.IS_OPEN:
        return _parameters(call, None) + bytes((lob.is_open,))
    return _parameters(call, _change_or_measure(call, lob))


def _read(call: LobCall, lob: Lob) -> bytes:
    data = lob.loaded()
    start = (call.offset - 1) * lob.unit
    piece = bytes(data[start : start + (call.amount or 0) * lob.unit])
    return (
        bytes((Message.LOB_DATA,))
        + (cell(piece) if piece else b"\x00")
        + _parameters(call, len(piece) // lob.unit)
    )


def _change_or_measure(call: LobCall, lob: Lob) -> int | None:
    """Return the number that the client expects back."""
    if call.operation == Operation.LENGTH:
        return len(lob.loaded()) // lob.unit
    if call.operation == Operation.CHUNK_SIZE:
        return CHUNK_UNITS
    if call.operation in (Operation.OPEN, Operation.CLOSE):
        lob.is_open = call.operation == Operation.OPEN
        return call.amount
    if not lob.is_temporary:
        raise OracleError(22920, "row containing the LOB value is not locked")
    if call.operation == Operation.TRIM:
        del lob.loaded()[(call.amount or 0) * lob.unit :]
        return call.amount
    if call.operation == Operation.WRITE and call.data is not None:
        _write(lob, (call.offset - 1) * lob.unit, call.data)
        return call.amount
    raise OracleError(3001, f"unimplemented LOB operation {call.operation:#x}")


def _write(lob: Lob, start: int, data: bytes) -> None:
    held = lob.loaded()
    if start > len(held):
        filler = b"\x00\x20" if lob.is_text else b"\x00"
        held += filler * ((start - len(held)) // lob.unit)
    held[start : start + len(data)] = data


def _parameters(call: LobCall, amount: int | None) -> bytes:
    body = bytes((Message.PARAMETERS,)) + call.locator
    return body if call.amount is None else body + integer(amount or 0)
