"""Names: the sources of a query block, and where a column's name leads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from sqlglot import exp

from oracle_standin.engine import codec, kinds
from oracle_standin.engine.errors import NOT_DONE, not_done_here, ora
from oracle_standin.engine.kinds import (
    FIRST_SOURCE,
    OUTER,
    Compiled,
    Evaluate,
    Frame,
    Value,
)
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.engine.storage.segments import Range
from oracle_standin.port import Cell, ColumnType, OracleError
from oracle_standin.values.cells import NULL

if TYPE_CHECKING:
    from oracle_standin.engine.compiling.context import Compilation
    from oracle_standin.engine.compiling.grouping import Grouping


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceColumn:
    """A column that a source offers."""

    name: str
    type: ColumnType
    nullable: bool = True
    hidden: bool = False
    computed: exp.Expr | None = None
    """A virtual column's expression."""


class Relation(Protocol):
    """Something to select from."""

    columns: tuple[SourceColumn, ...]
    locates: bool
    """Whether its rows have addresses."""
    no_rowid: int
    """The error for asking where they have none."""
    wants_address: bool
    """Whether the statement asks for them."""

    def batches(self, frame: Frame, within: Range) -> Iterator[list[Row]]:
        """Yield its rows in lists, addresses and SCNs behind the cells where it locates."""
        ...


@dataclass(slots=True, kw_only=True)
class Source:
    """A relation in a FROM clause."""

    slot: int
    alias: str
    owner: str | None
    relation: Relation
    logical: Evaluate | None = None
    """Gives the logical ROWID of an index-organised table."""
    merged: set[str] = field(default_factory=set)
    """Columns of USING, which a star shows once."""
    outer: bool = False
    """Whether it is joined so that rows before it may be missing: RIGHT or FULL."""

    def find(self, name: str) -> list[int]:
        """Return the positions of the columns of a name: more than one in some subqueries."""
        return [
            position for position, column in enumerate(self.relation.columns) if column.name == name
        ]

    def null_row(self) -> tuple[Cell | None, ...]:
        """Return the row that an outer join puts where there is none."""
        return (*[NULL] * len(self.relation.columns), None, None)


@dataclass(slots=True, kw_only=True)
class Scope:
    """What the expressions of one query block can name."""

    context: Compilation
    outer: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    """Sources that the expression compiled last has used; -1 stands for ROWNUM."""
    correlated: bool = False
    advanced: set[tuple[str, str]] = field(default_factory=set)
    """Sequences that a row of this block has already advanced."""
    grouping: Grouping | None = None

    def column(self, node: exp.Column) -> Compiled | None:
        """Return the column that a name leads to here or outside; None where it leads nowhere."""
        depth = 0
        scope: Scope | None = self
        passed: list[Scope] = []
        while scope is not None:
            found = scope.own(node, depth)
            if found is not None:
                for inner in passed:
                    inner.correlated = True
                return found
            passed.append(scope)
            scope, depth = scope.outer, depth + 1
        return None

    def own(self, node: exp.Column, depth: int) -> Compiled | None:
        """Return the column of this block that a name leads to."""
        name, table, owner = node.name, node.table, node.args.get("db")
        matches: list[tuple[Source, int]] = []
        named = False
        for source in self.sources:
            if table and not _is(source, table, owner.name if owner else None):
                continue
            named = True
            if table and self._is_merged(source, name):
                raise ora(25154)
            if table or name not in source.merged:
                matches += [(source, position) for position in source.find(name)]
        if len(matches) > 1:
            raise ora(918)
        if not matches:
            return self._pseudo(node, depth) if named else None
        source, position = matches[0]
        return self._read(source, position, depth) if table else self._merged(matches[0], depth)

    def _is_merged(self, source: Source, name: str) -> bool:
        """Tell whether USING has made a source's column one with another's."""
        if name in source.merged:
            return True
        if not any(name in one.merged for one in self.sources if one.slot > source.slot):
            return False
        holders = [one for one in self.sources if name not in one.merged and one.find(name)]
        return len(holders) == 1 and holders[0] is source

    def of_source(self, source: Source, name: str) -> Compiled:
        """Return a column of one source."""
        found = source.find(name)
        if len(found) != 1:
            raise ora(918 if found else 904, f'"{name}"')
        return self._read(source, found[0], 0)

    def _merged(self, found: tuple[Source, int], depth: int) -> Compiled:
        """Return a column that USING may have merged: of the first row that is there."""
        source, position = found
        name = source.relation.columns[position].name
        first = self._read(source, position, depth)
        for other in self.sources:
            if other.outer and name in other.merged:
                (place,) = other.find(name)
                first = _first_known(first, self._read(other, place, depth))
        return first

    def _read(self, source: Source, position: int, depth: int) -> Compiled:
        column = source.relation.columns[position]
        if column.computed is not None:
            return self.context.virtual(column.computed, column.type, self, source)
        self.touched.add(source.slot)
        if self.grouping is not None:
            return self.grouping.column(source.slot, position, column, depth)
        return Compiled(
            type=column.type,
            run=_reader(source.slot, position, column.type, depth),
            nullable=column.nullable,
            place=(source.slot, position) if depth == 0 else None,
        )

    def _pseudo(self, node: exp.Column, depth: int) -> Compiled | None:
        name = node.name
        if name not in {"ROWID", "ORA_ROWSCN"} or node.this.quoted:
            return None
        candidates = [one for one in self.sources if not node.table or one.alias == node.table]
        located = [one for one in candidates if one.relation.locates]
        if len(candidates) > 1:
            raise ora(918)
        if not located:
            raise _unlocated(name, candidates)
        source = located[0]
        self.touched.add(source.slot)
        source.relation.wants_address = True
        kind = kinds.ROWID if name == "ROWID" else kinds.NUMBER
        if name == "ROWID" and source.logical is not None:
            return Compiled(type=kinds.UROWID, run=_at_depth(source.logical, depth))
        offset = len(source.relation.columns) + (name == "ORA_ROWSCN")
        run = _at_depth(_located_reader(source.slot, offset, kind), depth)
        return Compiled(type=kind, run=run, nullable=False)

    def stars(self, table: str | None) -> list[tuple[str, Compiled]]:
        """Return what a star stands for."""
        found: list[tuple[str, Compiled]] = []
        for source in self.sources:
            if table is not None and source.alias != table:
                continue
            for position, column in enumerate(source.relation.columns):
                if not column.hidden and (table is not None or column.name not in source.merged):
                    one = (source, position)
                    is_merged = table is None
                    found.append(
                        (column.name, self._merged(one, 0) if is_merged else self._read(*one, 0))
                    )
        if not found:
            raise ora(904, f'"{table}"')
        return found


def _first_known(one: Compiled, other: Compiled) -> Compiled:
    first, second = one.run, other.run

    def value(frame: Frame) -> Value:
        found = first(frame)
        return second(frame) if found is None else found

    return Compiled(type=one.type, run=value)


def _is(source: Source, table: str, owner: str | None) -> bool:
    return source.alias == table and (owner is None or owner == source.owner)


def _reader(slot: int, position: int, kind: ColumnType, depth: int) -> Evaluate:
    decode = codec.decoder(kind)
    if depth == 0:
        return lambda frame: decode(frame[slot][position])
    if depth == 1:
        return lambda frame: decode(frame[OUTER][slot][position])
    return _at_depth(lambda frame: decode(frame[slot][position]), depth)


def _located_reader(slot: int, position: int, kind: ColumnType) -> Evaluate:
    if kind is kinds.ROWID:
        return lambda frame: frame[slot][position]

    def scn(frame: Frame) -> Value:
        found = frame[slot][position]
        return None if found is None else Decimal(found)

    return scn


def _at_depth(run: Evaluate, depth: int) -> Evaluate:
    if depth == 0:
        return run

    def value(frame: Frame) -> Value:
        for _ in range(depth):
            frame = frame[OUTER]
        return run(frame)

    return value


def slot_of(index: int) -> int:
    """Return the slot of a frame in which a source's row lies."""
    return FIRST_SOURCE + index


def _unlocated(name: str, sources: list[Source]) -> OracleError:
    """Make the error for asking rows without addresses for ROWID or ORA_ROWSCN."""
    if name != "ROWID":
        return ora(904, f'"{name}"')
    code = sources[0].relation.no_rowid if sources else 1445
    return not_done_here("ROWID of a view") if code == NOT_DONE else ora(code)
