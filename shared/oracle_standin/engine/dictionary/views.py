"""The views of the dictionary by name, and who may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.relations import ComputedRelation
from oracle_standin.engine.compiling.scope import SourceColumn
from oracle_standin.engine.errors import ora

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session


class Dictionary:
    """Finds the dictionary's views."""

    def relation(
        self, session: Session, owner: str, name: str, *, was_qualified: bool
    ) -> ComputedRelation:
        if name == "DUAL":
            return ComputedRelation(
                columns=(SourceColumn(name="DUMMY", type=kinds.varchar(1)),),
                compute=lambda _s: iter([("X",)]),
            )
        raise ora(942)
