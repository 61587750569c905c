"""Tables in memory that are read as Oracle's are: at an SCN, by ROWID ranges, in batches.

Rows are (id, text). Each commit makes a new SCN, and every earlier state can still be read,
until `forget_before` takes its undo away.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from arro3.core import Array, RecordBatch, Schema
from arro3.core import DataType as Arrow
from arro3.core import Field as ArrowField

from oracle_etl.model.columns import DeclaredColumn, ObjectKind, TableShape
from oracle_etl.model.errors import SourceAway, TableChanged, TableNotFound, UndoGone
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.ports import Page, PageRequest, SourceStatus, TableListing

Row = tuple[int, str | None]
ROWS_OF_A_BATCH = 10
COLUMNS = (
    DeclaredColumn(
        name="ID", data_type="NUMBER", precision=9, scale=0, length=22, nullable=False, position=1
    ),
    DeclaredColumn(name="NAME", data_type="VARCHAR2", length=40, characters=40, position=2),
)


def rowid(number: int) -> str:
    """Return the ROWID of a row's place; places sort as their ROWIDs do."""
    return f"AAAAAAAAAAAA{number:06d}"


@dataclass
class MemorySource:
    """A database of tables in memory."""

    owner: str = "HR"
    name: str = "PROD/PROD"
    """Which database it is."""
    states: dict[str, list[tuple[int, tuple[Row, ...]]]] = field(default_factory=dict)
    scn: int = 1000
    oldest_scn: int = 0
    flashback: bool = True
    knows_scn: bool = True
    estimated_bytes: int = 8192
    rows_undo_reaches: int | None = None
    """A reading of more rows than this ends in UndoGone."""
    undo_retention: int | None = 900
    """How many seconds undo is meant to reach; None where the account may not ask."""
    altered_scn: dict[str, int] = field(default_factory=dict)
    """By table: the SCN of its last DDL, before which it cannot be read."""
    is_reversed: bool = False
    """Whether the rows of a reading come in the other order; Oracle promises none."""
    counts_more: int = 0
    """Rows that a count finds and a reading does not; below nothing the other way round."""
    before_batch: Callable[[Reading, int], None] | None = None
    """Called before each batch with the reading and the batch's number."""
    broken_off: threading.Event = field(default_factory=threading.Event)
    """Set when somebody breaks a call off."""
    readings: list[Reading] = field(default_factory=list)
    """What was read, in order."""
    counted: list[Reading] = field(default_factory=list)
    """What was counted, in order."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, name: str, rows: Sequence[Row]) -> int:
        """Commit a new state of a table and return its SCN."""
        with self.lock:
            self.scn += 1
            self.states.setdefault(name, []).append((self.scn, tuple(rows)))
            return self.scn

    def forget_before(self, scn: int) -> None:
        """Take the undo before an SCN away."""
        self.oldest_scn = scn

    def status(self) -> SourceStatus:
        return SourceStatus(source="default", reachable=True, latency_ms=0.1, version="19.0")

    def schema(self) -> str:
        return self.owner

    def catalogue(
        self, page: PageRequest, *, schema: str | None = None, search: str | None = None
    ) -> Page[TableListing]:
        names = [name for name in sorted(self.states) if search is None or search in name]
        if schema not in (None, self.owner):
            names = []
        first = int(page.token or 0)
        shown = names[first : first + page.size]
        more = first + page.size < len(names)
        return Page(
            items=tuple(self._listing(name) for name in shown),
            next_token=str(first + page.size) if more else None,
        )

    def _listing(self, name: str) -> TableListing:
        return TableListing(
            table=TableName(owner=self.owner, name=name),
            kind=ObjectKind.HEAP,
            columns=len(COLUMNS),
            estimated_rows=len(self.states[name][-1][1]),
            estimated_bytes=self.estimated_bytes,
        )

    def shape(self, table: TableName) -> TableShape:
        if table.name not in self.states:
            raise TableNotFound(f"there is no table {table}", hint="see `tables list`")
        return TableShape(
            table=TableName(owner=self.owner, name=table.name),
            kind=ObjectKind.HEAP,
            columns=COLUMNS,
            primary_key=("ID",),
            estimated_rows=len(self.states[table.name][-1][1]),
            estimated_bytes=self.estimated_bytes,
        )

    def query_shape(self, name: str, query: str) -> TableShape:
        del query
        return TableShape(table=TableName(name=name), kind=ObjectKind.QUERY, columns=COLUMNS)

    def database(self) -> str:
        return self.name

    def current_scn(self) -> int | None:
        return self.scn if self.knows_scn else None

    def can_flash_back(self, table: TableName, scn: int) -> bool:
        if not self.flashback or table.name not in self.states:
            return False
        if scn < self.oldest_scn:
            raise UndoGone(f"ORA-01555: the SCN {scn} is gone")
        if scn < self.altered_scn.get(table.name, 0):
            raise TableChanged("ORA-01466: unable to read data - table definition has changed")
        return True

    def count(self, reading: Reading) -> int:
        self.counted.append(reading)
        return len(self._rows(reading)) + self.counts_more

    def boundaries(self, reading: Reading, *, parts: int) -> Sequence[str]:
        places = [place for place, _ in self._rows(reading)]
        cuts = [places[len(places) * number // parts] for number in range(1, parts) if places]
        return [rowid(place) for place in sorted(set(cuts)) if place != places[0]]

    @contextmanager
    def read(self, reading: Reading, *, batch_bytes: int) -> Iterator[_Batches]:
        del batch_bytes
        self.readings.append(reading)
        yield _Batches(self, reading)

    def undo_retention_seconds(self) -> int | None:
        return self.undo_retention

    def close(self) -> None:
        """Nothing is open."""

    def _rows(self, reading: Reading) -> list[tuple[int, Row]]:
        scn = self.scn if reading.scn is None else reading.scn
        if scn < self.oldest_scn:
            raise UndoGone(f"ORA-01555: the SCN {scn} is gone")
        state: tuple[Row, ...] = ()
        for written, rows in self.states[reading.table.name]:
            if written <= scn:
                state = rows
        bounds = reading.rows_of
        low = bounds.low if bounds and bounds.low else rowid(0)
        high = bounds.high if bounds and bounds.high else "Z"
        return [(place, row) for place, row in enumerate(state) if low <= rowid(place) < high][
            : reading.limit
        ]


class _Batches:
    def __init__(self, source: MemorySource, reading: Reading) -> None:
        self._source = source
        self._reading = reading

    def count(self) -> int:
        return self._source.count(self._reading)

    def cancel(self) -> None:
        self._source.broken_off.set()

    def __iter__(self) -> Iterator[RecordBatch]:
        rows = [row for _, row in self._source._rows(self._reading)]
        if self._source.is_reversed:
            rows.reverse()
        reach = self._source.rows_undo_reaches
        names = [each.name for each in self._reading.plan.columns]
        for number, first in enumerate(range(0, len(rows), ROWS_OF_A_BATCH)):
            if self._source.before_batch is not None:
                self._source.before_batch(self._reading, number)
            if self._source.broken_off.is_set():
                raise SourceAway("ORA-01013: user requested cancel of current operation")
            if reach is not None and first >= reach:
                raise UndoGone("ORA-01555: snapshot too old")
            yield _batch(rows[first : first + ROWS_OF_A_BATCH], names)


def _batch(rows: Sequence[Row], names: Sequence[str]) -> RecordBatch:
    columns = {
        "ID": Array([row[0] for row in rows], type=Arrow.int64()),
        "NAME": Array([row[1] for row in rows], type=Arrow.large_string()),
    }
    schema = Schema([ArrowField(name, columns[name].type, nullable=True) for name in names])
    return RecordBatch.from_arrays([columns[name] for name in names], schema=schema)
