"""What a first contact found: nothing in it names a host, a user, a service or anybody's data."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from oracle_etl.model.errors import TableLeft
from oracle_etl.ports import ServerFacts


class Outcome(enum.StrEnum):
    """What became of a try."""

    SAME = "same"
    """What came back is what was put in."""
    DIFFERS = "differs"
    FAILED = "failed"
    """It ended with an error, whose code is told."""
    SKIPPED = "skipped"
    """The server has no such thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeVerdict:
    """What became of one type."""

    type: str
    outcome: Outcome
    values: int = 0
    """How many were put in and compared."""
    left_out: int = 0
    """How many the database's character set cannot hold."""
    told: str = ""
    """The code of an error, or the first value that differs: as stored, and as found."""

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return self.outcome in {Outcome.SAME, Outcome.SKIPPED}


@dataclass(frozen=True, slots=True, kw_only=True)
class WayVerdict:
    """Whether the server lets us do something, and what it means if not."""

    what: str
    works: bool
    code: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstContact:
    """Everything that was found."""

    server: ServerFacts
    seed: int
    ways: tuple[WayVerdict, ...]
    types: tuple[TypeVerdict, ...]
    left: TableLeft | None = None
    """The table that stays in the schema, after which nothing more was tried."""

    @property
    def is_well(self) -> bool:
        """Whether every type that the server has came back as it was put in, and nothing stays."""
        return self.left is None and all(each.is_well for each in self.types)

    @property
    def table_left(self) -> str | None:
        """The name of the table that stays; without its owner, which is a user's name."""
        return None if self.left is None else str(self.left.details["table"])

    def document(self) -> Mapping[str, object]:
        """Return the report for a file, within version 1 only ever with more fields."""
        server = self.server
        return {
            "report": "oracle-etl first contact",
            "version": 1,
            "well": self.is_well,
            "seed": self.seed,
            "table_left": self.table_left,
            "server": {
                "release": server.release,
                "character_set": server.character_set,
                "national_character_set": server.national_character_set,
                "clock_ahead_seconds": server.clock_ahead_seconds,
                "answers": dict(server.answers),
                "refusals": dict(server.refusals),
            },
            "driver": server.driver,
            "privileges": sorted(server.privileges),
            "ways": [
                {"what": each.what, "works": each.works, "code": each.code, "advice": each.advice}
                for each in self.ways
            ],
            "types": [
                {
                    "type": each.type,
                    "outcome": each.outcome.value,
                    "values": each.values,
                    "left_out": each.left_out,
                    "told": each.told,
                }
                for each in self.types
            ],
        }
