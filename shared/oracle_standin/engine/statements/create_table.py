"""CREATE TABLE."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oracle_standin.engine import kinds
from oracle_standin.engine.catalog import Sequence
from oracle_standin.engine.compiling.relations import ComputedRelation
from oracle_standin.engine.compiling.scope import Scope, Source, SourceColumn, slot_of
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.parsing.declared_types import DeclaredType
from oracle_standin.engine.parsing.dialect import parse, parse_expression
from oracle_standin.engine.parsing.lexer import Tokens
from oracle_standin.engine.parsing.sequence_options import SequenceOptions
from oracle_standin.engine.statements import partitions
from oracle_standin.engine.statements.column_definitions import (
    ColumnDefinition,
    ConstraintDefinition,
    at_table_constraint,
    column_definition,
    default_type,
    names,
    table_constraint,
)
from oracle_standin.engine.statements.compiling import compilation
from oracle_standin.engine.statements.constraints import constrain
from oracle_standin.engine.statements.storage_words import skip_storage
from oracle_standin.engine.storage.keys import KeyIndex
from oracle_standin.engine.storage.segments import Segment
from oracle_standin.engine.storage.tables import (
    Constraint,
    KeyKind,
    Partition,
    Table,
    TableColumn,
    TableKind,
)
from oracle_standin.port import Column, OracleType

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

LONGS = {OracleType.LONG, OracleType.LONG_RAW}
EARLIER_LIMITS = {OracleType.VARCHAR2: 4000, OracleType.RAW: 2000}
"""Bytes that a column held before MAX_STRING_SIZE could be EXTENDED."""
EXTENDED_RELEASE = 12
IDENTITY_RELEASE, JSON_RELEASE, BOOLEAN_RELEASE = 12, 21, 23


@dataclass(slots=True, kw_only=True)
class _Definition:
    """A CREATE TABLE as written."""

    columns: list[ColumnDefinition] = field(default_factory=list)
    constraints: list[ConstraintDefinition] = field(default_factory=list)
    kind: TableKind = TableKind.HEAP
    cluster: str | None = None
    duration: str | None = None
    external: str | None = None
    partitioning: partitions.Partitioning | None = None
    query: str | None = None


def create_table(session: Session, tokens: Tokens, owner: str, name: str) -> Table:
    """Read the rest of CREATE TABLE and make the table."""
    written = _Definition()
    if tokens.at("("):
        _items(written, tokens)
    _properties(written, tokens)
    return made_table(session, owner, name, written)


def temporary(session: Session, tokens: Tokens, owner: str, name: str) -> Table:
    """Read the rest of CREATE GLOBAL TEMPORARY TABLE and make the table."""
    written = _Definition(kind=TableKind.TEMPORARY, duration="SYS$TRANSACTION")
    _items(written, tokens)
    _properties(written, tokens)
    return made_table(session, owner, name, written)


def _items(written: _Definition, tokens: Tokens) -> None:
    tokens.expect("(")
    while True:
        if at_table_constraint(tokens):
            written.constraints.append(table_constraint(tokens))
        else:
            written.columns.append(column_definition(tokens))
        if not tokens.took(","):
            break
    tokens.expect(")")


def _properties(written: _Definition, tokens: Tokens) -> None:
    while not tokens.ended():
        if _organisation(written, tokens):
            continue
        if tokens.took("ON", "COMMIT"):
            keeps = tokens.took("PRESERVE")
            written.duration = "SYS$SESSION" if keeps else "SYS$TRANSACTION"
            tokens.took("DELETE")
            tokens.expect("ROWS")
        elif tokens.took("CLUSTER"):
            written.cluster = tokens.name()
            names(tokens)
        elif tokens.at("PARTITION", "BY"):
            written.partitioning = partitions.parse_partitioning(tokens)
        elif tokens.took("AS"):
            written.query = tokens.statement[tokens.next.start :].rstrip().rstrip(";")
            return
        else:
            _storage(tokens)


NOT_DONE = {"READ", "ROW", "FLASHBACK", "MEMOPTIMIZE", "ILM", "DEFAULT", "OF", "NESTED", "VARRAY"}


def _storage(tokens: Tokens) -> None:
    if tokens.next.text in NOT_DONE:
        raise not_done_here(f"CREATE TABLE ... {tokens.next.text}")
    if not skip_storage(tokens):
        raise tokens.error(922)


def _organisation(written: _Definition, tokens: Tokens) -> bool:
    if tokens.took("ORGANIZATION", "INDEX"):
        written.kind = TableKind.INDEX_ORGANISED
        return True
    if tokens.took("ORGANIZATION", "EXTERNAL"):
        written.kind, written.external = TableKind.EXTERNAL, tokens.skip_parentheses()
        return True
    return False


def made_table(session: Session, owner: str, name: str, written: _Definition) -> Table:
    """Make a table of its definition and put it into the catalogue."""
    database = session.database
    columns = _columns(session, written)
    _checked(columns)
    number = session.catalog.next_number()
    now = database.clock.now()
    table = Table(
        owner=owner,
        name=name,
        number=number,
        columns=columns,
        partitions=[],
        kind=written.kind,
        created=now,
        changed_at=now,
        cluster=written.cluster,
        duration=written.duration,
        external=written.external,
    )
    if written.partitioning is not None:
        partitions.partition(session, table, written.partitioning)
    else:
        segment = Segment(number, database.extents)
        table.partitions = [Partition(name=name, number=number, segment=segment)]
    _constrained(session, table, written)
    if written.kind is TableKind.INDEX_ORGANISED and table.key(KeyKind.PRIMARY) is None:
        raise ora(25175)
    session.catalog.add(table)
    table.changed_scn = database.history.advance()
    if written.query is not None:
        fill(session, table, written.query)
    return table


def materialized(
    session: Session, owner: str, name: str, query: str, columns: list[ColumnDefinition]
) -> Table:
    """Make a materialised view: a table that knows the query that filled it."""
    table = made_table(session, owner, name, _Definition(columns=columns, query=query))
    table.view_query = query
    return table


def _columns(session: Session, written: _Definition) -> tuple[TableColumn, ...]:
    if written.query is not None:
        return _columns_of_query(session, written)
    for one in written.columns:
        if one.declared is None and one.virtual is not None:
            one.declared = _type_of(session, one.virtual, written.columns)
    columns = tuple(table_column(session, one) for one in written.columns)
    if len({one.name for one in columns}) != len(columns):
        raise ora(957)
    return columns


def _type_of(session: Session, text: str, others: list[ColumnDefinition]) -> DeclaredType:
    """Return the type that a virtual column's expression gives."""
    typed = tuple(
        SourceColumn(name=one.name, type=one.declared.type) for one in others if one.declared
    )
    relation = ComputedRelation(columns=typed, compute=lambda _session: iter(()))
    source = Source(slot=slot_of(0), alias="", owner=None, relation=relation)
    scope = Scope(context=compilation(session), sources=[source])
    given = scope.context.expression(parse_expression(text), scope)
    return declared_as(Column(name="", type=given.type))


def _columns_of_query(session: Session, written: _Definition) -> tuple[TableColumn, ...]:
    context = compilation(session)
    given = context.query(parse(written.query or "").tree, None).columns
    if written.columns and len(written.columns) != len(given):
        raise ora(1730)
    return tuple(
        TableColumn(
            name=written.columns[index].name if written.columns else column.name,
            declared=declared_as(column),
            nullable=column.nullable,
        )
        for index, column in enumerate(given)
    )


def declared_as(column: Column) -> DeclaredType:
    """Return the declaration that a query's column would have."""
    kind = column.type
    named = {
        OracleType.VARCHAR2: "NVARCHAR2" if kind.national else "VARCHAR2",
        OracleType.CHAR: "NCHAR" if kind.national else "CHAR",
        OracleType.CLOB: "NCLOB" if kind.national else "CLOB",
        OracleType.LONG_RAW: "LONG RAW",
        OracleType.TIMESTAMP: f"TIMESTAMP({kind.scale})",
        OracleType.TIMESTAMP_TZ: f"TIMESTAMP({kind.scale}) WITH TIME ZONE",
        OracleType.TIMESTAMP_LTZ: f"TIMESTAMP({kind.scale}) WITH LOCAL TIME ZONE",
        OracleType.INTERVAL_DS: f"INTERVAL DAY({kind.precision}) TO SECOND({kind.scale})",
        OracleType.INTERVAL_YM: f"INTERVAL YEAR({kind.precision}) TO MONTH",
    }
    name = named.get(kind.type, kind.type.name)
    if kind.type is OracleType.NUMBER and kind.scale == kinds.FREE_SCALE and kind.precision:
        name = "FLOAT"
    return DeclaredType(type=kind, name=name)


def table_column(session: Session, written: ColumnDefinition) -> TableColumn:
    """Return the column that a definition makes."""
    compilation(session).checked_name(written.name)
    default = written.default
    if written.sequence is not None:
        default = _identity(session, written.sequence)
    if written.default_on_null and session.database.release < IDENTITY_RELEASE:
        raise ora(936)
    if default is not None:
        scope = Scope(context=compilation(session))
        scope.context.expression(parse_expression(default), scope)
    declared = default_type(written)
    _known(session, declared)
    return TableColumn(
        name=written.name,
        declared=declared,
        nullable=written.nullable is not False,
        default=default,
        virtual=written.virtual,
        hidden=bool(written.hidden),
        identity=written.identity,
        default_on_null=written.default_on_null,
    )


def _known(session: Session, declared: DeclaredType) -> None:
    """Refuse types that the release does not have."""
    needed = {OracleType.JSON: JSON_RELEASE, OracleType.BOOLEAN: BOOLEAN_RELEASE}
    release = session.database.release
    if release < needed.get(declared.type.type, 0):
        raise ora(902)
    most = EARLIER_LIMITS.get(declared.type.type)
    if release < EXTENDED_RELEASE and most is not None and declared.type.size > most:
        raise ora(910)


def _identity(session: Session, options: SequenceOptions) -> str:
    if session.database.release < IDENTITY_RELEASE:
        raise ora(2000, "(")
    number = session.catalog.next_number()
    name = f"ISEQ$$_{number}"
    session.catalog.add(
        Sequence(
            owner=session.schema,
            name=name,
            number=number,
            options=options,
            following=options.start,
        )
    )
    return f'"{session.schema}"."{name}".NEXTVAL'


def _checked(columns: tuple[TableColumn, ...]) -> None:
    if all(one.virtual for one in columns):
        raise ora(54039)
    if sum(1 for one in columns if one.type.type in LONGS) > 1:
        raise ora(1754)
    if len(columns) > 1000:  # noqa: PLR2004 -- the manual's own number
        raise ora(1792)


def _constrained(session: Session, table: Table, written: _Definition) -> None:
    for column in written.columns:
        if column.nullable is False and not column.identity:
            not_null(session, table, column.name, column.not_null_name)
        for one in column.constraints:
            constrain(session, table, one)
    for one in written.constraints:
        constrain(session, table, one)


def not_null(session: Session, table: Table, column: str, name: str | None) -> None:
    """Note the CHECK that stands for a column's NOT NULL in the dictionary."""
    table.constraints.append(
        Constraint(
            name=name or session.catalog.generated_name(),
            kind=KeyKind.CHECK,
            columns=(column,),
            condition=f'"{column}" IS NOT NULL',
            generated=name is None,
            not_null=True,
        )
    )


def fill(session: Session, table: Table, query: str) -> int:
    """Load the rows of a query into a new table."""
    compiled = compilation(session).query(parse(query).tree, None)
    rows = [row for batch in compiled.rows(session.execution(()), None) for row in batch]
    session.database.load(table, rows)
    return len(rows)


def key_index(table: Table, columns: tuple[str, ...]) -> KeyIndex:
    """Return a filled index over columns."""
    index = KeyIndex(table.positions(columns))
    index.fill(table)
    return index
