"""Type names as CREATE TABLE and CAST write them, read into column types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from oracle_standin.engine import kinds
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.parsing.lexer import Kind, Tokens
from oracle_standin.port import ColumnType, OracleType

MOST_PRECISION = 38
SCALES = range(-84, 128)
MOST_FLOAT = 126
MOST_CHAR = 2000
MOST_FRACTION = 9
BYTES_PER_CHARACTER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredType:
    """A column's type with what only the dictionary tells of it."""

    type: ColumnType
    name: str
    """DATA_TYPE as the dictionary writes it."""
    free_precision: bool = False
    """NUMBER(*, s) and INTEGER: precision 38 that the dictionary shows as NULL."""


def parse_type(tokens: Tokens) -> DeclaredType:
    """Read a type name; ORA-00902 where there is no such type."""
    if tokens.next.kind is not Kind.WORD:
        return _owned(tokens)
    word = tokens.take().text
    reader = READERS.get(word)
    if reader is None:
        tokens.position -= 1
        return _owned(tokens)
    return reader(tokens)


def _owned(tokens: Tokens) -> DeclaredType:
    """Read SYS.XMLTYPE and the like."""
    if tokens.took("SYS", "."):
        return parse_type(tokens)
    if tokens.next.text in NOT_DONE or tokens.at("MDSYS", "."):
        raise not_done_here(f"the type {tokens.next.text}")
    raise tokens.error(902)


NOT_DONE = {
    "BFILE", "VECTOR", "SDO_GEOMETRY", "ANYDATA", "ANYTYPE", "ANYDATASET", "URITYPE", "REF",
    "DBURITYPE", "XDBURITYPE", "HTTPURITYPE", "SDO_TOPO_GEOMETRY", "SDO_GEORASTER",
}  # fmt: skip
"""Types of Oracle's own that the stand-in has not."""


def _size(tokens: Tokens) -> tuple[int, bool | None]:
    """Read (n), (n BYTE) or (n CHAR)."""
    tokens.expect("(")
    size = tokens.number()
    by_character = True if tokens.took("CHAR") else False if tokens.took("BYTE") else None
    tokens.expect(")")
    if size <= 0:
        raise ora(910)
    return size, by_character


def _varchar(tokens: Tokens) -> DeclaredType:
    tokens.took("VARYING")
    size, by_character = _size(tokens)
    return DeclaredType(type=_text(OracleType.VARCHAR2, size, by_character), name="VARCHAR2")


def _char(tokens: Tokens) -> DeclaredType:
    if tokens.took("VARYING"):
        return _varchar(tokens)
    size, by_character = _size(tokens) if tokens.at("(") else (1, None)
    return DeclaredType(type=_text(OracleType.CHAR, size, by_character), name="CHAR")


def _text(kind: OracleType, size: int, by_character: bool | None) -> ColumnType:  # noqa: FBT001 -- as read
    most = kinds.MOST_VARCHAR if kind is OracleType.VARCHAR2 else MOST_CHAR
    if size > 32767 or (size > most and kind is OracleType.CHAR):  # noqa: PLR2004 -- the manual's own number
        raise ora(910)
    wide = min(size * BYTES_PER_CHARACTER, max(most, size)) if by_character else size
    return ColumnType(type=kind, size=wide, characters=size, by_character=bool(by_character))


def _nvarchar(tokens: Tokens) -> DeclaredType:
    size, _ = _size(tokens)
    return DeclaredType(type=_national(OracleType.VARCHAR2, size), name="NVARCHAR2")


def _nchar(tokens: Tokens) -> DeclaredType:
    size = _size(tokens)[0] if tokens.at("(") else 1
    return DeclaredType(type=_national(OracleType.CHAR, size), name="NCHAR")


def _national(kind: OracleType, characters: int) -> ColumnType:
    return ColumnType(
        type=kind, size=2 * characters, characters=characters, national=True, by_character=True
    )


def _number(tokens: Tokens) -> DeclaredType:
    if not tokens.took("("):
        return DeclaredType(type=kinds.NUMBER, name="NUMBER")
    free = tokens.took("*")
    precision = MOST_PRECISION if free else tokens.number()
    scale = tokens.number() if tokens.took(",") else 0
    tokens.expect(")")
    if not 1 <= precision <= MOST_PRECISION:
        raise ora(1727)
    if scale not in SCALES:
        raise ora(1728)
    return DeclaredType(type=kinds.number(precision, scale), name="NUMBER", free_precision=free)


def _integer(_tokens: Tokens) -> DeclaredType:
    return DeclaredType(type=kinds.number(MOST_PRECISION), name="NUMBER", free_precision=True)


def _float(tokens: Tokens) -> DeclaredType:
    precision = MOST_FLOAT
    if tokens.took("("):
        precision = tokens.number()
        tokens.expect(")")
    if not 1 <= precision <= MOST_FLOAT:
        raise ora(1727)
    return _binary_precision(precision)


def _binary_precision(bits: int) -> DeclaredType:
    return DeclaredType(type=replace(kinds.NUMBER, precision=bits), name="FLOAT")


def _double(tokens: Tokens) -> DeclaredType:
    tokens.expect("PRECISION")
    return _binary_precision(MOST_FLOAT)


def _real(_tokens: Tokens) -> DeclaredType:
    return _binary_precision(63)


def _timestamp(tokens: Tokens) -> DeclaredType:
    digits = _digits(tokens, 6)
    kind, ending = kinds.TIMESTAMP, ""
    if tokens.took("WITH", "TIME", "ZONE"):
        kind, ending = kinds.TIMESTAMP_TZ, " WITH TIME ZONE"
    elif tokens.took("WITH", "LOCAL", "TIME", "ZONE"):
        kind, ending = kinds.TIMESTAMP_LTZ, " WITH LOCAL TIME ZONE"
    return DeclaredType(type=replace(kind, scale=digits), name=f"TIMESTAMP({digits}){ending}")


def _interval(tokens: Tokens) -> DeclaredType:
    if tokens.took("YEAR"):
        years = _digits(tokens, 2)
        tokens.expect("TO", "MONTH")
        kind = replace(kinds.INTERVAL_YM, precision=years)
        return DeclaredType(type=kind, name=f"INTERVAL YEAR({years}) TO MONTH")
    tokens.expect("DAY")
    days = _digits(tokens, 2)
    tokens.expect("TO", "SECOND")
    fraction = _digits(tokens, 6)
    kind = replace(kinds.INTERVAL_DS, precision=days, scale=fraction)
    return DeclaredType(type=kind, name=f"INTERVAL DAY({days}) TO SECOND({fraction})")


def _digits(tokens: Tokens, default: int) -> int:
    if not tokens.took("("):
        return default
    digits = tokens.number()
    tokens.expect(")")
    if not 0 <= digits <= MOST_FRACTION:
        raise ora(30088)
    return digits


def _raw(tokens: Tokens) -> DeclaredType:
    size, _ = _size(tokens)
    return DeclaredType(type=kinds.raw(size), name="RAW")


def _long(tokens: Tokens) -> DeclaredType:
    if tokens.took("RAW"):
        return DeclaredType(type=kinds.LONG_RAW, name="LONG RAW")
    return DeclaredType(type=kinds.LONG, name="LONG")


def _urowid(tokens: Tokens) -> DeclaredType:
    if tokens.at("("):
        _size(tokens)
    return DeclaredType(type=kinds.UROWID, name="UROWID")


def _national_words(tokens: Tokens) -> DeclaredType:
    if not (tokens.took("CHARACTER") or tokens.took("CHAR")):
        raise tokens.error(902)
    return _nvarchar(tokens) if tokens.took("VARYING") else _nchar(tokens)


def _plain(kind: ColumnType, name: str) -> Callable[[Tokens], DeclaredType]:
    return lambda _tokens: DeclaredType(type=kind, name=name)


READERS: dict[str, Callable[[Tokens], DeclaredType]] = {
    "VARCHAR2": _varchar,
    "VARCHAR": _varchar,
    "CHARACTER": _char,
    "CHAR": _char,
    "NVARCHAR2": _nvarchar,
    "NCHAR": _nchar,
    "NATIONAL": _national_words,
    "NUMBER": _number,
    "NUMERIC": _number,
    "DECIMAL": _number,
    "DEC": _number,
    "INTEGER": _integer,
    "INT": _integer,
    "SMALLINT": _integer,
    "FLOAT": _float,
    "DOUBLE": _double,
    "REAL": _real,
    "BINARY_FLOAT": _plain(kinds.BINARY_FLOAT, "BINARY_FLOAT"),
    "BINARY_DOUBLE": _plain(kinds.BINARY_DOUBLE, "BINARY_DOUBLE"),
    "DATE": _plain(kinds.DATE, "DATE"),
    "TIMESTAMP": _timestamp,
    "INTERVAL": _interval,
    "RAW": _raw,
    "LONG": _long,
    "CLOB": _plain(kinds.CLOB, "CLOB"),
    "NCLOB": _plain(kinds.NCLOB, "NCLOB"),
    "BLOB": _plain(kinds.BLOB, "BLOB"),
    "ROWID": _plain(kinds.ROWID, "ROWID"),
    "UROWID": _urowid,
    "XMLTYPE": _plain(kinds.XMLTYPE, "XMLTYPE"),
    "JSON": _plain(kinds.JSON, "JSON"),
    "BOOLEAN": _plain(kinds.BOOLEAN, "BOOLEAN"),
    "BOOL": _plain(kinds.BOOLEAN, "BOOLEAN"),
}
