"""Views, materialised views, synonyms, sequences, indexes, users, comments, ALTER SESSION."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.engine.catalog import PUBLIC, Sequence, Synonym, User, View
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.parsing.dialect import parse
from oracle_standin.engine.parsing.lexer import Kind, Tokens
from oracle_standin.engine.parsing.sequence_options import sequence_options
from oracle_standin.engine.settings import NLS_DEFAULTS
from oracle_standin.engine.statements.column_definitions import ColumnDefinition, names
from oracle_standin.engine.statements.compiling import compilation
from oracle_standin.engine.statements.create_table import declared_as, key_index, materialized
from oracle_standin.engine.statements.storage_words import skip_storage
from oracle_standin.engine.storage.tables import Index, Table, TableColumn

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session


def _rest(tokens: Tokens) -> str:
    text = tokens.statement[tokens.next.start :].rstrip()
    return text.removesuffix(";").rstrip()


def create_view(session: Session, tokens: Tokens, owner: str, name: str) -> None:
    """Read the rest of CREATE VIEW and make the view."""
    given = names(tokens) if tokens.at("(") else ()
    tokens.expect("AS")
    query = _rest(tokens)
    restriction = query.upper().rfind("WITH READ ONLY")
    query = query[:restriction].rstrip() if restriction > 0 else query
    tree = parse(query).tree
    if not isinstance(tree, exp.Query):
        raise ora(928)
    columns = compilation(session).of_view(owner).query(tree, None).columns
    if given and len(given) != len(columns):
        raise ora(1730)
    session.catalog.add(
        View(
            owner=owner,
            name=name,
            number=session.catalog.next_number(),
            query=query,
            columns=tuple(
                TableColumn(
                    name=given[index] if given else one.name,
                    declared=declared_as(one),
                    nullable=one.nullable,
                )
                for index, one in enumerate(columns)
            ),
            created=session.database.clock.now(),
        )
    )


def create_materialized_view(session: Session, tokens: Tokens, owner: str, name: str) -> None:
    """Read the rest of CREATE MATERIALIZED VIEW, make it and fill it."""
    given = [ColumnDefinition(name=one) for one in names(tokens)] if tokens.at("(") else []
    while not tokens.took("AS"):
        if tokens.ended():
            raise tokens.error(905)
        if not (_refresh(tokens) or skip_storage(tokens)):
            raise not_done_here(f"{tokens.next.text} of a materialised view")
    materialized(session, owner, name, _rest(tokens), given)


FILLED_ONCE = (
    ("BUILD", "IMMEDIATE"), ("NEVER", "REFRESH"), ("REFRESH",), ("ON", "DEMAND"), ("FAST",),
    ("COMPLETE",), ("FORCE",), ("WITH", "PRIMARY", "KEY"), ("WITH", "ROWID"),
    ("DISABLE", "QUERY", "REWRITE"), ("ENABLE", "QUERY", "REWRITE"), ("USING", "INDEX"),
)  # fmt: skip


def _refresh(tokens: Tokens) -> bool:
    """Step over a clause under which a view that is filled once is right; tell if there was one."""
    return any(tokens.took(*words) for words in FILLED_ONCE)


def create_synonym(session: Session, tokens: Tokens, *, replacing: bool) -> None:
    """Read CREATE [PUBLIC] SYNONYM and make it."""
    public = tokens.took("PUBLIC")
    tokens.expect("SYNONYM")
    owner, name = PUBLIC if public else session.schema, tokens.name()
    if tokens.took("."):
        owner, name = name, tokens.name()
    tokens.expect("FOR")
    target_owner, target = session.schema, tokens.name()
    if tokens.took("."):
        target_owner, target = target, tokens.name()
    tokens.end()
    if public and not session.has("CREATE PUBLIC SYNONYM"):
        raise ora(1031)
    if replacing and isinstance(session.catalog.find(owner, name), Synonym):
        session.catalog.remove(owner, name)
    session.catalog.add(
        Synonym(
            owner=owner,
            name=name,
            number=session.catalog.next_number(),
            target_owner=target_owner,
            target_name=target,
            created=session.database.clock.now(),
        )
    )


def create_sequence(session: Session, tokens: Tokens, owner: str, name: str) -> None:
    """Read the rest of CREATE SEQUENCE and make it."""
    options = sequence_options(tokens)
    tokens.end()
    session.catalog.add(
        Sequence(
            owner=owner,
            name=name,
            number=session.catalog.next_number(),
            options=options,
            following=options.start,
            created=session.database.clock.now(),
        )
    )


def create_index(session: Session, tokens: Tokens) -> None:
    """Read CREATE [UNIQUE] INDEX and make it; only a unique one means more than its name."""
    unique = tokens.took("UNIQUE")
    tokens.took("BITMAP")
    tokens.expect("INDEX")
    owner, name = _qualified(session, tokens)
    tokens.expect("ON")
    table_owner, table_name = _qualified(session, tokens)
    table = session.catalog.find(table_owner, table_name)
    if not isinstance(table, Table):
        raise ora(942)
    columns, descending = _indexed(tokens)
    table.positions(columns)
    while not tokens.ended():
        if not skip_storage(tokens):
            raise tokens.error(933)
    if (owner, name) in session.catalog.indexes:
        raise ora(955)
    if any(one.columns == columns for one in table.indexes):
        raise ora(1408)
    entries = key_index(table, columns) if unique else None
    if entries is not None and any(len(at) > 1 for at in entries.entries.values()):
        raise ora(1452)
    index = Index(
        owner=owner,
        name=name,
        number=session.catalog.next_number(),
        table=table,
        columns=columns,
        unique=unique,
        entries=entries,
        created=session.database.clock.now(),
        descending=descending,
    )
    session.catalog.indexes[owner, name] = index
    table.indexes.append(index)


def _qualified(session: Session, tokens: Tokens) -> tuple[str, str]:
    owner, name = session.schema, tokens.name()
    if tokens.took("."):
        owner, name = name, tokens.name()
    return owner, name


def _indexed(tokens: Tokens) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    tokens.expect("(")
    columns: list[str] = []
    descending: list[bool] = []
    while True:
        columns.append(tokens.name())
        if tokens.at("("):
            raise not_done_here("indexes on expressions")
        descending.append(tokens.took("DESC"))
        tokens.took("ASC")
        if not tokens.took(","):
            break
    tokens.expect(")")
    return tuple(columns), tuple(descending)


def create_user(session: Session, tokens: Tokens) -> None:
    """Read the rest of CREATE USER name IDENTIFIED BY password."""
    if not session.has("CREATE USER"):
        raise ora(1031)
    name = tokens.name()
    password = _password(tokens)
    _account(tokens)
    if name in session.catalog.users:
        raise ora(1920, name)
    session.catalog.users[name] = User(
        name=name,
        password=password,
        number=session.catalog.next_number(),
        privileges=set(),
        created=session.database.clock.now(),
    )


def alter_user(session: Session, tokens: Tokens) -> None:
    """Read the rest of ALTER USER name IDENTIFIED BY password."""
    name = tokens.name()
    if name != session.user and not session.has("ALTER USER"):
        raise ora(1031)
    user = session.catalog.user(name)
    password = _password(tokens) if tokens.at("IDENTIFIED") else user.password
    _account(tokens)
    user.password = password


def _account(tokens: Tokens) -> None:
    """Step over the clauses of an account that mean nothing here."""
    while not tokens.ended():
        if tokens.took("QUOTA"):
            while not tokens.at("ON"):
                if tokens.ended():
                    raise tokens.error(905)
                tokens.take()
            tokens.expect("ON")
            tokens.name()
        elif any(
            tokens.took(*words)
            for words in (("DEFAULT", "TABLESPACE"), ("TEMPORARY", "TABLESPACE"), ("PROFILE",))
        ):
            tokens.name()
        elif not tokens.took("ACCOUNT", "UNLOCK"):
            raise not_done_here(f"{tokens.next.text} of a user")


def _password(tokens: Tokens) -> str:
    tokens.expect("IDENTIFIED", "BY")
    token = tokens.take()
    if token.kind is Kind.QUOTED:
        return token.text
    return tokens.statement[token.start : token.end]


def drop_user(session: Session, tokens: Tokens) -> None:
    """Read the rest of DROP USER name [CASCADE]."""
    if not session.has("DROP USER"):
        raise ora(1031)
    name = tokens.name()
    session.catalog.user(name)
    owned = [key for key in session.catalog.objects if key[0] == name]
    cascade = tokens.took("CASCADE")
    tokens.end()
    if owned and not cascade:
        raise ora(1922, name)
    for owner, one in owned:
        session.catalog.remove(owner, one)
    del session.catalog.users[name]


def comment(session: Session, on: tuple[str, str], column: str | None, text: str | None) -> None:
    """Note a comment on a table, a view or a column."""
    found = session.catalog.resolve(*on, qualified=True)
    if not isinstance(found, (Table, View)):
        raise ora(942)
    if column is None:
        found.comment = text
        return
    if all(one.name != column for one in found.columns):
        raise ora(904, f'"{column}"')
    found.columns = tuple(
        replace(one, comment=text) if one.name == column else one for one in found.columns
    )


IGNORED = frozenset(
    {
        "EVENTS", "SQL_TRACE", "TRACEFILE_IDENTIFIER", "OPTIMIZER_MODE", "CURSOR_SHARING",
        "DDL_LOCK_TIMEOUT", "PLSQL_OPTIMIZE_LEVEL", "STATISTICS_LEVEL", "TIMED_STATISTICS",
        "MAX_DUMP_FILE_SIZE", "RECYCLEBIN", "SESSION_CACHED_CURSORS", "QUERY_REWRITE_ENABLED",
        "STAR_TRANSFORMATION_ENABLED", "RESULT_CACHE_MODE", "OPTIMIZER_INDEX_COST_ADJ",
        "OPTIMIZER_INDEX_CACHING", "WORKAREA_SIZE_POLICY", "HASH_AREA_SIZE", "SORT_AREA_SIZE",
        "DB_FILE_MULTIBLOCK_READ_COUNT", "PARALLEL_DEGREE_POLICY",
    }
)  # fmt: skip
"""Parameters that change no result."""


def alter_session(session: Session, tokens: Tokens) -> None:
    """Read the rest of ALTER SESSION SET name = value ...; ORA-02248 for what it cannot set."""
    if tokens.took("ENABLE") or tokens.took("DISABLE") or tokens.took("FORCE"):
        tokens.expect("PARALLEL")
        if not any(tokens.took(word) for word in ("DML", "DDL", "QUERY")):
            raise tokens.error(905)
        if tokens.took("PARALLEL"):
            tokens.number()
        tokens.end()
        return
    tokens.expect("SET")
    while not tokens.ended():
        name = tokens.name()
        if name != "EVENTS":
            tokens.expect("=")
        _set(session, name, tokens)


def _set(session: Session, name: str, tokens: Tokens) -> None:
    sign = tokens.took("-")
    token = tokens.take()
    if token.kind not in {Kind.WORD, Kind.QUOTED, Kind.STRING, Kind.NUMBER}:
        raise tokens.error(922)
    if name == "CURRENT_SCHEMA":
        session.set_schema(token.text)
    elif name == "TIME_ZONE" or name in NLS_DEFAULTS:
        session.settings = session.settings.altered(name, "-" * sign + token.text)
    elif name in {"ISOLATION_LEVEL", "CONTAINER", "EDITION", "ROW ARCHIVAL VISIBILITY"}:
        raise not_done_here(f"ALTER SESSION SET {name}")
    elif name not in IGNORED and name[0] != "_":
        raise ora(2248)
