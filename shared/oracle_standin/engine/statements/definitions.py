"""CREATE, ALTER, DROP and the other statements that change the catalogue.

Each of them commits before it runs, and again when it has run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from oracle_standin.engine import catalog as names
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.parsing.lexer import Kind, Tokens
from oracle_standin.engine.statements import create_objects, create_table
from oracle_standin.engine.statements.alter_table import alter_table, truncate
from oracle_standin.engine.storage.tables import Index, Table, TableKind
from oracle_standin.port import Bind, Outcome

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

Definer = Callable[["Session", Tokens], None]


def run(session: Session, statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
    """Run a statement of definition."""
    if bind_rows and any(bind_rows):
        raise ora(1027)
    tokens = Tokens(statement)
    if tokens.took("ALTER", "SESSION"):
        create_objects.alter_session(session, tokens)
        return Outcome()
    session.commit()
    with session.database.writing:
        DEFINERS[tokens.take().text](session, tokens)
        session.catalog.version += 1
    return Outcome()


def qualified(session: Session, tokens: Tokens) -> tuple[str, str]:
    """Read [owner.]name; ORA-00972 where the name is too long."""
    owner, name = session.schema, tokens.new_name(903)
    if tokens.took("."):
        owner, name = name, tokens.new_name(903)
    if owner not in session.catalog.users:
        raise ora(1918, owner)
    most = 128 if session.database.release >= 12 else 30  # noqa: PLR2004 -- the releases' own numbers
    if len(name.encode()) > most:
        raise ora(972)
    return owner, name


def _allowed(session: Session, privilege: str, owner: str) -> None:
    wanted = privilege if owner == session.user else privilege.replace("CREATE ", "CREATE ANY ")
    if not (session.has(wanted) or session.has(privilege.replace("CREATE ", "CREATE ANY "))):
        raise ora(1031)


NEVER_REPLACED = {
    "TABLE",
    "GLOBAL",
    "INDEX",
    "UNIQUE",
    "BITMAP",
    "SEQUENCE",
    "USER",
    "MATERIALIZED",
}


def _create(session: Session, tokens: Tokens) -> None:
    replacing = tokens.took("OR", "REPLACE")
    if replacing and tokens.next.text in NEVER_REPLACED:
        raise tokens.error(922)
    for words in (("EDITIONABLE",), ("NONEDITIONABLE",), ("NO", "FORCE"), ("FORCE",)):
        tokens.took(*words)
    if tokens.took("GLOBAL", "TEMPORARY", "TABLE"):
        _create_table(session, tokens, create_table.temporary)
    elif tokens.took("TABLE"):
        _create_table(session, tokens, create_table.create_table)
    elif tokens.took("VIEW"):
        owner, name = qualified(session, tokens)
        _allowed(session, "CREATE VIEW", owner)
        if replacing:
            _forget_view(session, owner, name)
        create_objects.create_view(session, tokens, owner, name)
    elif tokens.took("MATERIALIZED", "VIEW"):
        owner, name = qualified(session, tokens)
        _allowed(session, "CREATE MATERIALIZED VIEW", owner)
        create_objects.create_materialized_view(session, tokens, owner, name)
    else:
        _create_other(session, tokens, replacing)


def _create_other(session: Session, tokens: Tokens, replacing: bool) -> None:  # noqa: FBT001 -- as read
    if tokens.at("SYNONYM") or tokens.at("PUBLIC", "SYNONYM"):
        create_objects.create_synonym(session, tokens, replacing=replacing)
    elif tokens.took("SEQUENCE"):
        owner, name = qualified(session, tokens)
        create_objects.create_sequence(session, tokens, owner, name)
    elif tokens.at("INDEX") or tokens.at("UNIQUE") or tokens.at("BITMAP"):
        create_objects.create_index(session, tokens)
    elif tokens.took("USER"):
        create_objects.create_user(session, tokens)
    elif tokens.took("CLUSTER"):
        qualified(session, tokens)
    else:
        raise not_done_here(f"CREATE {tokens.next.text}")


def _create_table(
    session: Session, tokens: Tokens, make: Callable[[Session, Tokens, str, str], Table]
) -> None:
    if tokens.took("IF", "NOT", "EXISTS"):
        raise not_done_here("IF NOT EXISTS")
    owner, name = qualified(session, tokens)
    _allowed(session, "CREATE TABLE", owner)
    if session.catalog.find(owner, name) is not None:
        raise ora(955)
    make(session, tokens, owner, name)


def _forget_view(session: Session, owner: str, name: str) -> None:
    found = session.catalog.find(owner, name)
    if isinstance(found, names.View):
        session.catalog.remove(owner, name)


KINDS: dict[str, type] = {
    "TABLE": Table,
    "VIEW": names.View,
    "SYNONYM": names.Synonym,
    "SEQUENCE": names.Sequence,
}
MISSING = {"TABLE": 942, "VIEW": 942, "SYNONYM": 1434, "SEQUENCE": 2289}


def _drop(session: Session, tokens: Tokens) -> None:
    if tokens.took("MATERIALIZED", "VIEW"):
        _drop_named(session, tokens, "TABLE")
    elif tokens.took("PUBLIC", "SYNONYM"):
        name = tokens.name()
        tokens.end()
        if not isinstance(session.catalog.find(names.PUBLIC, name), names.Synonym):
            raise ora(1432)
        session.catalog.remove(names.PUBLIC, name)
    elif tokens.took("INDEX"):
        _drop_index(session, tokens)
    elif tokens.took("USER"):
        create_objects.drop_user(session, tokens)
    else:
        kind = tokens.take().text
        if kind not in KINDS:
            raise not_done_here(f"DROP {kind}")
        _drop_named(session, tokens, kind)


def _drop_named(session: Session, tokens: Tokens, kind: str) -> None:
    if tokens.at("IF", "EXISTS"):
        raise not_done_here("IF EXISTS")
    owner, name = qualified(session, tokens)
    found = session.catalog.find(owner, name)
    if not isinstance(found, KINDS[kind]):
        raise ora(MISSING[kind])
    if owner != session.user and not session.has("DROP ANY TABLE"):
        raise ora(1031 if session.sees(owner, name) else 942)
    cascade = tokens.took("CASCADE", "CONSTRAINTS")
    tokens.took("PURGE")
    tokens.end()
    if isinstance(found, Table):
        _drop_table(found, cascade=cascade)
    session.catalog.remove(owner, name)


def _drop_table(table: Table, *, cascade: bool) -> None:
    referring = [
        (child, one)
        for child in table.children
        if child is not table
        for one in child.constraints
        if one.refers_to is table
    ]
    if referring and not cascade:
        raise ora(2449)
    for child, one in referring:
        child.constraints.remove(one)
    for one in table.constraints:
        if one.refers_to is not None and one.refers_to is not table:
            others = [c for c in table.constraints if c.refers_to is one.refers_to]
            if len(others) == 1:
                one.refers_to.children.remove(table)
    for segment in table.segments():
        segment.dropped = True


def _drop_index(session: Session, tokens: Tokens) -> None:
    owner, name = qualified(session, tokens)
    tokens.took("ONLINE") or tokens.took("FORCE")
    tokens.end()
    index: Index | None = session.catalog.indexes.get((owner, name))
    if index is None:
        raise ora(1418)
    if any(one.name == name for one in index.table.constraints):
        raise ora(2429)
    del session.catalog.indexes[owner, name]
    index.table.indexes.remove(index)


def _truncate(session: Session, tokens: Tokens) -> None:
    tokens.expect("TABLE")
    table = own_table(session, tokens, "DROP ANY TABLE")
    if tokens.at("CASCADE"):
        raise not_done_here("TRUNCATE ... CASCADE")
    if tokens.took("DROP") or tokens.took("REUSE"):
        tokens.took("ALL")
        tokens.expect("STORAGE")
    tokens.end()
    truncate(session, table)


def own_table(session: Session, tokens: Tokens, privilege: str) -> Table:
    """Read a table's name; ORA-01031 where the user may not change its definition."""
    owner, name = qualified(session, tokens)
    found = session.catalog.find(owner, name)
    if not isinstance(found, Table) or not session.sees(owner, name):
        raise ora(942)
    if owner != session.user and not session.has(privilege):
        raise ora(1031)
    return found


def _alter(session: Session, tokens: Tokens) -> None:
    if tokens.took("TABLE"):
        alter_table(session, tokens, own_table(session, tokens, "ALTER ANY TABLE"))
    elif tokens.took("USER"):
        create_objects.alter_user(session, tokens)
    else:
        raise not_done_here(f"ALTER {tokens.next.text}")


def _comment(session: Session, tokens: Tokens) -> None:
    tokens.expect("ON")
    of_column = not tokens.took("TABLE") and tokens.took("COLUMN")
    if not of_column:
        tokens.took("MATERIALIZED", "VIEW")
    path = [tokens.name()]
    while tokens.took("."):
        path.append(tokens.name())
    tokens.expect("IS")
    text = tokens.take()
    if text.kind not in {Kind.STRING, Kind.NATIONAL}:
        raise ora(1780)
    tokens.end()
    column = path.pop() if of_column else None
    owner = path[0] if len(path) > 1 else session.schema
    create_objects.comment(session, (owner, path[-1]), column, text.text or None)


def _rename(session: Session, tokens: Tokens) -> None:
    old = tokens.name()
    tokens.expect("TO")
    new = tokens.new_name(903)
    tokens.end()
    found = session.catalog.find(session.schema, old)
    if found is None:
        raise ora(4043, old)
    if session.catalog.find(session.schema, new) is not None:
        raise ora(955)
    session.catalog.objects.pop((session.schema, old))
    found.name = new
    session.catalog.add(found)


def _purge(session: Session, tokens: Tokens) -> None:
    """Nothing is kept in a recycle bin, so nothing is left to purge."""
    del session
    if tokens.took("TABLE") or tokens.took("INDEX"):
        tokens.name()
        raise ora(38307)
    if not tokens.took("RECYCLEBIN"):
        raise not_done_here(f"PURGE {tokens.next.text}")
    tokens.end()


def _analyze(session: Session, tokens: Tokens) -> None:
    tokens.expect("TABLE")
    table = own_table(session, tokens, "ANALYZE ANY")
    if not (tokens.took("COMPUTE") or tokens.took("ESTIMATE")):
        raise not_done_here(f"ANALYZE TABLE ... {tokens.next.text}")
    tokens.expect("STATISTICS")
    if tokens.took("SAMPLE"):
        tokens.number()
        if not tokens.took("ROWS"):
            tokens.expect("PERCENT")
    tokens.end()
    if table.kind is TableKind.EXTERNAL:
        raise ora(942)
    session.database.analyse(table)


DEFINERS: dict[str, Definer] = {
    "CREATE": _create,
    "DROP": _drop,
    "TRUNCATE": _truncate,
    "ALTER": _alter,
    "COMMENT": _comment,
    "RENAME": _rename,
    "PURGE": _purge,
    "ANALYZE": _analyze,
}
