"""What a FROM clause can name: tables, queries, and the views of the dictionary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from oracle_standin.engine import codec
from oracle_standin.engine.compiling.scope import SourceColumn
from oracle_standin.engine.errors import ora
from oracle_standin.engine.execution import Execution
from oracle_standin.engine.instants import Zoned
from oracle_standin.engine.kinds import EXECUTION, Evaluate, Frame, Value
from oracle_standin.engine.parsing.dialect import parse_expression
from oracle_standin.engine.storage.blocks import Row, Snapshot
from oracle_standin.engine.storage.segments import Range, Sample
from oracle_standin.engine.storage.stored import StoredSegment
from oracle_standin.engine.storage.tables import Reading, Table
from oracle_standin.port import StoredTable

if TYPE_CHECKING:
    from oracle_standin.engine.compiling.queries import Query
    from oracle_standin.engine.session import Session

BATCH_ROWS = 500
LEAST_SAMPLE = Decimal("0.000001")
MOST_SAMPLE = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleClause:
    """SAMPLE as written."""

    percent: Evaluate
    by_block: bool
    seed: Evaluate | None

    def taken(self, frame: Frame) -> Sample:
        """Return the sample of one run; ORA-30562 outside 0 to 100 percent."""
        percent = self.percent(frame)
        if percent is None or not LEAST_SAMPLE <= percent < MOST_SAMPLE:
            raise ora(30562)
        seed = None if self.seed is None else int(self.seed(frame))
        return Sample(percent=float(percent), by_block=self.by_block, seed=seed)


@dataclass(slots=True, kw_only=True)
class TableRelation:
    """A table, as of now or of an earlier SCN, whole or in part."""

    table: Table
    columns: tuple[SourceColumn, ...]
    locates: bool = True
    no_rowid: int = 1445
    wants_address: bool = False
    as_of_scn: Evaluate | None = None
    as_of_timestamp: Evaluate | None = None
    partition: str | None = None
    sample: SampleClause | None = None

    def batches(self, frame: Frame, within: Range) -> Iterator[list[Row]]:
        """Yield the rows of the snapshot block by block."""
        snapshot = self.snapshot(frame)
        table = self.table
        segments = (
            [table.partition_named(self.partition).segment] if self.partition else table.segments()
        )
        reading = Reading(
            segments=tuple(segments),
            within=within,
            sample=self.sample.taken(frame) if self.sample else None,
            located=self.wants_address,
        )
        return table.scan(snapshot, reading)

    def stored(self, frame: Frame, within: Range) -> tuple[StoredTable, range] | None:
        """Return the rows of a table that somebody else keeps, where it is read whole."""
        segment = self.table.partitions[0].segment
        if not isinstance(segment, StoredSegment) or self.sample or self.wants_address:
            return None
        self.snapshot(frame)
        return segment.stored, segment.rows_within(within)

    def count(self, frame: Frame, within: Range) -> int:
        """Count the rows."""
        kept = self.stored(frame, within)
        if kept is not None:
            return len(kept[1])
        return sum(map(len, self.batches(frame, within)))

    def snapshot(self, frame: Frame) -> Snapshot:
        """Return what this reading sees; ORA-01466 before the table's last DDL."""
        execution: Execution = frame[EXECUTION]
        history = execution.session.database.history
        if self.as_of_scn is not None:
            snapshot = Snapshot(scn=history.checked_scn(self.as_of_scn(frame)))
        elif self.as_of_timestamp is not None:
            moment: Zoned | None = self.as_of_timestamp(frame)
            if moment is None:
                raise ora(8186)
            snapshot = Snapshot(scn=history.scn_at(moment.utc))
        else:
            snapshot = execution.snapshot
        if snapshot.scn < self.table.changed_scn:
            raise ora(1466)
        return snapshot


def table_columns(table: Table) -> tuple[SourceColumn, ...]:
    """Return a table's columns as a source offers them."""
    return tuple(
        SourceColumn(
            name=column.name,
            type=column.type,
            nullable=column.nullable,
            hidden=column.hidden,
            computed=parse_expression(column.virtual) if column.virtual else None,
        )
        for column in table.columns
    )


@dataclass(slots=True, kw_only=True)
class QueryRelation:
    """A query in place of a table: an inline view, a WITH clause, a view."""

    query: Query
    columns: tuple[SourceColumn, ...]
    no_rowid: int
    locates: bool = False
    wants_address: bool = False

    def batches(self, frame: Frame, within: Range) -> Iterator[list[Row]]:
        """Run the query."""
        del within
        return self.query.rows(frame[EXECUTION], None)


def query_columns(query: Query, names: Sequence[str] = ()) -> tuple[SourceColumn, ...]:
    """Return a query's columns as a source offers them, renamed where names are given."""
    if names and len(names) != len(query.columns):
        raise ora(1730)
    return tuple(
        SourceColumn(
            name=names[index] if names else column.name,
            type=column.type,
            nullable=column.nullable,
        )
        for index, column in enumerate(query.columns)
    )


@dataclass(slots=True, kw_only=True)
class ComputedRelation:
    """A view of the dictionary: rows computed when it is read."""

    columns: tuple[SourceColumn, ...]
    compute: Callable[[Session], Iterator[Sequence[Value]]]
    locates: bool = False
    no_rowid: int = 1445
    wants_address: bool = False
    encoders: tuple[codec.Encode, ...] = field(default=())

    def batches(self, frame: Frame, within: Range) -> Iterator[list[Row]]:
        """Compute the rows."""
        del within
        execution: Execution = frame[EXECUTION]
        encoders = self.encoders or tuple(codec.encoder(one.type) for one in self.columns)
        yield [
            tuple(encode(value) for encode, value in zip(encoders, row, strict=True))
            for row in self.compute(execution.session)
        ]


def renamed(columns: tuple[SourceColumn, ...], names: Sequence[str]) -> tuple[SourceColumn, ...]:
    """Return columns under other names."""
    if len(names) != len(columns):
        raise ora(1730)
    return tuple(replace(one, name=name) for one, name in zip(columns, names, strict=True))
