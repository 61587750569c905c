"""Where a first contact tries things out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from oracle_etl.model.names import TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What an Oracle server says of itself and of the account; no name of anybody or anything."""

    release: str
    driver: str
    """The driver's version, its mode, and in thick mode the client's version."""
    character_set: str
    national_character_set: str
    clock_ahead_seconds: float
    """How far the server's clock is before ours."""
    answers: Mapping[str, str]
    """What else it was asked, and its answer."""
    refusals: Mapping[str, str]
    """What it would not answer, and the code of its error."""
    privileges: frozenset[str]
    """The system privileges of the account."""


class ScratchSchema(Protocol):
    """The account's own schema, to try things out: what is made there is removed again."""

    def facts(self) -> ServerFacts:
        """Ask the server about itself; this changes nothing."""
        ...

    def table(self, name: str, columns: str) -> AbstractContextManager[TableName]:
        """Make a new table for as long as the block runs; GiveUp where the name is taken.

        TableLeft where it could not be dropped, or nobody can tell whether it was made.
        """
        ...

    def insert(self, table: TableName, expressions: Sequence[str]) -> None:
        """Insert and commit a row of SQL expressions."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
