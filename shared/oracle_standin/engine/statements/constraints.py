"""Constraints put on tables, with the rows there are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.engine.compiling.conditions import truth
from oracle_standin.engine.compiling.relations import TableRelation, table_columns
from oracle_standin.engine.compiling.scope import Scope, Source, slot_of
from oracle_standin.engine.errors import ora
from oracle_standin.engine.execution import base_frame
from oracle_standin.engine.kinds import FIRST_SOURCE
from oracle_standin.engine.parsing.dialect import parse_condition
from oracle_standin.engine.statements.column_definitions import ConstraintDefinition
from oracle_standin.engine.statements.compiling import compilation
from oracle_standin.engine.storage.keys import KeyIndex
from oracle_standin.engine.storage.tables import Constraint, Index, KeyKind, Table, TableColumn
from oracle_standin.values.cells import NULL

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

KEYS = {KeyKind.PRIMARY, KeyKind.UNIQUE}


def constrain(session: Session, table: Table, given: ConstraintDefinition) -> Constraint:
    """Put a constraint on a table, whose rows must keep it."""
    catalog = session.catalog
    name = given.name or catalog.generated_name()
    if any(name == one.name for known in catalog.tables() for one in known.constraints
           if known.owner == table.owner):  # fmt: skip
        raise ora(2264)
    if given.kind is KeyKind.CHECK:
        given = replace(given, columns=_checked_columns(table, given.condition))
    positions = table.positions(given.columns) if given.kind is not KeyKind.CHECK else ()
    made = Constraint(
        name=name,
        kind=given.kind,
        columns=given.columns,
        condition=given.condition,
        generated=given.name is None,
        on_delete=given.on_delete,
        enabled=given.enabled,
        index=KeyIndex(positions) if positions else None,
    )
    if given.kind in KEYS:
        _key(session, table, made)
    elif given.kind is KeyKind.FOREIGN:
        _foreign(session, table, made, given)
    elif given.enabled and given.validated:
        _rows_keep(session, table, made)
    table.constraints.append(made)
    return made


def _rows_keep(session: Session, table: Table, made: Constraint) -> None:
    """Raise ORA-02293 where a row of the table breaks a CHECK."""
    if not table.row_count():
        return
    source = Source(
        slot=slot_of(0),
        alias=table.name,
        owner=table.owner,
        relation=TableRelation(table=table, columns=table_columns(table)),
    )
    scope = Scope(context=compilation(session), sources=[source])
    run = truth(parse_condition(made.condition), scope)
    frame = base_frame(session.execution(()), None, 1)
    for segment in table.segments():
        for _, row in segment.current_rows():
            frame[FIRST_SOURCE] = (*row, None, None)
            if run(frame) is False:
                raise ora(2293, f"{table.owner}.{made.name}")


def _checked_columns(table: Table, condition: str) -> tuple[str, ...]:
    named = {column.name for column in parse_condition(condition).find_all(exp.Column)}
    return tuple(column.name for column in table.columns if column.name in named)


def _key(session: Session, table: Table, made: Constraint) -> None:
    if made.kind is KeyKind.PRIMARY and table.key(KeyKind.PRIMARY):
        raise ora(2260)
    if any(one.kind in KEYS and one.columns == made.columns for one in table.constraints):
        raise ora(2261)
    if made.index is not None:
        made.index.fill(table)
        if any(len(at) > 1 for at in made.index.entries.values()) and made.enabled:
            code = 2437 if made.kind is KeyKind.PRIMARY else 2299
            raise ora(code, f"{table.owner}.{made.name}")
    if made.kind is KeyKind.PRIMARY:
        _not_null(table, made)
    index = Index(
        owner=table.owner,
        name=made.name,
        number=session.catalog.next_number(),
        table=table,
        columns=made.columns,
        unique=True,
        created=session.database.clock.now(),
    )
    session.catalog.indexes[table.owner, made.name] = index
    table.indexes.append(index)


def _not_null(table: Table, made: Constraint) -> None:
    positions = table.positions(made.columns)
    for segment in table.segments():
        for _, row in segment.current_rows():
            if any(row[position] == NULL for position in positions):
                raise ora(1449)
    table.columns = tuple(
        replaced_nullable(column) if index in positions else column
        for index, column in enumerate(table.columns)
    )


def replaced_nullable(column: TableColumn) -> TableColumn:
    """Return a column that takes no NULL."""
    return replace(column, nullable=False)


def _foreign(session: Session, table: Table, made: Constraint, given: ConstraintDefinition) -> None:
    if given.refers_to is None:
        raise ora(2270)
    owner, name = given.refers_to
    if owner is None and name == table.name:
        parent: object = table
    else:
        parent = session.catalog.resolve(owner or session.schema, name, qualified=owner is not None)
    if not isinstance(parent, Table):
        raise ora(942)
    key = _referenced(parent, given)
    made.refers_to, made.refers_to_key = parent, key.name
    _validate(table, made, key, given)
    if table not in parent.children:
        parent.children.append(table)


def _validate(table: Table, made: Constraint, key: Constraint, given: ConstraintDefinition) -> None:
    if len(key.columns) != len(made.columns):
        raise ora(2256)
    if made.index is None or key.index is None:
        raise ora(2270)
    made.index.fill(table)
    if not (given.enabled and given.validated):
        return
    for values in made.index.entries:
        if NULL not in values and values not in key.index.entries:
            raise ora(2298, f"{table.owner}.{made.name}")


def _referenced(parent: Table, given: ConstraintDefinition) -> Constraint:
    for one in parent.constraints:
        if one.kind is KeyKind.PRIMARY and not given.refers_to_columns:
            return one
        if one.kind in KEYS and one.columns == given.refers_to_columns:
            return one
    raise ora(2270)


def remove(session: Session, table: Table, made: Constraint) -> None:
    """Take a constraint and its index off a table; ORA-02273 where others refer to it."""
    referring = [
        one
        for child in table.children
        for one in child.constraints
        if one.refers_to is table and one.refers_to_key == made.name
    ]
    if referring:
        raise ora(2273)
    table.constraints.remove(made)
    session.catalog.indexes.pop((table.owner, made.name), None)
    table.indexes = [one for one in table.indexes if one.name != made.name]
