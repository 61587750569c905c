"""How calls end: the message with an error's number, or with zero, and the counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oracle_standin.port import OracleError
from oracle_standin.values.cells import cell
from oracle_standin.values.rowids import parse_rowid
from oracle_standin.wire.codes import Message
from oracle_standin.wire.primitives import counted, integer

CHECKSUMS_SINCE = 14
NO_TRANSACTION = 0x01
TRANSACTION_OPEN = 0x02
COMPILED_WITH_ERRORS = 0x20
FURTHEST_POSITION = 0x7FFF
NO_DATA_FOUND = 1403
ERRORS_IN_BATCH = 24381
NOT_IN_CHUNKS = 1
"""Leads a list within an ending; 254 would announce chunks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the last message of a call says."""

    rows: int = 0
    cursor: int = 0
    last_rowid: str | None = None
    error: OracleError | None = None
    batch_errors: Sequence[tuple[int, OracleError]] = ()
    """Failed executions of a batch: their index and error."""
    has_warning: bool = False


def no_more_rows() -> OracleError:
    """Return the error that marks the end of a query's rows."""
    return OracleError(NO_DATA_FOUND, "no data found")


def ending_message(ending: Ending, *, in_transaction: bool, field_version: int) -> bytes:
    """Write the message that ends an execute, a fetch or a failed call."""
    error = ending.error
    if ending.batch_errors and error is None:
        error = OracleError(ERRORS_IN_BATCH, "error(s) in array DML")
    code = error.code if error else 0
    position = min(error.position, FURTHEST_POSITION) if error else 0
    parts = [
        bytes((Message.ERROR,)),
        integer(TRANSACTION_OPEN if in_transaction else NO_TRANSACTION),
        integer(0),
        integer(ending.rows & 0xFFFFFFFF),
        integer(min(code, 0xFFFF)),
        integer(0) + integer(0),
        integer(ending.cursor),
        integer(position),
        bytes(5),
        bytes((COMPILED_WITH_ERRORS if ending.has_warning else 0,)),
        rowid_fields(ending.last_rowid),
        integer(0) + bytes(2) + integer(0) + integer(0) + integer(0),
        _batch_errors(ending.batch_errors),
        integer(code),
        integer(ending.rows),
    ]
    if field_version >= CHECKSUMS_SINCE:
        parts.append(integer(0) + integer(0))
    if error:
        parts.append(cell(f"{error}\n".encode()))
    return b"".join(parts)


def rowid_fields(text: str | None) -> bytes:
    """Write a ROWID's fields, all zero where there is none."""
    if text is None:
        return integer(0) + integer(0) + b"\x00" + integer(0) + integer(0)
    rowid = parse_rowid(text)
    return (
        integer(rowid.object)
        + integer(rowid.file)
        + b"\x00"
        + integer(rowid.block)
        + integer(rowid.slot)
    )


def row_counts_message(counts: Sequence[int]) -> bytes:
    """Write how many rows each execution of a batch touched."""
    head = bytes((Message.PARAMETERS,)) + integer(0) * 4
    return head + integer(len(counts)) + b"".join(map(integer, counts))


def _batch_errors(errors: Sequence[tuple[int, OracleError]]) -> bytes:
    if not errors:
        return integer(0) * 3
    lead = bytes((NOT_IN_CHUNKS,))
    return b"".join(
        (
            integer(len(errors)) + lead,
            *(integer(error.code) for _, error in errors),
            integer(len(errors)) + lead,
            *(integer(index) for index, _ in errors),
            integer(len(errors)) + lead,
            *(counted(f"{error}\n") + bytes(2) for _, error in errors),
        )
    )
