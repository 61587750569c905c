"""What a statement is compiled for: a session, its binds, and the names it may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from oracle_standin.engine.errors import ora
from oracle_standin.engine.kinds import Compiled
from oracle_standin.port import ColumnType

if TYPE_CHECKING:
    from oracle_standin.engine.compiling.queries import Query
    from oracle_standin.engine.compiling.scope import Relation, Scope, Source
    from oracle_standin.engine.session import Session

LATER_FUNCTIONS = {
    "STANDARD_HASH": 12,
    "JSON_SERIALIZE": 19,
    "JSON_VALUE": 12,
    "JSON_QUERY": 12,
    "TO_BLOB": 12,
    "LISTAGG": 11,
}
"""Functions by the version that brought them."""

RESTRICTED = {"DBMS_FLASHBACK", "DBMS_CRYPTO", "DBMS_LOCK"}
"""Packages that nobody may execute without a grant."""

MOST_NAME_BYTES = 30
MODERN_NAME_BYTES = 128
LATER_NAMES = 12


@dataclass(slots=True, kw_only=True)
class Compilation:
    """One compilation of a statement."""

    session: Session
    bind_types: tuple[ColumnType, ...]
    compile_query: Callable[[exp.Expr, Scope | None, Compilation], Query]
    expression: Callable[[exp.Expr, Scope], Compiled]
    named: dict[str, Relation] = field(default_factory=dict)
    """The queries of a WITH clause."""
    depth: int = 0

    def query(self, tree: exp.Expr, outer: Scope | None) -> Query:
        """Compile a query within a scope, or on its own."""
        return self.compile_query(tree, outer, self)

    def of_view(self, owner: str) -> Compilation:
        """Return the compilation of a view's query: its owner's, and one level deeper."""
        return replace(
            self,
            session=self.session.as_owner(owner),
            named={},
            depth=self.depth + 1,
        )

    @property
    def version(self) -> int:
        """The release that the database pretends to be."""
        return self.session.database.release

    def checked_name(self, name: str) -> str:
        """Return a name; ORA-00972 where it is longer than the release allows."""
        most = MODERN_NAME_BYTES if self.version >= LATER_NAMES else MOST_NAME_BYTES
        if len(name.encode()) > most:
            raise ora(972)
        return name

    def checked_function(self, name: str) -> None:
        """Insist that the release has a function and that the user may call it."""
        if self.version < LATER_FUNCTIONS.get(name, 0):
            raise ora(904, f'"{name}"')
        package = name.partition(".")[0] if "." in name else ""
        if package in RESTRICTED and not self.session.may("EXECUTE", "SYS", package):
            written = '"."'.join(name.split("."))
            raise ora(904, f'"{written}"')

    def virtual(self, tree: exp.Expr, kind: ColumnType, scope: Scope, source: Source) -> Compiled:
        """Compile a virtual column where it is read."""
        from oracle_standin.engine.compiling.coercion import converted  # noqa: PLC0415 -- both ways

        del source
        return converted(self.expression(tree, scope), kind)
