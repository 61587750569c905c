"""GRANT and REVOKE."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from oracle_standin.engine.catalog import ADMINISTRATOR, ORDINARY, PUBLIC, User
from oracle_standin.engine.errors import ora
from oracle_standin.engine.parsing.lexer import Tokens
from oracle_standin.port import Bind, Outcome

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

OBJECT_PRIVILEGES = {
    "SELECT", "READ", "INSERT", "UPDATE", "DELETE", "FLASHBACK", "EXECUTE", "ALL", "ALTER",
    "REFERENCES", "INDEX",
}  # fmt: skip
SYSTEM_PRIVILEGE = re.compile(
    "(CREATE|ALTER|DROP|SELECT|INSERT|UPDATE|DELETE|EXECUTE|GRANT|COMMENT|ANALYZE|LOCK|FLASHBACK|READ"
    "|UNLIMITED|EXEMPT|ADMINISTER) [A-Z]+( [A-Z]+){0,3}"
)
"""Their general form; only those that the stand-in asks for mean anything."""
ROLES = {
    "CONNECT": {"CREATE SESSION"},
    "RESOURCE": set(ORDINARY) - {"CREATE SESSION", "CREATE VIEW", "CREATE SYNONYM"},
    "DBA": set(ADMINISTRATOR),
    "SELECT_CATALOG_ROLE": {"SELECT ANY DICTIONARY"},
}


def run(session: Session, statement: str, bind_rows: Sequence[Sequence[Bind]]) -> Outcome:
    """Run a GRANT or a REVOKE."""
    del bind_rows
    session.commit()
    tokens = Tokens(statement)
    giving = tokens.take().text == "GRANT"
    privileges = _privileges(tokens)
    target = _object(session, tokens) if tokens.took("ON") else None
    tokens.expect("TO" if giving else "FROM")
    users = [_user(session, tokens.name())]
    while tokens.took(","):
        users.append(_user(session, tokens.name()))
    tokens.took("WITH", "GRANT", "OPTION") or tokens.took("WITH", "ADMIN", "OPTION")
    tokens.took("CASCADE", "CONSTRAINTS")
    tokens.end()
    for user in users:
        for privilege in privileges:
            if target is not None:
                _on_object(session, user, (privilege, *target), giving=giving)
            else:
                _system(session, user, privilege, giving=giving)
    session.catalog.version += 1
    return Outcome()


def _privileges(tokens: Tokens) -> list[str]:
    found: list[str] = []
    words: list[str] = []
    while not tokens.ended() and not (tokens.at("ON") or tokens.at("TO") or tokens.at("FROM")):
        token = tokens.take()
        if token.text == ",":
            found.append(" ".join(words))
            words = []
        else:
            words.append(token.text)
    found.append(" ".join(words))
    return ["ALL" if one == "ALL PRIVILEGES" else one for one in found]


def _object(session: Session, tokens: Tokens) -> tuple[str, str]:
    owner, name = session.schema, tokens.name()
    if tokens.took("."):
        owner, name = name, tokens.name()
    if owner == "SYS":
        return owner, name
    found = session.catalog.resolve(owner, name, qualified=True)
    if found is None:
        raise ora(942)
    allowed = found.owner == session.user or session.has("GRANT ANY OBJECT PRIVILEGE")
    if not allowed:
        raise ora(1031)
    return found.owner, found.name


def _user(session: Session, name: str) -> User:
    if name not in session.catalog.users:
        raise ora(1917, name)
    return session.catalog.users[name]


def _on_object(session: Session, user: User, grant: tuple[str, str, str], *, giving: bool) -> None:
    if grant[0] not in OBJECT_PRIVILEGES:
        raise ora(990)
    if user.name == session.user and user.name != PUBLIC:
        raise ora(1749)
    if grant[1] == "SYS" and not session.has("GRANT ANY OBJECT PRIVILEGE"):
        raise ora(1031)
    if giving:
        user.grants.add(grant)
    elif grant in user.grants:
        user.grants.remove(grant)
    else:
        raise ora(1927)


def _system(session: Session, user: User, privilege: str, *, giving: bool) -> None:
    if not session.has("DBA"):
        raise ora(1031)
    change = set.update if giving else set.difference_update
    if privilege in ROLES:
        change(user.roles, {privilege})
        change(user.privileges, ROLES[privilege])
    elif privilege in ADMINISTRATOR or SYSTEM_PRIVILEGE.fullmatch(privilege):
        change(user.privileges, {privilege})
    else:
        raise ora(990)
