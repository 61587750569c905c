"""Running statements: from an execute, re-execute or fetch call to its response."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oracle_standin.port import (
    Bind,
    Cell,
    Column,
    DatabaseSession,
    OracleError,
    OracleType,
    Outcome,
)
from oracle_standin.values.cells import NULL, cell
from oracle_standin.wire.binds import (
    REF_CURSOR,
    BindType,
    oracle_type,
    read_bind_rows,
    read_bind_types,
)
from oracle_standin.wire.calls import ExecuteCall, Option, ReExecuteCall
from oracle_standin.wire.codes import Message
from oracle_standin.wire.cursors import Cursor, Cursors
from oracle_standin.wire.describe import describe_columns, describe_message
from oracle_standin.wire.endings import Ending, no_more_rows, row_counts_message
from oracle_standin.wire.lobs import CHUNK_UNITS, LobStore
from oracle_standin.wire.placeholders import Placeholders
from oracle_standin.wire.primitives import Incoming, integer
from oracle_standin.wire.rows import ROW_START, Repeats, RowWriter, row_header
from oracle_standin.wire.type_shapes import ATTRIBUTE_COLUMNS, NoRows, asks_for_shape, shape

ROWS_AT_ONCE = 5000
READ_ONLY, READ_AND_WRITTEN = 32, 48
LOB_KINDS = frozenset({OracleType.CLOB, OracleType.BLOB, OracleType.JSON})


class StatementWatch:
    """Told what a session is about to do, before it does it; faults hook in here."""

    def before_execute(self, statement: str) -> None:
        """Hear that a statement is about to run."""

    def rows_before_next(self, statement: str, sent: int) -> int | None:
        """Return after how many more rows to be asked again, None for whenever it suits."""
        del statement, sent
        return None

    def before_rows(self, statement: str, sent: int) -> None:
        """Hear that more rows are about to be fetched, after so many."""


SCROLLABLE_CURSOR = OracleError(
    3001, "unimplemented feature: the stand-in does not do scrollable cursors"
)


@dataclass(slots=True, kw_only=True)
class Statements:
    """Runs one session's statements; `write` takes each part of a response."""

    session: DatabaseSession
    lobs: LobStore
    field_version: int
    repeats: Repeats
    watch: StatementWatch
    write: Callable[[bytes], None]
    cursors: Cursors

    def read_execute_binds(
        self, incoming: Incoming, call: ExecuteCall
    ) -> tuple[Cursor, list[list[Bind]]]:
        """Read what follows an execute call; return its cursor and its rows of binds."""
        if call.options & Option.DEFINE:
            wanted = read_bind_types(incoming, call.defines, field_version=self.field_version)
            cursor = self.cursors.find(call.cursor)
            cursor.wanted = [kind.type for kind in wanted]
            self._prepare_writer(cursor)
            return cursor, []
        types = read_bind_types(incoming, call.binds, field_version=self.field_version)
        cursor = self._cursor_of(call)
        cursor.bind_types = types
        executions = 1 if call.is_query else max(1, call.executions)
        return cursor, self._read_rows(incoming, cursor, executions)

    def read_re_execute_binds(
        self, incoming: Incoming, call: ReExecuteCall, *, fetching: int
    ) -> tuple[Cursor, list[list[Bind]]]:
        """Read what follows a re-execute call."""
        cursor = self.cursors.find(call.cursor)
        executions = 1 if fetching else max(1, call.iterations)
        return cursor, self._read_rows(incoming, cursor, executions)

    def execute(self, call: ExecuteCall, cursor: Cursor, rows: list[list[Bind]]) -> Ending:
        """Answer an execute call."""
        if call.scrollable:
            raise SCROLLABLE_CURSOR
        if call.options & Option.DESCRIBE:
            return self._describe_only(cursor)
        ending = None
        if call.options & Option.EXECUTE:
            ending = self._run(call, cursor, rows)
            if call.options & Option.COMMIT:
                self.session.commit()
        if cursor.columns is None:
            return ending or Ending(cursor=cursor.number)
        if not cursor.is_described:
            self._describe(cursor)
        wants_rows = call.options & Option.FETCH and self._may_send_rows(cursor)
        return self.fetch(cursor, call.rows_wanted if wants_rows else 0)

    def re_execute(
        self, call: ReExecuteCall, cursor: Cursor, rows: list[list[Bind]], *, fetching: int
    ) -> Ending:
        """Answer a re-execute call."""
        if cursor.binds.returned():
            ending = self._returning(cursor, rows)
            if call.commit:
                self.session.commit()
            return ending
        outcome = self._execute(cursor, rows)
        if call.commit:
            self.session.commit()
        if cursor.columns is None:
            return self._changed(cursor, outcome)
        if not cursor.is_described:
            self._describe(cursor)
        return self.fetch(cursor, fetching if self._may_send_rows(cursor) else 0)

    def fetch(self, cursor: Cursor, count: int) -> Ending:
        """Send up to `count` more rows of a query."""
        if cursor.rows is None or cursor.writer is None:
            raise OracleError(1002, "fetch out of sequence")
        left = count
        while left:
            self.watch.before_rows(cursor.statement, cursor.rows_sent)
            pause = self.watch.rows_before_next(cursor.statement, cursor.rows_sent)
            asked = min(left, pause or ROWS_AT_ONCE, ROWS_AT_ONCE)
            block = cursor.rows.fetch(asked)
            if block.count:
                self.write(
                    (row_header(count) if left == count else b"") + cursor.writer.write(block)
                )
                cursor.rows_sent += block.count
            left -= block.count
            if block.count < asked:
                return self._ended(cursor, no_more_rows())
        return self._ended(cursor, None)

    def _cursor_of(self, call: ExecuteCall) -> Cursor:
        if call.statement is None:
            return self.cursors.find(call.cursor)
        if call.cursor:
            return self.cursors.reopen(call.cursor, call.statement)
        return self.cursors.open(call.statement)

    def _read_rows(self, incoming: Incoming, cursor: Cursor, executions: int) -> list[list[Bind]]:
        binds = cursor.binds
        sent = cursor.bind_types[: binds.returned_from]
        returned = [_returned(kind) for kind in cursor.bind_types[binds.returned_from :]]
        if not sent:
            return [list(returned) for _ in range(executions)] if returned else []
        rows = read_bind_rows(
            incoming, sent, rows=executions, lobs=self.lobs, long_last=not binds.is_plsql
        )
        return [row + returned for row in rows]

    def _describe_only(self, cursor: Cursor) -> Ending:
        cursor.columns = self.session.describe(cursor.statement)
        if cursor.columns is not None:
            self._describe(cursor)
        return Ending(cursor=cursor.number)

    def _describe(self, cursor: Cursor) -> None:
        self.write(describe_message(cursor.columns or (), field_version=self.field_version))
        cursor.is_described = True

    def _may_send_rows(self, cursor: Cursor) -> bool:
        """Hold rows back until the client has said in which form it wants LOBs."""
        columns = cursor.columns or ()
        return cursor.wanted is not None or not any(
            column.type.type in LOB_KINDS for column in columns
        )

    def _run(self, call: ExecuteCall, cursor: Cursor, rows: list[list[Bind]]) -> Ending | None:
        if call.options & Option.BATCH_ERRORS or call.counts_wanted:
            return self._one_by_one(call, cursor, rows)
        if cursor.binds.returned():
            return self._returning(cursor, rows)
        outcome = self._execute(cursor, rows)
        return None if cursor.columns is not None else self._changed(cursor, outcome)

    def _returning(self, cursor: Cursor, rows: list[list[Bind]]) -> Ending:
        """Run a change for each row of binds, and send what it returns for each."""
        count = 0
        last_rowid = None
        for row in rows:
            outcome = self._execute(cursor, [row])
            count += outcome.row_count
            last_rowid = outcome.last_rowid
            self.write(_returned_row(outcome.out_binds, cursor.binds.returned()))
        return Ending(cursor=cursor.number, rows=count, last_rowid=last_rowid)

    def _one_by_one(self, call: ExecuteCall, cursor: Cursor, rows: list[list[Bind]]) -> Ending:
        counts: list[int] = []
        errors: list[tuple[int, OracleError]] = []
        for index, row in enumerate(rows or [[]]):
            try:
                counts.append(self._execute(cursor, [row] if row else []).row_count)
            except OracleError as error:
                counts.append(0)
                if not call.options & Option.BATCH_ERRORS:
                    self._write_counts(call, counts)
                    raise
                errors.append((index, error))
        self._write_counts(call, counts)
        return Ending(cursor=cursor.number, rows=sum(counts), batch_errors=errors)

    def _write_counts(self, call: ExecuteCall, counts: list[int]) -> None:
        if call.counts_wanted:
            self.write(row_counts_message(counts))

    def _execute(self, cursor: Cursor, rows: list[list[Bind]]) -> Outcome:
        self.watch.before_execute(cursor.statement)
        if asks_for_shape(cursor.statement):
            return self._type_shape(cursor, rows[0])
        if any(kind.type == REF_CURSOR for kind in cursor.bind_types):
            raise OracleError(3115, "unsupported network datatype or representation (REF CURSOR)")
        outcome = self.session.execute(
            cursor.statement, [_complete(row, cursor.binds) for row in rows]
        )
        if outcome.columns != cursor.columns:
            _check_new_columns(cursor, outcome.columns)
            cursor.columns, cursor.is_described = outcome.columns, False
        cursor.rows, cursor.rows_sent = outcome.rows, 0
        self._prepare_writer(cursor)
        return outcome

    def _prepare_writer(self, cursor: Cursor) -> None:
        columns, wanted = cursor.columns, cursor.wanted
        if columns is None:
            return
        if wanted is not None and len(wanted) != len(columns):
            raise OracleError(1007, "variable not in select list")
        cursor.writer = RowWriter(columns, wanted=wanted, lobs=self.lobs, repeats=self.repeats)

    def _type_shape(self, cursor: Cursor, binds: Sequence[Bind]) -> Outcome:
        """Answer what the driver asks about a type, with an open cursor among the values."""
        attributes = self.cursors.open("attributes of a type")
        attributes.columns, attributes.rows = ATTRIBUTE_COLUMNS, NoRows()
        self._prepare_writer(attributes)
        values = shape(cursor.binds.names, binds, integer(attributes.number))
        return Outcome(out_binds=(values,))

    def _changed(self, cursor: Cursor, outcome: Outcome) -> Ending:
        if cursor.binds.is_plsql and cursor.bind_types:
            self._write_bind_directions(cursor.bind_types, outcome)
        return Ending(
            cursor=cursor.number,
            rows=outcome.row_count,
            last_rowid=outcome.last_rowid,
            has_warning=bool(outcome.warnings),
        )

    def _write_bind_directions(self, types: Sequence[BindType], outcome: Outcome) -> None:
        """Tell which binds a PL/SQL block wrote into, then their values for each execution."""
        first = outcome.out_binds[0] if outcome.out_binds else (None,) * len(types)
        written = [value is not None for value in first]
        high, low = divmod(len(types), 256)
        self.write(
            bytes((Message.BIND_DIRECTIONS, 0))
            + b"".join(map(integer, (low, high, 1, 0, 0, 0)))
            + bytes(READ_AND_WRITTEN if flag else READ_ONLY for flag in written)
        )
        for row in outcome.out_binds if any(written) else ():
            values = (self._out(value, kind) for value, kind in zip(row, types, strict=True))
            self.write(ROW_START + b"".join(values))

    def _out(self, value: Cell | None, kind: BindType) -> bytes:
        if value is None:
            return b""
        if kind.type in LOB_KINDS:
            return self._out_lob(value, kind)
        if kind.type == REF_CURSOR:
            columns = describe_columns(ATTRIBUTE_COLUMNS, field_version=self.field_version)
            return b"\x01" + columns + value + integer(0)
        return value + integer(0)

    def _out_lob(self, value: Cell, kind: BindType) -> bytes:
        if value == NULL:
            return value + integer(0)
        locator, length = self.lobs.hand_out(value, is_text=kind.type == OracleType.CLOB)
        sizes = integer(len(locator)) + integer(length) + integer(CHUNK_UNITS)
        return sizes + cell(locator) + integer(0)

    def _ended(self, cursor: Cursor, error: OracleError | None) -> Ending:
        return Ending(cursor=cursor.number, rows=cursor.rows_sent, error=error)


def _returned(kind: BindType) -> Bind:
    return Bind(type=oracle_type(kind), content=None, national=kind.national, size=kind.size)


def _check_new_columns(cursor: Cursor, columns: Sequence[Column] | None) -> None:
    """Let the client start afresh where a query's columns no longer fit what it asked for."""
    if cursor.columns is not None and _kinds(cursor.columns) != _kinds(columns or ()):
        raise OracleError(1007, "variable not in select list")


def _kinds(columns: Sequence[Column]) -> list[tuple[OracleType, bool]]:
    return [(column.type.type, column.type.national) for column in columns]


def _returned_row(touched: Sequence[Sequence[Cell | None]], binds: int) -> bytes:
    """Write what RETURNING gave one execution: for each bind a value of each row touched."""
    columns = [[row[index] or NULL for row in touched] for index in range(binds)]
    return ROW_START + b"".join(
        integer(len(values)) + b"".join(value + integer(0) for value in values)
        for values in columns
    )


def _complete(row: list[Bind], binds: Placeholders) -> list[Bind]:
    """Insist on one bind for each place."""
    if len(row) != len(binds.names):
        raise OracleError(1008, "not all variables bound")
    return row
