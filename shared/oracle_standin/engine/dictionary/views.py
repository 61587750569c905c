"""The views of the dictionary by name, and who may read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from oracle_standin.engine.compiling.relations import ComputedRelation
from oracle_standin.engine.compiling.scope import SourceColumn
from oracle_standin.engine.dictionary import (
    columns,
    constraints,
    objects,
    performance,
    tables,
    users,
)
from oracle_standin.engine.dictionary.registry import (
    FAMILIES,
    FIXED,
    Described,
    Family,
    Reach,
)
from oracle_standin.engine.errors import ora
from oracle_standin.engine.kinds import Value

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

MODULES = (columns, constraints, objects, performance, tables, users)
SHORT_FORMS = {
    "TAB": "USER_TABLES",
    "COLS": "USER_TAB_COLUMNS",
    "CAT": "USER_OBJECTS",
    "OBJ": "USER_OBJECTS",
    "IND": "USER_INDEXES",
    "SEQ": "USER_SEQUENCES",
    "SYN": "USER_SYNONYMS",
}
OWNERS = {"SYS", "PUBLIC"}
ANY_DICTIONARY = "SELECT ANY DICTIONARY"
LATER = {"TAB_IDENTITY_COLS": 12, "MVIEW_COMMENTS": 10}


class Dictionary:
    """Finds the dictionary's views."""

    def relation(
        self, session: Session, owner: str, name: str, *, was_qualified: bool
    ) -> ComputedRelation:
        """Return a view; ORA-00942 where there is none that the user may read."""
        if was_qualified and owner not in OWNERS:
            raise ora(942)
        name = SHORT_FORMS.get(name, name).replace("V_$", "V$").replace("GV$", "V$")
        if name in FIXED:
            return _fixed(session, name)
        for reach in Reach:
            family = FAMILIES.get(name.removeprefix(reach.value))
            if name.startswith(reach.value) and family is not None and reach in family.reaches:
                return _of_family(session, family, reach)
        raise ora(942)


def readable(session: Session, name: str) -> bool:
    """Tell whether a user may read a view that is not everybody's."""
    return session.has(ANY_DICTIONARY) or any(
        session.catalog.may(session.user, "SELECT", "SYS", form)
        for form in (name, name.replace("V$", "V_$"))
        if session.user != "SYS"
    )


def _fixed(session: Session, name: str) -> ComputedRelation:
    view = FIXED[name]
    if not view.public and not readable(session, name):
        raise ora(942)
    return ComputedRelation(
        columns=view.columns, compute=_rows(view.columns, lambda one: iter(view.describe(one)))
    )


def _of_family(session: Session, family: Family, reach: Reach) -> ComputedRelation:
    if reach is Reach.DBA and not readable(session, f"DBA_{family.name}"):
        raise ora(942)
    if session.database.release < LATER.get(family.name, 0):
        raise ora(942)
    chosen = tuple(
        column
        for column in family.columns
        if reach is not Reach.USER or column.name != family.owner
    )

    def described(running: Session) -> Iterator[Described]:
        return (one for one in family.describe(running) if _shown(running, family, reach, one))

    return ComputedRelation(columns=chosen, compute=_rows(chosen, described))


def _shown(session: Session, family: Family, reach: Reach, row: Described) -> bool:
    if reach is Reach.DBA or family.owner is None:
        return True
    owner = row.get(family.owner)
    if reach is Reach.USER:
        return bool(owner == session.user)
    if owner in {session.user, "PUBLIC"} or family.subject is None:
        return True
    return session.sees(str(owner), str(row.get(family.subject)))


def _rows(
    wanted: tuple[SourceColumn, ...], describe: Callable[[Session], Iterator[Described]]
) -> Callable[[Session], Iterator[Sequence[Value]]]:
    names = [column.name for column in wanted]

    def rows(session: Session) -> Iterator[Sequence[Value]]:
        for described in describe(session):
            yield [described.get(name) for name in names]

    return rows
