"""The catalogue: users, objects by name, grants, and what has been withheld."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from oracle_standin.engine.errors import ora
from oracle_standin.engine.parsing.sequence_options import SequenceOptions
from oracle_standin.engine.storage.tables import Index, Table, TableColumn, TableKind


@dataclass(slots=True, kw_only=True)
class View:
    """A view: its query, and the names and types that the query gave."""

    owner: str
    name: str
    number: int
    query: str
    columns: tuple[TableColumn, ...]
    created: int = 0
    comment: str | None = None
    comments: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Synonym:
    """A synonym; those of PUBLIC are everybody's."""

    owner: str
    name: str
    number: int
    target_owner: str
    target_name: str
    created: int = 0


@dataclass(slots=True, kw_only=True)
class Sequence:
    """A sequence."""

    owner: str
    name: str
    number: int
    options: SequenceOptions = field(default_factory=SequenceOptions)
    following: int = 1
    created: int = 0

    def advance(self) -> int:
        """Take the next value; ORA-08004 where there is none."""
        options = self.options
        past = self.following > options.maximum
        if past or self.following < options.minimum:
            if not options.cycles:
                raise ora(8004, self.name, "exceeds MAXVALUE" if past else "goes below MINVALUE")
            self.following = options.minimum if past else options.maximum
        value = self.following
        self.following += options.step
        return value


CatalogObject = Table | View | Synonym | Sequence
PUBLIC = "PUBLIC"


@dataclass(slots=True, kw_only=True)
class User:
    """A user with its password and system privileges."""

    name: str
    password: str
    number: int
    privileges: set[str]
    roles: set[str] = field(default_factory=set)
    grants: set[tuple[str, str, str]] = field(default_factory=set)
    """(privilege, owner, object)."""
    created: int = 0


ORDINARY = frozenset(
    {
        "CREATE SESSION",
        "CREATE TABLE",
        "CREATE VIEW",
        "CREATE SYNONYM",
        "CREATE SEQUENCE",
        "CREATE MATERIALIZED VIEW",
        "UNLIMITED TABLESPACE",
    }
)
ADMINISTRATOR = ORDINARY | {
    "ALTER ANY TABLE",
    "CREATE ANY TABLE",
    "CREATE PUBLIC SYNONYM",
    "CREATE USER",
    "DELETE ANY TABLE",
    "DROP ANY TABLE",
    "DROP PUBLIC SYNONYM",
    "DROP USER",
    "EXEMPT ACCESS POLICY",
    "FLASHBACK ANY TABLE",
    "GRANT ANY OBJECT PRIVILEGE",
    "INSERT ANY TABLE",
    "SELECT ANY DICTIONARY",
    "SELECT ANY TABLE",
    "UPDATE ANY TABLE",
}


class Catalog:
    """Everything that has a name."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.objects: dict[tuple[str, str], CatalogObject] = {}
        self.indexes: dict[tuple[str, str], Index] = {}
        self.has_temporary = False
        """Whether any table was ever temporary."""
        self.version = 0
        """Grows with every DDL and grant; compiled statements of older ones are dropped."""
        self._numbers = itertools.count(70000)
        self._constraint_numbers = itertools.count(8001)

    def next_number(self) -> int:
        """Return the number of a new object."""
        return next(self._numbers)

    def generated_name(self) -> str:
        """Name a constraint that nobody named."""
        return f"SYS_C{next(self._constraint_numbers):07d}"

    def user(self, name: str) -> User:
        """Return a user; ORA-01918 where there is none."""
        if name not in self.users:
            raise ora(1918, name)
        return self.users[name]

    def find(self, owner: str, name: str) -> CatalogObject | None:
        """Return an object by its owner and name."""
        return self.objects.get((owner, name))

    def resolve(self, owner: str, name: str, *, qualified: bool) -> CatalogObject | None:
        """Return an object by a name as a statement has it, following synonyms."""
        found = self.objects.get((owner, name))
        if found is None and not qualified:
            found = self.objects.get((PUBLIC, name))
        for _ in range(8):
            if not isinstance(found, Synonym):
                return found
            found = self.objects.get((found.target_owner, found.target_name))
        return None

    def target(self, owner: str, name: str, *, qualified: bool) -> tuple[str, str]:
        """Return owner and name behind synonyms, which may lead to the dictionary."""
        for _ in range(8):
            found = self.objects.get((owner, name))
            if found is None and not qualified:
                found = self.objects.get((PUBLIC, name))
            if not isinstance(found, Synonym):
                break
            owner, name, qualified = found.target_owner, found.target_name, True
        return owner, name

    def add(self, made: CatalogObject) -> None:
        """Add an object; ORA-00955 where its name is taken."""
        if (made.owner, made.name) in self.objects:
            raise ora(955)
        if isinstance(made, Table) and made.kind is TableKind.TEMPORARY:
            self.has_temporary = True
        self.objects[made.owner, made.name] = made
        self.version += 1

    def remove(self, owner: str, name: str) -> None:
        """Remove an object and a table's indexes."""
        gone = self.objects.pop((owner, name))
        if isinstance(gone, Table):
            for key, index in list(self.indexes.items()):
                if index.table is gone:
                    del self.indexes[key]
        self.version += 1

    def tables(self) -> list[Table]:
        """Return every table, by owner and name."""
        return [one for _, one in sorted(self.objects.items()) if isinstance(one, Table)]

    def may(self, user: str, privilege: str, owner: str, name: str) -> bool:
        """Tell whether a user has a privilege on an object."""
        if user == owner:
            return True
        account = self.users[user]
        wanted = {(privilege, owner, name), ("ALL", owner, name)}
        granted = account.grants | self._granted_to_all()
        if granted & wanted:
            return True
        return any(one in account.privileges for one in _any_privileges(privilege))

    def _granted_to_all(self) -> set[tuple[str, str, str]]:
        public = self.users.get(PUBLIC)
        return public.grants if public else set()


def _any_privileges(privilege: str) -> tuple[str, ...]:
    if privilege in {"SELECT", "READ"}:
        return ("SELECT ANY TABLE",)
    return (f"{privilege} ANY TABLE",)
