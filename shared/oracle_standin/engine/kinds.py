"""Oracle's types as expressions and columns have them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from oracle_standin.port import ColumnType, OracleType

Value: TypeAlias = Any
"""A value under evaluation; its expression's ColumnType says what it is.

NULL is None. NUMBER is Decimal, BINARY_* float, text str (bytes that are no UTF-8 as
surrogates), RAW and BLOB bytes, DATE and TIMESTAMP the nanoseconds of their clock (see
`instants`), WITH LOCAL TIME ZONE nanoseconds in UTC, WITH TIME ZONE a Zoned, INTERVALs
nanoseconds or months, ROWID an int (see `storage.addresses`), UROWID, JSON and XMLTYPE str.
"""

Frame: TypeAlias = list[Any]
"""What an expression sees: the outer frame, the execution, ROWNUM, then a row per source."""

OUTER, EXECUTION, ROWNUM, FIRST_SOURCE = 0, 1, 2, 3

Evaluate: TypeAlias = Callable[[Frame], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """An expression ready to run."""

    type: ColumnType
    run: Evaluate
    nullable: bool = True
    literal: bool = False
    """A constant of the statement, whose value does not depend on the frame."""
    place: tuple[int, int] | None = None
    """Source and column of a plain column of the same query block."""


MOST_VARCHAR = 4000
MOST_RAW = 2000
LOB_SIZE = 4000
NUMBER_BYTES = 22
DATE_BYTES = 7
FREE_SCALE = -127

NUMBER = ColumnType(type=OracleType.NUMBER, precision=0, scale=FREE_SCALE, size=NUMBER_BYTES)
BINARY_FLOAT = ColumnType(type=OracleType.BINARY_FLOAT, size=4)
BINARY_DOUBLE = ColumnType(type=OracleType.BINARY_DOUBLE, size=8)
DATE = ColumnType(type=OracleType.DATE, size=DATE_BYTES)
TIMESTAMP = ColumnType(type=OracleType.TIMESTAMP, scale=9, size=11)
TIMESTAMP_TZ = ColumnType(type=OracleType.TIMESTAMP_TZ, scale=9, size=13)
TIMESTAMP_LTZ = ColumnType(type=OracleType.TIMESTAMP_LTZ, scale=9, size=11)
INTERVAL_DS = ColumnType(type=OracleType.INTERVAL_DS, precision=9, scale=9, size=11)
INTERVAL_YM = ColumnType(type=OracleType.INTERVAL_YM, precision=9, size=5)
ROWID = ColumnType(type=OracleType.ROWID, size=18)
UROWID = ColumnType(type=OracleType.UROWID, size=4000)
CLOB = ColumnType(type=OracleType.CLOB, size=LOB_SIZE)
NCLOB = ColumnType(type=OracleType.CLOB, size=LOB_SIZE, national=True)
BLOB = ColumnType(type=OracleType.BLOB, size=LOB_SIZE)
LONG = ColumnType(type=OracleType.LONG)
LONG_RAW = ColumnType(type=OracleType.LONG_RAW)
JSON = ColumnType(type=OracleType.JSON, size=32767)
XMLTYPE = ColumnType(type=OracleType.XMLTYPE, size=2000)
BOOLEAN = ColumnType(type=OracleType.BOOLEAN, size=1)

TEXTS = frozenset({OracleType.VARCHAR2, OracleType.CHAR, OracleType.CLOB, OracleType.LONG})
RAWS = frozenset({OracleType.RAW, OracleType.BLOB, OracleType.LONG_RAW})
FLOATS = frozenset({OracleType.BINARY_FLOAT, OracleType.BINARY_DOUBLE})
NUMERICS = FLOATS | {OracleType.NUMBER}
CLOCKS = frozenset({OracleType.DATE, OracleType.TIMESTAMP})
ZONED = frozenset({OracleType.TIMESTAMP_TZ, OracleType.TIMESTAMP_LTZ})
MOMENTS = CLOCKS | ZONED
INTERVALS = frozenset({OracleType.INTERVAL_DS, OracleType.INTERVAL_YM})
LOBS = frozenset({OracleType.CLOB, OracleType.BLOB})
INCOMPARABLE = LOBS | {OracleType.LONG, OracleType.LONG_RAW, OracleType.JSON, OracleType.XMLTYPE}


def varchar(size: int = MOST_VARCHAR) -> ColumnType:
    """Return the type of a VARCHAR2 expression."""
    return ColumnType(type=OracleType.VARCHAR2, size=size, characters=size)


def nvarchar(characters: int) -> ColumnType:
    """Return the type of an NVARCHAR2 expression."""
    return ColumnType(
        type=OracleType.VARCHAR2, size=2 * characters, characters=characters, national=True
    )


def char(size: int) -> ColumnType:
    """Return the type of a CHAR expression, such as a literal."""
    return ColumnType(type=OracleType.CHAR, size=size, characters=size)


def raw(size: int = MOST_RAW) -> ColumnType:
    """Return the type of a RAW expression."""
    return ColumnType(type=OracleType.RAW, size=size)


def number(precision: int, scale: int = 0) -> ColumnType:
    """Return NUMBER(precision, scale)."""
    return ColumnType(type=OracleType.NUMBER, precision=precision, scale=scale, size=NUMBER_BYTES)


WORDS = {
    OracleType.VARCHAR2: "CHAR",
    OracleType.CHAR: "CHAR",
    OracleType.INTERVAL_YM: "INTERVAL YEAR TO MONTH",
    OracleType.INTERVAL_DS: "INTERVAL DAY TO SECOND",
    OracleType.RAW: "BINARY",
    OracleType.LONG_RAW: "LONG BINARY",
    OracleType.TIMESTAMP_TZ: "TIMESTAMP WITH TIME ZONE",
    OracleType.TIMESTAMP_LTZ: "TIMESTAMP WITH LOCAL TIME ZONE",
}


def word(kind: ColumnType) -> str:
    """Name a type as ORA-00932 does."""
    return WORDS.get(kind.type, kind.type.name)
