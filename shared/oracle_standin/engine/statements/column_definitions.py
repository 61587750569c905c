"""Column definitions and constraints as CREATE TABLE and ALTER TABLE write them."""

from __future__ import annotations

from dataclasses import dataclass, field

from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.parsing.declared_types import DeclaredType, parse_type
from oracle_standin.engine.parsing.lexer import Kind, Tokens
from oracle_standin.engine.parsing.sequence_options import SequenceOptions, sequence_options
from oracle_standin.engine.statements.storage_words import skip_storage
from oracle_standin.engine.storage.tables import KeyKind

AFTER_DEFAULT = (
    "NOT", "NULL", "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "REFERENCES", "ENABLE", "DISABLE",
    "GENERATED", "VISIBLE", "INVISIBLE", "SORT",
)  # fmt: skip
NOT_DONE = {"ENCRYPT", "DECRYPT", "COLLATE", "DOMAIN", "RESERVABLE", "SCOPE", "WITH", "ANNOTATIONS"}
CONSTRAINT_STARTS = {"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintDefinition:
    """A constraint as written."""

    kind: KeyKind
    columns: tuple[str, ...]
    name: str | None = None
    condition: str = ""
    refers_to: tuple[str | None, str] | None = None
    refers_to_columns: tuple[str, ...] = ()
    on_delete: str = "NO ACTION"
    enabled: bool = True
    validated: bool = True


@dataclass(slots=True, kw_only=True)
class ColumnDefinition:
    """A column as written; its type is missing where a query or an expression gives it."""

    name: str
    declared: DeclaredType | None = None
    default: str | None = None
    virtual: str | None = None
    identity: str = ""
    """"" for an ordinary column, or ALWAYS, BY DEFAULT."""
    sequence: SequenceOptions | None = None
    default_on_null: bool = False
    nullable: bool | None = None
    not_null_name: str | None = None
    hidden: bool | None = None
    constraints: list[ConstraintDefinition] = field(default_factory=list)


def column_definition(tokens: Tokens) -> ColumnDefinition:
    """Read one column."""
    column = ColumnDefinition(name=tokens.new_name(904))
    ends = {",", ")", ""}
    if tokens.next.text not in ends and tokens.next.text not in {*AFTER_DEFAULT, "DEFAULT", "AS"}:
        column.declared = parse_type(tokens)
    while tokens.next.text not in ends and not tokens.ended():
        if tokens.next.text in NOT_DONE:
            raise not_done_here(f"{tokens.next.text} of a column")
        if not _clause(column, tokens):
            raise tokens.error(907)
    return column


def _clause(column: ColumnDefinition, tokens: Tokens) -> bool:
    if tokens.took("DEFAULT"):
        if tokens.took("ON", "NULL"):
            if tokens.took("FOR"):
                raise not_done_here("DEFAULT ON NULL FOR INSERT")
            column.default_on_null, column.nullable = True, False
        column.default = tokens.text_until(*AFTER_DEFAULT)
    elif tokens.at("GENERATED") or tokens.at("AS"):
        _generated(column, tokens)
    elif tokens.took("INVISIBLE"):
        column.hidden = True
    elif tokens.took("VISIBLE"):
        column.hidden = False
    elif tokens.took("VIRTUAL") or tokens.took("SORT"):
        pass
    else:
        return _inline_constraint(column, tokens)
    return True


def _generated(column: ColumnDefinition, tokens: Tokens) -> None:
    tokens.took("GENERATED")
    by_default = tokens.took("BY", "DEFAULT")
    on_null = by_default and tokens.took("ON", "NULL")
    if not by_default:
        tokens.took("ALWAYS")
    tokens.expect("AS")
    if tokens.took("IDENTITY"):
        column.identity = "BY DEFAULT" if by_default else "ALWAYS"
        column.nullable, column.default_on_null = False, on_null
        column.sequence = _identity_options(tokens)
        return
    if by_default:
        raise tokens.error(905)
    column.virtual = tokens.skip_parentheses()
    tokens.took("VIRTUAL")


def _identity_options(tokens: Tokens) -> SequenceOptions:
    if not tokens.took("("):
        return sequence_options(tokens)
    options = sequence_options(tokens)
    tokens.expect(")")
    return options


def _inline_constraint(column: ColumnDefinition, tokens: Tokens) -> bool:
    name = tokens.name() if tokens.took("CONSTRAINT") else None
    columns = (column.name,)
    if tokens.took("NOT", "NULL"):
        column.nullable, column.not_null_name = False, name
        if _states(tokens) != IN_FORCE:
            raise not_done_here("NOT NULL without force")
    elif tokens.took("NULL"):
        column.nullable = True
    elif tokens.took("PRIMARY", "KEY"):
        column.constraints.append(_keyed(KeyKind.PRIMARY, columns, name, tokens))
    elif tokens.took("UNIQUE"):
        column.constraints.append(_keyed(KeyKind.UNIQUE, columns, name, tokens))
    elif tokens.took("CHECK"):
        column.constraints.append(_check(columns, name, tokens))
    elif tokens.at("REFERENCES"):
        column.constraints.append(_foreign(columns, name, tokens))
    else:
        return False
    return True


def table_constraint(tokens: Tokens) -> ConstraintDefinition:
    """Read a constraint that stands on its own."""
    name = tokens.name() if tokens.took("CONSTRAINT") else None
    if tokens.took("PRIMARY", "KEY"):
        return _keyed(KeyKind.PRIMARY, names(tokens), name, tokens)
    if tokens.took("UNIQUE"):
        return _keyed(KeyKind.UNIQUE, names(tokens), name, tokens)
    if tokens.took("FOREIGN", "KEY"):
        return _foreign(names(tokens), name, tokens)
    if tokens.took("CHECK"):
        return _check((), name, tokens)
    raise tokens.error(904, '""')


def at_table_constraint(tokens: Tokens) -> bool:
    """Tell whether a constraint stands next, not a column."""
    return tokens.next.kind is Kind.WORD and tokens.next.text in CONSTRAINT_STARTS


def names(tokens: Tokens) -> tuple[str, ...]:
    """Read (a, b)."""
    tokens.expect("(")
    found = [tokens.name()]
    while tokens.took(","):
        found.append(tokens.name())
    tokens.expect(")")
    return tuple(found)


def _keyed(
    kind: KeyKind, columns: tuple[str, ...], name: str | None, tokens: Tokens
) -> ConstraintDefinition:
    enabled, validated = _states(tokens)
    return ConstraintDefinition(
        kind=kind, columns=columns, name=name, enabled=enabled, validated=validated
    )


def _check(columns: tuple[str, ...], name: str | None, tokens: Tokens) -> ConstraintDefinition:
    condition = tokens.skip_parentheses()
    enabled, validated = _states(tokens)
    return ConstraintDefinition(
        kind=KeyKind.CHECK,
        columns=columns,
        name=name,
        condition=condition,
        enabled=enabled,
        validated=validated,
    )


def _foreign(columns: tuple[str, ...], name: str | None, tokens: Tokens) -> ConstraintDefinition:
    tokens.expect("REFERENCES")
    owner, table = None, tokens.name()
    if tokens.took("."):
        owner, table = table, tokens.name()
    referenced = names(tokens) if tokens.at("(") else ()
    on_delete = "NO ACTION"
    if tokens.took("ON", "DELETE", "CASCADE"):
        on_delete = "CASCADE"
    elif tokens.took("ON", "DELETE", "SET", "NULL"):
        on_delete = "SET NULL"
    enabled, validated = _states(tokens)
    return ConstraintDefinition(
        kind=KeyKind.FOREIGN,
        columns=columns,
        name=name,
        refers_to=(owner, table),
        refers_to_columns=referenced,
        on_delete=on_delete,
        enabled=enabled,
        validated=validated,
    )


IN_FORCE = (True, True)
STATES = {
    "ENABLE": {"enabled": True, "validated": True},
    "DISABLE": {"enabled": False, "validated": False},
    "VALIDATE": {"validated": True},
    "NOVALIDATE": {"validated": False},
}


def _states(tokens: Tokens) -> tuple[bool, bool]:
    """Step over ENABLE, USING INDEX and the like; tell whether it is enabled and validated."""
    state = {"enabled": True, "validated": True}
    while True:
        if tokens.next.kind is Kind.WORD and tokens.next.text in STATES:
            state |= STATES[tokens.take().text]
        elif tokens.took("DEFERRABLE") or tokens.took("INITIALLY", "DEFERRED"):
            raise not_done_here("deferrable constraints")
        elif tokens.took("USING", "INDEX"):
            if tokens.at("("):
                tokens.skip_parentheses()
            while tokens.next.text not in STATES and skip_storage(tokens):
                pass
        elif not any(
            tokens.took(*words)
            for words in (
                ("RELY",), ("NORELY",), ("NOT", "DEFERRABLE"), ("INITIALLY", "IMMEDIATE"),
            )
        ):  # fmt: skip
            return state["enabled"], state["validated"]


def default_type(column: ColumnDefinition) -> DeclaredType:
    """Return a column's declared type; ORA-02263 where it has none."""
    if column.declared is None:
        raise ora(2263)
    return column.declared
