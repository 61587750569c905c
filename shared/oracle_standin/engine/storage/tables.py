"""Tables: columns, constraints, and the segments that hold their rows."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from oracle_standin.engine.errors import ora
from oracle_standin.engine.kinds import LOBS, Value
from oracle_standin.engine.parsing.declared_types import DeclaredType
from oracle_standin.engine.storage.addresses import OBJECT_SHIFT
from oracle_standin.engine.storage.blocks import Row, Snapshot
from oracle_standin.engine.storage.keys import KeyIndex
from oracle_standin.engine.storage.segments import (
    EVERYWHERE,
    WHOLE,
    Range,
    Sample,
    Segment,
)
from oracle_standin.engine.storage.transactions import RowHeld, Transaction
from oracle_standin.port import ColumnType


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """A column as CREATE TABLE declared it."""

    name: str
    declared: DeclaredType
    nullable: bool = True
    default: str | None = None
    comment: str | None = None
    virtual: str | None = None
    hidden: bool = False
    identity: str = ""
    """"" for an ordinary column, or ALWAYS, BY DEFAULT."""
    default_on_null: bool = False

    @property
    def type(self) -> ColumnType:
        """The column's type."""
        return self.declared.type


class KeyKind(enum.Enum):
    """Kinds of constraint, by the dictionary's letter."""

    PRIMARY = "P"
    UNIQUE = "U"
    FOREIGN = "R"
    CHECK = "C"


@dataclass(slots=True, kw_only=True)
class Constraint:
    """A constraint; what does not apply to its kind is empty."""

    name: str
    kind: KeyKind
    columns: tuple[str, ...]
    condition: str = ""
    generated: bool = False
    refers_to: Table | None = None
    refers_to_key: str = ""
    on_delete: str = "NO ACTION"
    enabled: bool = True
    index: KeyIndex | None = None
    not_null: bool = False
    """A CHECK that only says IS NOT NULL, which the column says too."""


class TableKind(enum.Enum):
    """What a table is to the dictionary."""

    HEAP = "heap"
    INDEX_ORGANISED = "index-organised"
    TEMPORARY = "temporary"
    EXTERNAL = "external"


class Cut(enum.Enum):
    """How a table is partitioned."""

    RANGE = "RANGE"
    LIST = "LIST"
    HASH = "HASH"


@dataclass(slots=True, kw_only=True)
class Partition:
    """A partition: its segment and what may lie in it."""

    name: str
    number: int
    segment: Segment
    high_value: str = ""
    accepts: Callable[[Value], bool] = field(default=lambda _key: True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What DBMS_STATS found."""

    rows: int
    blocks: int
    average_row: int
    sample: int
    analysed: int
    """When, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A row-level policy: a condition added to every query of others."""

    name: str
    function: str
    condition: str


class Routing(Protocol):
    """Chooses the partition of a row."""

    def __call__(self, row: Row, /) -> Partition:
        """Return the partition."""
        ...


@dataclass(slots=True, kw_only=True)
class Table:
    """A table of the catalogue."""

    owner: str
    name: str
    number: int
    columns: tuple[TableColumn, ...]
    partitions: list[Partition]
    kind: TableKind = TableKind.HEAP
    cut: Cut | None = None
    cut_columns: tuple[str, ...] = ()
    constraints: list[Constraint] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    comment: str | None = None
    created: int = 0
    changed_scn: int = 0
    """The SCN of the last DDL: older states cannot be read."""
    changed_at: int = 0
    cluster: str | None = None
    statistics: Statistics | None = None
    policies: list[Policy] = field(default_factory=list)
    view_query: str | None = None
    """The query of a materialised view."""
    external: str | None = None
    routing: Routing | None = None
    children: list[Table] = field(default_factory=list)
    """Tables with foreign keys to this one."""
    duration: str | None = None

    def segments(self) -> list[Segment]:
        """Return the segments in the order of the partitions."""
        return [partition.segment for partition in self.partitions]

    def lobs(self) -> list[int]:
        """Return the places of the columns of LOBs."""
        return [at for at, column in enumerate(self.columns) if column.type.type in LOBS]

    def segment_of(self, at: int) -> Segment | None:
        """Return the segment in which an address lies."""
        number = at >> OBJECT_SHIFT
        for partition in self.partitions:
            if partition.segment.number == number:
                return partition.segment
        return None

    def current(self, at: int) -> Row | None:
        """Return the row at an address as it is now."""
        segment = self.segment_of(at)
        return segment.current(at) if segment else None

    def claim(self, at: int, transaction: Transaction) -> None:
        """Insist that no other open transaction holds a row; RowHeld where one does."""
        segment = self.segment_of(at)
        holder = segment.owner(at) if segment else None
        if holder is not None and holder is not transaction:
            raise RowHeld(holder)

    def partition_named(self, name: str) -> Partition:
        """Return a partition; ORA-02149 where there is none of that name."""
        for partition in self.partitions:
            if self.cut and partition.name == name:
                return partition
        raise ora(2149)

    def position(self, column: str) -> int:
        """Return a column's position; ORA-00904 where there is none of that name."""
        for position, known in enumerate(self.columns):
            if known.name == column:
                return position
        raise ora(904, f'"{column}"')

    def positions(self, columns: Iterable[str]) -> tuple[int, ...]:
        """Return the positions of columns."""
        return tuple(self.position(column) for column in columns)

    def key(self, kind: KeyKind) -> Constraint | None:
        """Return the first constraint of a kind."""
        return next((one for one in self.constraints if one.kind is kind), None)

    def key_indexes(self) -> Iterator[KeyIndex]:
        """Yield the indexes that a new row must enter."""
        for constraint in self.constraints:
            if constraint.index is not None:
                yield constraint.index
        for index in self.indexes:
            if index.unique and index.entries is not None:
                yield index.entries

    def insert(self, row: Row, transaction: Transaction) -> int:
        """Add a row to its partition and its indexes."""
        partition = self.routing(row) if self.routing else self.partitions[0]
        at = partition.segment.insert(row, transaction)
        for index in self.key_indexes():
            index.add(row, at)
        return at

    def replace(self, at: int, row: Row | None, transaction: Transaction) -> None:
        """Change or delete the row at an address."""
        segment = self.segment_of(at)
        if segment is None:
            raise ora(1410)
        if row is not None and self.routing and self.routing(row).segment is not segment:
            raise ora(14402)
        for index in self.key_indexes():
            index.read()
        segment.replace(at, row, transaction)
        if row is not None:
            for index in self.key_indexes():
                index.add(row, at)

    def scan(self, snapshot: Snapshot, reading: Reading) -> Iterator[list[Row]]:
        """Yield the rows of a snapshot, segment by segment and block by block."""
        chosen = reading.sample.chooser() if reading.sample else None
        by_row = chosen if reading.sample and not reading.sample.by_block else None
        for segment in reading.segments:
            for rows in _of_segment(segment, snapshot, reading):
                if by_row is None or reading.sample is None:
                    yield rows
                else:
                    percent = reading.sample.percent
                    yield [row for row in rows if by_row.random() * WHOLE < percent]

    def altered(self, columns: tuple[TableColumn, ...], change: Callable[[Row], Row]) -> None:
        """Take new columns, every row rewritten to them; older cursors keep the old rows."""
        for position, partition in enumerate(self.partitions):
            self.partitions[position] = replace(
                partition, segment=partition.segment.rewritten(change)
            )
        self.columns = columns

    def row_count(self) -> int:
        """Count the rows as they are now."""
        return sum(segment.row_count() for segment in self.segments())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a query reads a table."""

    segments: tuple[Segment, ...]
    within: Range = EVERYWHERE
    sample: Sample | None = None
    located: bool = False
    """Append each row's address and SCN behind its cells."""


def _of_segment(segment: Segment, snapshot: Snapshot, reading: Reading) -> Iterator[list[Row]]:
    if not reading.located:
        yield from segment.scan(snapshot, within=reading.within, sample=reading.sample)
        return
    for located in segment.located(snapshot, within=reading.within, sample=reading.sample):
        yield [(*row, at, scn) for at, row, scn in located]  # type: ignore[arg-type]


@dataclass(slots=True, kw_only=True)
class Index:
    """An index of the dictionary; a unique one is enforced."""

    owner: str
    name: str
    number: int
    table: Table
    columns: tuple[str, ...]
    unique: bool = False
    entries: KeyIndex | None = None
    created: int = 0
    descending: tuple[bool, ...] = ()
