"""Try everything that a job needs of an Oracle nobody has tried it on, and say what came of it.

All happens in the account's own schema, in tables whose names begin with `PREFIX`; each is made,
filled with values of ours, read as a job would read it, and dropped again. A table that cannot be
dropped is the last that is made.
"""

from __future__ import annotations

from oracle_etl.flow.first_contact.tried_types import TRIED_TYPES
from oracle_etl.flow.first_contact.try_types import try_type
from oracle_etl.flow.first_contact.try_ways import try_ways
from oracle_etl.flow.first_contact.verdicts import FirstContact, Outcome, TypeVerdict, WayVerdict
from oracle_etl.model.errors import TableLeft
from oracle_etl.ports import ScratchSchema, TableSource

__all__ = [
    "PREFIX",
    "FirstContact",
    "Outcome",
    "TypeVerdict",
    "WayVerdict",
    "make_first_contact",
]

PREFIX = "ORACLE_ETL_TRY_"
_LONGEST_RANDOM = 8
"""A name has 30 characters at most in 11.2."""


def make_first_contact(
    *,
    source: TableSource,
    scratch: ScratchSchema,
    randomness: str,
    seed: int,
) -> FirstContact:
    """Try everything; SourceAway where the server is gone for good."""
    server = scratch.facts()
    base = f"{PREFIX}{randomness[:_LONGEST_RANDOM].upper()}_"
    ways: tuple[WayVerdict, ...] = ()
    types: list[TypeVerdict] = []
    left = None
    try:
        ways = try_ways(f"{base}W", server=server, source=source, scratch=scratch)
        for number, tried in enumerate(TRIED_TYPES):
            table = f"{base}{number:02d}"
            types.append(
                try_type(
                    tried, table=table, server=server, source=source, scratch=scratch, seed=seed
                )
            )
    except TableLeft as error:
        left = error
    return FirstContact(server=server, seed=seed, ways=ways, types=tuple(types), left=left)
