"""PARTITION BY: which partition takes which row."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle_standin.engine import codec
from oracle_standin.engine.compiling.coercion import converted, ordered
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import base_frame
from oracle_standin.engine.kinds import FIRST_SOURCE, Compiled, Value
from oracle_standin.engine.parsing.dialect import parse_expression
from oracle_standin.engine.parsing.lexer import Tokens
from oracle_standin.engine.statements.column_definitions import names
from oracle_standin.engine.statements.compiling import compilation
from oracle_standin.engine.statements.storage_words import skip_storage
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.engine.storage.segments import Segment
from oracle_standin.engine.storage.tables import Cut, Partition, Table

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

MAXVALUE = "MAXVALUE"
DEFAULT = "DEFAULT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A partition as written: its name and its values."""

    name: str | None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitioning:
    """PARTITION BY as written."""

    cut: Cut
    columns: tuple[str, ...]
    pieces: tuple[Piece, ...]


def parse_partitioning(tokens: Tokens) -> Partitioning:
    """Read PARTITION BY RANGE, LIST or HASH."""
    tokens.expect("PARTITION", "BY")
    word = tokens.take().text
    if word not in Cut.__members__:
        raise not_done_here(f"PARTITION BY {word}")
    columns = names(tokens)
    if tokens.at("INTERVAL") or tokens.at("SUBPARTITION"):
        raise not_done_here(f"{tokens.next.text} partitions")
    if tokens.took("PARTITIONS"):
        pieces = tuple(Piece(name=None) for _ in range(tokens.number()))
        return Partitioning(cut=Cut[word], columns=columns, pieces=pieces)
    tokens.expect("(")
    found = [_piece(tokens)]
    while tokens.took(","):
        found.append(_piece(tokens))
    tokens.expect(")")
    return Partitioning(cut=Cut[word], columns=columns, pieces=tuple(found))


def _piece(tokens: Tokens) -> Piece:
    tokens.expect("PARTITION")
    unnamed = tokens.at("VALUES") or tokens.at(",") or tokens.at(")")
    name = None if unnamed else tokens.name()
    values: tuple[str, ...] = ()
    if tokens.took("VALUES"):
        tokens.took("LESS", "THAN")
        values = _values(tokens)
    while skip_storage(tokens):
        pass
    return Piece(name=name, values=values)


def _values(tokens: Tokens) -> tuple[str, ...]:
    tokens.expect("(")
    found = [tokens.text_until()]
    while tokens.took(","):
        found.append(tokens.text_until())
    tokens.expect(")")
    return tuple(found)


def partition(session: Session, table: Table, written: Partitioning) -> None:
    """Give a table its partitions, and the routing of rows to them."""
    table.cut, table.cut_columns = written.cut, written.columns
    for piece in written.pieces:
        number = session.catalog.next_number()
        table.partitions.append(
            Partition(
                name=piece.name or f"SYS_P{number}",
                number=number,
                segment=Segment(number, session.database.extents),
                high_value=", ".join(piece.values),
            )
        )
    table.routing = _routing(session, table, written)


def _routing(session: Session, table: Table, written: Partitioning) -> Callable[[Row], Partition]:
    positions = table.positions(written.columns)
    if written.cut is Cut.HASH:
        return lambda row: table.partitions[
            zlib.crc32(b"".join(row[one] for one in positions)) % len(table.partitions)
        ]
    frame = base_frame(session.execution(()), None, 1)
    keys = [ordered(_stored(table, position)) for position in positions]
    limits = [_limits(session, table, positions, piece, written.cut) for piece in written.pieces]
    choose = _in_range if written.cut is Cut.RANGE else _in_list

    def route(row: Row) -> Partition:
        inner = list(frame)
        inner[FIRST_SOURCE] = row
        key = tuple(run(inner) for run in keys)
        for made, limit in zip(table.partitions, limits, strict=True):
            if choose(key, limit):
                return made
        raise ora(14400)

    return route


def _stored(table: Table, position: int) -> Compiled:
    kind = table.columns[position].type
    decode = codec.decoder(kind)
    return Compiled(type=kind, run=lambda frame: decode(frame[FIRST_SOURCE][position]))


def _limits(
    session: Session, table: Table, positions: tuple[int, ...], piece: Piece, cut: Cut
) -> list[Value]:
    """Return a partition's values; MAXVALUE and DEFAULT stay words."""
    scope = Scope(context=compilation(session))
    frame = base_frame(session.execution(()))
    found: list[Value] = []
    for index, text in enumerate(piece.values):
        if text.upper() in {MAXVALUE, DEFAULT}:
            found.append(text.upper() if cut is Cut.LIST else _Highest())
            continue
        kind = table.columns[positions[index if cut is Cut.RANGE else 0]].type
        compiled = scope.context.expression(parse_expression(text), scope)
        found.append(ordered(converted(compiled, kind))(frame))
    return found


class _Highest:
    """MAXVALUE: above everything, NULL too."""


def _in_range(key: tuple[Value, ...], limits: list[Value]) -> bool:
    for value, limit in zip(key, limits, strict=True):
        if isinstance(limit, _Highest):
            return True
        if value is None or value > limit:
            return False
        if value < limit:
            return True
    return False


def _in_list(key: tuple[Value, ...], limits: list[Value]) -> bool:
    return DEFAULT in limits or key[0] in limits
