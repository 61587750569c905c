"""The batches of one reading, fetched as Arrow data frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import oracledb
from arro3.core import DataType, Field, RecordBatch, RecordBatchReader

from oracle_etl.arrow_types import arrow_type
from oracle_etl.gateways.oracle.call_watch import CallWatch
from oracle_etl.gateways.oracle.changed_types import check_types, looked_at, types_of
from oracle_etl.gateways.oracle.describe import query_columns
from oracle_etl.gateways.oracle.fetch_sizes import fetches
from oracle_etl.gateways.oracle.named_errors import named_errors
from oracle_etl.gateways.oracle.pieced_rows import pieced_rows
from oracle_etl.gateways.oracle.statements import Statement, count_rows, select_rows
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import UnreadableMoment, UnreadableValue
from oracle_etl.model.reading import Reading

_REFUSED_TYPE = re.compile(r"Arrow (integer|double|float|decimal\((\d+), (\d+)\))")
_ARROW_TYPES = {"integer": "int64", "double": "double", "float": "float"}
"""Its words in our plan's."""


class OracleBatches:
    """Reads on one session, in one read-only transaction."""

    def __init__(
        self,
        connection: oracledb.Connection,
        reading: Reading,
        *,
        watch: CallWatch,
        batch_bytes: int,
        fetch_rows: int,
    ) -> None:
        self._connection = connection
        self._reading = reading
        self._watch = watch
        self._fetches = fetches(reading, batch_bytes=batch_bytes, rows=fetch_rows)

    def count(self) -> int:
        """Count the rows on the reading's own session and snapshot."""
        with self._call():
            return count_on(self._connection, count_rows(self._reading))

    def cancel(self) -> None:
        """Break the call under way off; it fails with ORA-01013."""
        with suppress(oracledb.Error):
            self._watch.break_off()

    def __iter__(self) -> Iterator[RecordBatch]:
        """Yield the rows in record batches, none of them empty."""
        if self._reading.scn is None:
            self._check_types()
        for fetch in self._fetches:
            statement = select_rows(self._reading, also=fetch.condition)
            if fetch.in_pieces:
                yield from pieced_rows(self._connection, self._reading, statement, call=self._call)
            else:
                yield from self._batches(statement, rows=fetch.rows)

    @contextmanager
    def _call(self) -> Iterator[None]:
        with self._watch.call(), named_errors():
            yield

    def _check_types(self) -> None:
        plan = looked_at(self._reading)
        if not plan.columns:
            return
        with self._call(), self._connection.cursor() as cursor:
            cursor.parse(types_of(self._reading, plan).text)
            described = query_columns(cursor.description or ())
        check_types(self._reading, plan, described)

    def _batches(self, statement: Statement, *, rows: int) -> Iterator[RecordBatch]:
        frames = self._connection.fetch_df_batches(
            statement.text,
            statement.binds,
            size=rows,
            requested_schema=requested_schema(self._reading.plan),
        )
        while (batch := self._next(frames)) is not None:
            # With LOBs the first frame is empty, and so is the only one of an empty table.
            if batch.num_rows:
                yield batch
            # A batch of one large LOB is not to be held while the next one is fetched.
            del batch

    def _next(self, frames: Iterator[oracledb.DataFrame]) -> RecordBatch | None:
        try:
            with self._call():
                frame = next(frames, None)
        except UnreadableMoment:
            raise
        except UnreadableValue as error:
            raise naming_columns(error, self._reading.plan) from error
        return None if frame is None else RecordBatchReader.from_arrow(frame).read_next_batch()


def naming_columns(error: UnreadableValue, plan: ColumnPlan) -> UnreadableValue:
    """Return the driver's refusal of a value with the columns that it may mean."""
    refused = _REFUSED_TYPE.search(error.message)
    if refused is None:
        return error
    wanted = _ARROW_TYPES.get(refused[1]) or f"decimal128({refused[2]},{refused[3]})"
    named = ", ".join(each.name for each in plan.columns if each.arrow_type == wanted)
    return UnreadableValue(f"{error.message}, in one of {named}", hint=error.hint)


def requested_schema(plan: ColumnPlan) -> Field:
    """Return the types and names that the driver is to deliver.

    A nameless schema crashes the driver (26.1.0), so it travels as a field named "".
    """
    fields = [
        Field(f"{column.name}{suffix}", arrow_type(column.arrow_type))
        for column in plan.columns
        for suffix in (("",) if column.continuation is None else ("", " (continued)"))
    ]
    return Field("", DataType.struct(fields))


def count_on(connection: oracledb.Connection, statement: Statement) -> int:
    """Return the one number that a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.binds)
        row = cursor.fetchone()
    return int(row[0]) if row and row[0] is not None else 0
