"""New rows of a table: their values, and the constraints that they must keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from oracle_standin.engine.compiling.coercion import NULL, converted
from oracle_standin.engine.compiling.conditions import truth
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.errors import ora
from oracle_standin.engine.execution import settings_of
from oracle_standin.engine.kinds import FIRST_SOURCE, Compiled, Evaluate, Frame, Value
from oracle_standin.engine.limits import storer
from oracle_standin.engine.parsing.dialect import parse_condition, parse_expression
from oracle_standin.engine.statements.targets import Target
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.engine.storage.keys import Key, KeyIndex
from oracle_standin.engine.storage.tables import Constraint, KeyKind, Table, TableColumn
from oracle_standin.engine.storage.transactions import Transaction
from oracle_standin.port import Cell
from oracle_standin.values.cells import NULL as NULL_CELL

Emit = Callable[[Frame], Cell]


def writable(
    table: Table, names: Sequence[str] | None, *, virtual_error: int = 54013
) -> tuple[int, ...]:
    """Return the positions of the columns that a statement writes."""
    if names is None:
        return tuple(i for i, one in enumerate(table.columns) if not (one.virtual or one.hidden))
    if len(set(names)) != len(names):
        raise ora(957)
    positions = table.positions(names)
    for position in positions:
        if table.columns[position].virtual:
            raise ora(virtual_error)
    return positions


def insist_on_identity(table: Table, positions: Iterable[int], refusal: int) -> None:
    """Refuse values for a column that always makes its own."""
    if any(table.columns[position].identity == "ALWAYS" for position in positions):
        raise ora(refusal)


def column_text(table: Table, column: TableColumn) -> str:
    """Name a column as Oracle's errors do."""
    return f'"{table.owner}"."{table.name}"."{column.name}"'


def emit(table: Table, column: TableColumn, compiled: Compiled) -> Emit:
    """Return how an expression becomes a cell of a column."""
    fitted = converted(compiled, column.type)
    store = storer(column.type, column_text(table, column))
    run = fitted.run
    return lambda frame: store(run(frame), settings_of(frame))


def default_of(column: TableColumn, scope: Scope) -> Compiled:
    """Compile a column's default."""
    if column.default is None:
        return NULL
    return scope.context.expression(parse_expression(column.default), scope)


def _of_new_row(column: TableColumn, given: Compiled | None, outside: Scope) -> Compiled:
    """Return what a new row has in a column: what is given, or the default instead."""
    if given is None:
        return default_of(column, outside)
    if not column.default_on_null:
        return given
    first = converted(given, column.type).run
    otherwise = converted(default_of(column, outside), column.type).run

    def value(frame: Frame) -> Value:
        found = first(frame)
        return otherwise(frame) if found is None else found

    return Compiled(type=column.type, run=value)


def maker(target: Target, given: Mapping[int, Compiled]) -> Callable[[Frame], Row]:
    """Return how a new row is made of expressions and defaults."""
    table = target.table
    outside = Scope(context=target.scope.context)
    emits = [
        emit(table, column, _of_new_row(column, given.get(position), outside))
        for position, column in enumerate(table.columns)
    ]
    check = _checks(target, 1400)

    def make(frame: Frame) -> Row:
        row = tuple([one(frame) for one in emits])
        check(frame, row)
        return row

    return make


def setter(target: Target, given: Mapping[int, Compiled | None]) -> Callable[[Frame, Row], Row]:
    """Return how a row is changed; a missing expression is the column's default."""
    table = target.table
    outside = Scope(context=target.scope.context)
    emits: list[tuple[int, Emit]] = []
    for position, compiled in given.items():
        column = table.columns[position]
        new = compiled if compiled is not None else default_of(column, outside)
        emits.append((position, emit(table, column, new)))
    check = _checks(target, 1407)

    def change(frame: Frame, row: Row) -> Row:
        changed = list(row)
        for position, one in emits:
            changed[position] = one(frame)
        new = tuple(changed)
        check(frame, new)
        return new

    return change


def _checks(target: Target, null_error: int) -> Callable[[Frame, Row], None]:
    """Return the check of a row against NOT NULL and CHECK."""
    table = target.table
    needed = [
        (position, column)
        for position, column in enumerate(table.columns)
        if not column.nullable and not column.virtual
    ]
    conditions: list[tuple[Constraint, Evaluate]] = [
        (one, truth(parse_condition(one.condition), target.scope))
        for one in table.constraints
        if one.kind is KeyKind.CHECK and one.enabled and not one.not_null
    ]

    def check(frame: Frame, row: Row) -> None:
        for position, column in needed:
            if row[position] == NULL_CELL:
                raise ora(null_error, column_text(table, column))
        if conditions:
            inner = list(frame)
            inner[FIRST_SOURCE] = (*row, None, None)
            for constraint, run in conditions:
                if run(inner) is False:
                    raise ora(2290, f"{table.owner}.{constraint.name}")

    return check


class Changed:
    """The rows that one statement has changed, and the keys that they must keep."""

    def __init__(self, table: Table, transaction: Transaction) -> None:
        self.table = table
        self.transaction = transaction
        self._new: list[tuple[int, Row]] = []
        self._gone: list[Row] = []

    def insert(self, row: Row) -> int:
        """Add a row."""
        at = self.table.insert(row, self.transaction)
        self._new.append((at, row))
        return at

    def update(self, at: int, old: Row, new: Row) -> None:
        """Change a row."""
        self.table.replace(at, new, self.transaction)
        self._new.append((at, new))
        self._gone.append(old)

    def delete(self, at: int, row: Row) -> None:
        """Delete a row."""
        self.table.replace(at, None, self.transaction)
        self._gone.append(row)

    def verify(self) -> None:
        """Insist on every key, now that the statement is done."""
        for constraint in self.table.constraints:
            if constraint.index is None or not constraint.enabled:
                continue
            if constraint.kind is KeyKind.FOREIGN:
                self._parents_exist(constraint, constraint.index)
            else:
                self._unique(constraint.name, constraint.index)
                self._children_gone(constraint, constraint.index)
        for index in self.table.indexes:
            if index.unique and index.entries is not None:
                self._unique(index.name, index.entries)

    def _unique(self, name: str, index: KeyIndex) -> None:
        for at, row in self._new:
            key = index.key_of(row)
            if key is None:
                continue
            others = [
                one for one in index.rows_with(key, self.table, self.transaction) if one != at
            ]
            if others:
                raise ora(1, f"{self.table.owner}.{name}")

    def _parents_exist(self, constraint: Constraint, index: KeyIndex) -> None:
        parent = constraint.refers_to
        if parent is None:
            return
        parent_index = next(
            one.index for one in parent.constraints if one.name == constraint.refers_to_key
        )
        for _, row in self._new:
            key = index.key_of(row)
            if key is None or NULL_CELL in key or parent_index is None:
                continue
            if not any(parent_index.rows_with(key, parent, self.transaction)):
                raise ora(2291, f"{self.table.owner}.{constraint.name}")

    def _children_gone(self, constraint: Constraint, index: KeyIndex) -> None:
        children = [
            (child, foreign)
            for child in self.table.children
            for foreign in child.constraints
            if foreign.refers_to is self.table
            and foreign.refers_to_key == constraint.name
            and foreign.enabled
        ]
        if not children:
            return
        for row in self._gone:
            key = index.key_of(row)
            if key is None or any(index.rows_with(key, self.table, self.transaction)):
                continue
            for child, foreign in children:
                self._orphans(child, foreign, key)

    def _orphans(self, child: Table, foreign: Constraint, key: Key) -> None:
        if foreign.index is None:
            return
        orphans = list(foreign.index.rows_with(key, child, self.transaction))
        if not orphans:
            return
        if foreign.on_delete == "NO ACTION":
            raise ora(2292, f"{child.owner}.{foreign.name}")
        changed = Changed(child, self.transaction)
        for at in orphans:
            row = child.current(at)
            if row is None:
                continue
            child.claim(at, self.transaction)
            if foreign.on_delete == "CASCADE":
                changed.delete(at, row)
            else:
                cleared = list(row)
                for position in foreign.index.positions:
                    cleared[position] = NULL_CELL
                changed.update(at, row, tuple(cleared))
        changed.verify()
