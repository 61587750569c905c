"""The message that tells a client what columns a query has."""

from __future__ import annotations

from collections.abc import Sequence

from oracle_standin.port import Column, OracleType
from oracle_standin.values.text import AL16UTF16, AL32UTF8
from oracle_standin.wire.codes import Message
from oracle_standin.wire.primitives import counted, integer

COLUMN_IDS_SINCE = 8
DOMAINS_SINCE = 17
ANNOTATIONS_SINCE = 20
VECTORS_SINCE = 24

IMPLICIT_FORM, NATIONAL_FORM = 1, 2
USES_INDICATORS = 0x81
XMLTYPE_OID = bytes.fromhex("00000000000000000000000000020100")
TEXT_TYPES = frozenset({OracleType.VARCHAR2, OracleType.CHAR, OracleType.LONG, OracleType.CLOB})
SIZES = {
    OracleType.NUMBER: 22,
    OracleType.DATE: 7,
    OracleType.ROWID: 18,
    OracleType.UROWID: 5267,
    OracleType.BINARY_FLOAT: 4,
    OracleType.BINARY_DOUBLE: 8,
    OracleType.XMLTYPE: 2000,
    OracleType.CLOB: 4000,
    OracleType.BLOB: 4000,
    OracleType.BFILE: 530,
    OracleType.JSON: 8200,
    OracleType.TIMESTAMP: 11,
    OracleType.TIMESTAMP_LTZ: 11,
    OracleType.TIMESTAMP_TZ: 13,
    OracleType.INTERVAL_YM: 5,
    OracleType.INTERVAL_DS: 11,
    OracleType.BOOLEAN: 4,
}
"""Bytes of the types whose size nobody declares."""


def describe_message(columns: Sequence[Column], *, field_version: int) -> bytes:
    """Write the describe message of a query."""
    return bytes((Message.DESCRIBE, 0)) + describe_columns(columns, field_version=field_version)


def describe_columns(columns: Sequence[Column], *, field_version: int) -> bytes:
    """Write the columns themselves, as they also stand inside a REF CURSOR."""
    parts = [
        integer(min(sum(_size(column) for column in columns), 0xFFFFFFFF)),
        integer(len(columns)),
        b"\x00" if columns else b"",
    ]
    parts += (
        _column(column, position, field_version) for position, column in enumerate(columns, start=1)
    )
    parts.append(bytes(6))
    return b"".join(parts)


def is_null_by_describe(column: Column) -> bool:
    """Tell whether a column's size says that it holds NULL alone, so that nothing is sent."""
    return not _size(column) and column.type.type not in (OracleType.LONG, OracleType.LONG_RAW)


def _size(column: Column) -> int:
    return SIZES.get(column.type.type, column.type.size)


def _column(column: Column, position: int, field_version: int) -> bytes:
    kind = column.type
    is_object = kind.type == OracleType.XMLTYPE
    parts = [
        bytes((kind.type, USES_INDICATORS, kind.precision & 0xFF, kind.scale & 0xFF)),
        integer(_size(column)),
        integer(0),
        integer(0),
        counted(XMLTYPE_OID if is_object else b""),
        integer(1 if is_object else 0),
        _character_set(column),
        integer(kind.characters),
    ]
    if field_version >= COLUMN_IDS_SINCE:
        parts.append(integer(0))
    parts += [
        bytes((column.nullable, min(len(column.name.encode()), 0xFF))),
        counted(column.name),
        counted("SYS" if is_object else ""),
        counted("XMLTYPE" if is_object else ""),
        integer(position),
        integer(0),
    ]
    if field_version >= DOMAINS_SINCE:
        parts.append(integer(0) + integer(0))
    if field_version >= ANNOTATIONS_SINCE:
        parts.append(integer(0))
    if field_version >= VECTORS_SINCE:
        parts.append(integer(0) + bytes(2))
    return b"".join(parts)


def _character_set(column: Column) -> bytes:
    if column.type.type not in TEXT_TYPES:
        return integer(0) + b"\x00"
    if column.type.national:
        return integer(AL16UTF16.number) + bytes((NATIONAL_FORM,))
    return integer(AL32UTF8.number) + bytes((IMPLICIT_FORM,))
