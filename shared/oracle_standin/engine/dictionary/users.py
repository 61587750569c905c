"""USERS, privileges, and what a session may do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oracle_standin.engine.catalog import PUBLIC
from oracle_standin.engine.dictionary.registry import Described, family, fixed, number, second

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

MAINTAINED = {"SYS", "SYSTEM"}


@family(
    "USERS",
    """USERNAME:v128 USER_ID:n CREATED:d COMMON:v3 ORACLE_MAINTAINED:v1 ACCOUNT_STATUS:v32
    DEFAULT_TABLESPACE:v30 TEMPORARY_TABLESPACE:v30 PROFILE:v128""",
    owner=None,
    subject=None,
)
def users(session: Session) -> Iterator[Described]:
    """Describe every user."""
    for name, one in sorted(session.catalog.users.items()):
        if name != PUBLIC:
            yield {
                "USERNAME": name,
                "USER_ID": number(one.number),
                "CREATED": second(one.created),
                "COMMON": "YES" if name in MAINTAINED else "NO",
                "ORACLE_MAINTAINED": "Y" if name in MAINTAINED else "N",
                "ACCOUNT_STATUS": "OPEN",
                "DEFAULT_TABLESPACE": "USERS",
                "TEMPORARY_TABLESPACE": "TEMP",
                "PROFILE": "DEFAULT",
            }


@family(
    "TAB_PRIVS",
    """GRANTOR:v128 GRANTEE:v128 TABLE_SCHEMA:v128 TABLE_NAME:v128 OWNER:v128 PRIVILEGE:v40
    GRANTABLE:v3 HIERARCHY:v3 TYPE:v24""",
)
def privileges(session: Session) -> Iterator[Described]:
    """Describe the grants on objects."""
    for name, one in sorted(session.catalog.users.items()):
        for privilege, owner, table in sorted(one.grants):
            yield {
                "GRANTOR": owner,
                "GRANTEE": name,
                "TABLE_SCHEMA": owner,
                "OWNER": owner,
                "TABLE_NAME": table,
                "PRIVILEGE": privilege,
                "GRANTABLE": "NO",
                "HIERARCHY": "NO",
                "TYPE": "TABLE",
            }


@fixed("SESSION_PRIVS", "PRIVILEGE:v40", public=True)
def session_privileges(session: Session) -> Iterator[Described]:
    """Describe what the session may do."""
    for privilege in sorted(session.catalog.user(session.user).privileges):
        yield {"PRIVILEGE": privilege}


@fixed("SESSION_ROLES", "ROLE:v128", public=True)
def session_roles(session: Session) -> Iterator[Described]:
    """Describe the session's roles."""
    for role in sorted(session.catalog.user(session.user).roles):
        yield {"ROLE": role}


@fixed("USER_SYS_PRIVS", "USERNAME:v128 PRIVILEGE:v40 ADMIN_OPTION:v3", public=True)
def system_privileges(session: Session) -> Iterator[Described]:
    """Describe the user's system privileges."""
    for privilege in sorted(session.catalog.user(session.user).privileges):
        yield {"USERNAME": session.user, "PRIVILEGE": privilege, "ADMIN_OPTION": "NO"}
