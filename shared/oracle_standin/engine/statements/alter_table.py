"""ALTER TABLE and TRUNCATE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from oracle_standin.engine import codec
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import base_frame
from oracle_standin.engine.parsing.lexer import Tokens
from oracle_standin.engine.statements import rows
from oracle_standin.engine.statements.column_definitions import (
    ColumnDefinition,
    at_table_constraint,
    column_definition,
    table_constraint,
)
from oracle_standin.engine.statements.compiling import compilation
from oracle_standin.engine.statements.constraints import constrain, remove
from oracle_standin.engine.statements.create_table import not_null, table_column
from oracle_standin.engine.statements.storage_words import skip_storage
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.engine.storage.keys import KeyIndex
from oracle_standin.engine.storage.segments import Segment
from oracle_standin.engine.storage.tables import KeyKind, Table, TableColumn, TableKind
from oracle_standin.port import OracleType
from oracle_standin.values.cells import NULL, cell, content

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

Rewrite = Callable[[Row], Row]
SIZED = {OracleType.VARCHAR2, OracleType.CHAR, OracleType.RAW}


def alter_table(session: Session, tokens: Tokens, table: Table) -> None:
    """Read and do what follows ALTER TABLE name."""
    while not tokens.ended():
        if tokens.took("ADD"):
            _add(session, tokens, table)
        elif tokens.took("MODIFY"):
            _modify(session, tokens, table)
        elif tokens.took("DROP"):
            _drop(session, tokens, table)
        elif tokens.took("RENAME"):
            _rename(session, tokens, table)
        elif tokens.at("ENABLE", "CONSTRAINT") or tokens.at("DISABLE", "CONSTRAINT"):
            _switch(tokens, table)
        elif not skip_storage(tokens):
            raise not_done_here(f"ALTER TABLE ... {tokens.next.text}")


def _definitions(tokens: Tokens) -> list[ColumnDefinition]:
    if not tokens.took("("):
        return [column_definition(tokens)]
    found = [column_definition(tokens)]
    while tokens.took(","):
        found.append(column_definition(tokens))
    tokens.expect(")")
    return found


def _add(session: Session, tokens: Tokens, table: Table) -> None:
    tokens.took("COLUMN")
    if at_table_constraint(tokens):
        constrain(session, table, table_constraint(tokens))
        _definition_changed(session, table)
        return
    if tokens.at("(") and tokens.all[tokens.position + 1].text in {
        "CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK",
    }:  # fmt: skip
        tokens.take()
        constrain(session, table, table_constraint(tokens))
        tokens.expect(")")
        _definition_changed(session, table)
        return
    for written in _definitions(tokens):
        _add_column(session, table, written)


def _add_column(session: Session, table: Table, written: ColumnDefinition) -> None:
    if any(column.name == written.name for column in table.columns):
        raise ora(1430)
    column = table_column(session, written)
    scope = Scope(context=compilation(session))
    frame = base_frame(session.execution(()))
    added = rows.emit(table, column, rows.default_of(column, scope))(frame)
    if added == NULL and not column.nullable and table.row_count():
        raise ora(1758)

    def longer(row: Row) -> Row:
        return (*row, added)

    _changed(session, table, (*table.columns, column), longer)
    if not column.nullable:
        not_null(session, table, column.name, written.not_null_name)
    for one in written.constraints:
        constrain(session, table, one)


def _changed(
    session: Session, table: Table, columns: tuple[TableColumn, ...], change: Rewrite
) -> None:
    table.altered(columns, change)
    _definition_changed(session, table)


def _definition_changed(session: Session, table: Table) -> None:
    """States before a change of definition can no longer be read."""
    table.changed_scn = session.database.history.advance()
    table.changed_at = session.database.clock.now()


def _modify(session: Session, tokens: Tokens, table: Table) -> None:
    for written in _definitions(tokens):
        _modify_column(session, table, written)


def _modify_column(session: Session, table: Table, written: ColumnDefinition) -> None:
    if written.virtual or written.identity or written.hidden is not None:
        raise not_done_here("MODIFY of a virtual, identity or invisible column")
    position = table.position(written.name)
    old = table.columns[position]
    if written.default is not None and old.identity:
        raise not_done_here("MODIFY of an identity column")
    new = replace(
        old,
        declared=written.declared or old.declared,
        default=written.default if written.default is not None else old.default,
        default_on_null=written.default_on_null
        if written.default is not None
        else old.default_on_null,
        nullable=old.nullable if written.nullable is None else written.nullable,
    )
    change = _refit(table, position, old, new)
    if not new.nullable and old.nullable:
        _insist(table, position)
        not_null(session, table, new.name, written.not_null_name)
    if new.nullable and not old.nullable:
        table.constraints = [
            one for one in table.constraints if not (one.not_null and one.columns == (new.name,))
        ]
    columns = tuple(new if i == position else one for i, one in enumerate(table.columns))
    _changed(session, table, columns, change)
    for one in written.constraints:
        constrain(session, table, one)


def _insist(table: Table, position: int) -> None:
    for segment in table.segments():
        if any(row[position] == NULL for _, row in segment.current_rows()):
            raise ora(2296, f"{table.owner}.")


def _refit(table: Table, position: int, old: TableColumn, new: TableColumn) -> Rewrite:
    """Return how stored rows become those of the new type; ORA-01439 and its like otherwise."""
    a, b = old.type, new.type
    if a == b:
        return _same
    values = [
        row[position]
        for segment in table.segments()
        for _, row in segment.current_rows()
        if row[position] != NULL
    ]
    if not values:
        return _same
    if a.type is not b.type or a.national != b.national:
        raise ora(1439)
    if a.type in SIZED:
        decode = codec.decoder(a)
        longest = max(len(codec.encoder(b)(decode(value))) - 1 for value in values)
        if b.size < longest:
            raise ora(1441)
    elif (b.precision or 38) < (a.precision or 38) or b.scale < a.scale:
        raise ora(1440)
    return _padder(position, b.size) if a.type is OracleType.CHAR else _same


def _same(row: Row) -> Row:
    return row


def _padder(position: int, size: int) -> Rewrite:
    def pad(row: Row) -> Row:
        stored = content(row[position])
        if stored is None:
            return row
        return (*row[:position], cell(stored.ljust(size)), *row[position + 1 :])

    return pad


def _drop(session: Session, tokens: Tokens, table: Table) -> None:
    if tokens.took("CONSTRAINT"):
        name = tokens.name()
        found = next((one for one in table.constraints if one.name == name), None)
        if found is None:
            raise ora(2443)
        remove(session, table, found)
        _definition_changed(session, table)
    elif tokens.took("PRIMARY", "KEY"):
        primary = table.key(KeyKind.PRIMARY)
        if primary is None:
            raise ora(2441)
        remove(session, table, primary)
        _definition_changed(session, table)
    elif tokens.at("PARTITION"):
        raise not_done_here("DROP PARTITION")
    else:
        tokens.took("COLUMN")
        _drop_columns(session, tokens, table)
    tokens.took("CASCADE", "CONSTRAINTS") or tokens.took("CASCADE")


def _drop_columns(session: Session, tokens: Tokens, table: Table) -> None:
    names = [tokens.name()] if not tokens.took("(") else _listed(tokens)
    gone = set(table.positions(names))
    if len(gone) == len(table.columns):
        raise ora(12983)
    if any(set(one.columns) & set(names) and len(one.columns) > 1 for one in table.constraints):
        raise ora(12991)
    for one in [c for c in table.constraints if set(c.columns) & set(names)]:
        remove(session, table, one)
    kept = [position for position in range(len(table.columns)) if position not in gone]
    columns = tuple(table.columns[position] for position in kept)
    _changed(session, table, columns, lambda row: tuple(row[position] for position in kept))
    for one in table.constraints:
        if one.index is not None:
            one.index = KeyIndex(table.positions(one.columns))
            one.index.fill(table)


def _listed(tokens: Tokens) -> list[str]:
    names = [tokens.name()]
    while tokens.took(","):
        names.append(tokens.name())
    tokens.expect(")")
    return names


def _rename(session: Session, tokens: Tokens, table: Table) -> None:
    if tokens.took("COLUMN"):
        old = tokens.name()
        tokens.expect("TO")
        new = tokens.name()
        position = table.position(old)
        if any(column.name == new for column in table.columns):
            raise ora(957)
        table.columns = tuple(
            replace(one, name=new) if index == position else one
            for index, one in enumerate(table.columns)
        )
        for one in table.constraints:
            one.columns = tuple(new if name == old else name for name in one.columns)
        _definition_changed(session, table)
        return
    tokens.expect("TO")
    new = tokens.name()
    if session.catalog.find(table.owner, new) is not None:
        raise ora(955)
    session.catalog.objects.pop((table.owner, table.name))
    table.name = new
    session.catalog.add(table)


def _switch(tokens: Tokens, table: Table) -> None:
    enabled = tokens.take().text == "ENABLE"
    tokens.expect("CONSTRAINT")
    name = tokens.name()
    found = next((one for one in table.constraints if one.name == name), None)
    if found is None:
        raise ora(2430, name)
    if enabled and not found.enabled:
        raise not_done_here("enabling a constraint again")
    found.enabled = enabled


def truncate(session: Session, table: Table) -> None:
    """Throw all rows away: new segments, under new object numbers."""
    if table.kind is TableKind.TEMPORARY:
        session.temporary.forget(table)
        return
    if any(
        one.refers_to is table and child is not table
        for child in table.children
        for one in child.constraints
        if one.enabled
    ):
        raise ora(2266)
    for position, partition in enumerate(table.partitions):
        partition.segment.dropped = True
        number = session.catalog.next_number()
        segment = Segment(number, session.database.extents)
        table.partitions[position] = replace(partition, segment=segment)
    for index in table.key_indexes():
        index.entries.clear()
    _definition_changed(session, table)
