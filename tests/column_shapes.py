"""Columns and shapes from the words of CREATE TABLE, for tests of planning and encoding."""

from __future__ import annotations

import re

from oracle_etl.model.columns import DeclaredColumn, ObjectKind, TableShape
from oracle_etl.model.names import TableName

_DECLARATION = re.compile(
    r"([A-Z_0-9 ]*?[A-Z_0-9])(?:\((\*|-?\d+)(?:,(-?\d+))?( CHAR)?\))?( .*)?\Z"
)
_OTHER_SIZE = re.compile(r"\((\d+)\)\Z")


def declared(name: str, declaration: str, *, nullable: bool = True) -> DeclaredColumn:
    """Return what the dictionary says of a column declared so."""
    match = _DECLARATION.match(declaration)
    assert match, declaration
    base, first, second, by_character, rest = match.groups()
    if base == "NUMBER":
        precision = None if first in (None, "*") else int(first)
        scale = None if first is None else int(second or 0)
        return DeclaredColumn(
            name=name,
            data_type=base,
            precision=precision,
            scale=scale,
            length=22,
            nullable=nullable,
        )
    if base == "FLOAT":
        return DeclaredColumn(
            name=name, data_type=base, precision=int(first or 126), length=22, nullable=nullable
        )
    if base.startswith(("TIMESTAMP", "INTERVAL")):
        last = _OTHER_SIZE.search(declaration)
        scale = int(last.group(1)) if last else int(first or 6)
        return DeclaredColumn(
            name=name, data_type=declaration, scale=scale, length=11, nullable=nullable
        )
    size = int(first or 0)
    return DeclaredColumn(
        name=name,
        data_type=base + (rest or ""),
        length=size * 4 if by_character else size,
        characters=size if by_character or base.startswith("N") else 0,
        nullable=nullable,
    )


def shape_of(
    *columns: DeclaredColumn, hashes_in_database: bool = False, table: str = "HR.T"
) -> TableShape:
    """Return a heap table of these columns."""
    return TableShape(
        table=TableName.parse(table),
        kind=ObjectKind.HEAP,
        columns=columns,
        hashes_in_database=hashes_in_database,
    )


def shape_declared(**declarations: str) -> TableShape:
    """Return a heap table from names and declarations."""
    return shape_of(*(declared(name, each) for name, each in declarations.items()))
