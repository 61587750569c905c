"""Query blocks at work: frames in, rows of cells out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter

from oracle_standin.engine import codec, kinds
from oracle_standin.engine.compiling.coercion import UNKNOWN
from oracle_standin.engine.compiling.grouping import Grouping
from oracle_standin.engine.compiling.joins import Plan
from oracle_standin.engine.compiling.ordering import (
    Keyed,
    SortKey,
    Window,
    batched,
    sorted_rows,
)
from oracle_standin.engine.compiling.relations import (
    BATCH_ROWS,
    TableRelation,
)
from oracle_standin.engine.execution import Execution, base_frame
from oracle_standin.engine.kinds import (
    FIRST_SOURCE,
    ROWNUM,
    Compiled,
    Evaluate,
    Frame,
    Value,
)
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.port import Cell, ColumnType, OracleType, RowSource

Emit = Callable[[Frame], Cell]


def described(kind: ColumnType) -> ColumnType:
    """Return the type under which a column is described."""
    return kinds.varchar(1) if kind is UNKNOWN else kind


def emitter(compiled: Compiled) -> Emit:
    """Return how an expression becomes a cell of the result."""
    if compiled.place is not None:
        slot, position = compiled.place
        return lambda frame: frame[slot][position]
    encode, run = codec.encoder(described(compiled.type)), compiled.run
    return lambda frame: encode(run(frame))


Identity = Callable[[Row], Row]
"""What makes a row the same as another."""
INSTANT_CELL = 12


def identity_of(kinds_of_columns: Sequence[ColumnType]) -> Identity:
    """Return what tells rows apart: their cells, of moments with a time zone the instant alone."""
    zoned = [
        position
        for position, kind in enumerate(kinds_of_columns)
        if kind.type is OracleType.TIMESTAMP_TZ
    ]

    def instants_alone(row: Row) -> Row:
        cells = list(row)
        for position in zoned:
            cells[position] = cells[position][:INSTANT_CELL]
        return tuple(cells)

    return instants_alone if zoned else lambda row: row


def unique(rows: Iterator[Row], identity: Identity) -> Iterator[Row]:
    """Yield the first of equal rows."""
    seen: set[Row] = set()
    for row in rows:
        key = identity(row)
        if key not in seen:
            seen.add(key)
            yield row


def _picker(places: tuple[int, ...]) -> Callable[[Row], Row]:
    if len(places) == 1:
        only_one = places[0]
        return lambda row: (row[only_one],)
    return itemgetter(*places)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRun:
    """What one query block does when it runs."""

    plan: Plan
    emits: tuple[Emit, ...]
    places: tuple[int, ...] | None
    keys: tuple[SortKey, ...]
    window: Window | None
    distinct: bool
    identity: Identity
    grouping: Grouping | None
    having: Evaluate | None
    sources: int

    def rows(self, execution: Execution, outer: Frame | None) -> Iterator[list[Row]]:
        """Yield the block's rows in lists."""
        frame = base_frame(execution, outer, self.sources + 2)
        if self.places is not None and not self._finishes() and not self.plan.finally_:
            return self._picked(frame, self.places)
        rows = self._emitted(frame)
        if self.window is not None:
            rows = self.window.cut(frame, rows)
        return batched(rows, BATCH_ROWS)

    def _finishes(self) -> bool:
        return bool(self.keys or self.window or self.distinct or self.grouping)

    def _picked(self, frame: Frame, places: tuple[int, ...]) -> Iterator[list[Row]]:
        """Yield stored cells as they are: the way of plain columns."""
        pick = _picker(places)
        step = self.plan.steps[0]
        tests, slot = step.after, step.source.slot
        for rows in step.source.relation.batches(frame, self.plan.within(frame)):
            if not tests:
                yield list(map(pick, rows))
                continue
            picked: list[Row] = []
            for row in rows:
                frame[slot] = row
                if all(test(frame) is True for test in tests):
                    picked.append(pick(row))
            yield picked

    def _emitted(self, frame: Frame) -> Iterator[Row]:
        frames = self._grouped(frame) if self.grouping else self._numbered(frame)
        emits = self.emits
        if not self.keys:
            rows = (tuple([emit(one) for emit in emits]) for one in frames)
            return unique(rows, self.identity) if self.distinct else rows
        keyed: list[Keyed] = []
        seen: set[Row] = set()
        for one in frames:
            row = tuple([emit(one) for emit in emits])
            if self.distinct:
                key = self.identity(row)
                if key in seen:
                    continue
                seen.add(key)
            keyed.append((tuple([by.run(one) for by in self.keys]), row))
        return iter(sorted_rows(keyed, self.keys))

    def _numbered(self, frame: Frame) -> Iterator[Frame]:
        """Yield the frames that pass, counting ROWNUM."""
        count = step = Decimal(1)
        tests = self.plan.finally_
        for one in self.plan.frames(frame):
            one[ROWNUM] = count
            failed = next((test for test in tests if test.run(one) is not True), None)
            if failed is None:
                yield one
                count += step
            elif failed.touches == {-1}:
                return

    def _grouped(self, frame: Frame) -> Iterator[Frame]:
        grouping = self.grouping
        if grouping is None:
            return
        groups = self._counted(frame, grouping) or grouping.grouped(self._numbered(frame))
        for keys, results in groups:
            made: Frame = list(frame)
            for slot in range(FIRST_SOURCE, FIRST_SOURCE + self.sources):
                made[slot] = None
            made[grouping.keys_slot], made[grouping.results_slot] = keys, results
            if self.having is None or self.having(made) is True:
                yield made

    def _counted(self, frame: Frame, grouping: Grouping) -> list[tuple[Row, list[Value]]] | None:
        """Count rows without looking at them, where that is all there is to do."""
        step = self.plan.steps[0]
        alone = len(self.plan.steps) == 1 and not step.after and not self.plan.finally_
        if not alone or not grouping.counts_rows_only():
            return None
        if not isinstance(step.source.relation, TableRelation):
            return None
        count = step.source.relation.count(frame, self.plan.within(frame))
        return [((), [Decimal(count)] * len(grouping.aggregates))]

    def direct(self, execution: Execution) -> RowSource | None:
        """Return the rows as their keeper hands them out, where nothing is left to do."""
        step = self.plan.steps[0]
        relation = step.source.relation
        plain = self.places is not None and not self._finishes() and not self.plan.finally_
        if not plain or step.after or not isinstance(relation, TableRelation):
            return None
        frame = base_frame(execution, None, self.sources + 2)
        kept = relation.stored(frame, self.plan.within(frame))
        if kept is None or self.places is None:
            return None
        return kept[0].scan(self.places, kept[1])
