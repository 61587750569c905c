"""How the dictionary's views are declared."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.scope import SourceColumn
from oracle_standin.engine.kinds import Value
from oracle_standin.port import ColumnType

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session

Described = dict[str, Value]
"""A row by column; what is missing is NULL."""

Describe = Callable[["Session"], Iterable[Described]]


class Reach(enum.Enum):
    """Whose objects a view shows."""

    USER = "USER_"
    ALL = "ALL_"
    DBA = "DBA_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A view with its USER_, ALL_ and DBA_ forms."""

    name: str
    columns: tuple[SourceColumn, ...]
    describe: Describe
    owner: str | None
    """The column with the owner, which USER_ forms leave out."""
    subject: str | None
    """The column with the object that one must have a privilege on."""
    reaches: frozenset[Reach]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A view with one form."""

    name: str
    columns: tuple[SourceColumn, ...]
    describe: Describe
    public: bool


FAMILIES: dict[str, Family] = {}
FIXED: dict[str, Fixed] = {}
EVERYWHERE = frozenset(Reach)
NOT_ALL = frozenset({Reach.USER, Reach.DBA})


def columns_of(notation: str) -> tuple[SourceColumn, ...]:
    """Read `NAME:type` pairs: v and a size, n, d, l for LONG, t, r and a size."""
    return tuple(
        SourceColumn(name=name, type=_type(kind))
        for name, _, kind in (one.partition(":") for one in notation.split())
    )


def _type(notation: str) -> ColumnType:
    letter, size = notation[0], int(notation[1:] or 0)
    plain = {"n": kinds.NUMBER, "d": kinds.DATE, "l": kinds.LONG, "t": kinds.TIMESTAMP_TZ}
    if letter in plain:
        return plain[letter]
    return kinds.raw(size) if letter == "r" else kinds.varchar(size)


def family(
    name: str,
    columns: str,
    *,
    owner: str | None = "OWNER",
    subject: str | None = "TABLE_NAME",
    reaches: frozenset[Reach] = EVERYWHERE,
) -> Callable[[Describe], Describe]:
    """Declare a family of views."""

    def declare(describe: Describe) -> Describe:
        FAMILIES[name] = Family(
            name=name,
            columns=columns_of(columns),
            describe=describe,
            owner=owner,
            subject=subject,
            reaches=reaches,
        )
        return describe

    return declare


def fixed(name: str, columns: str, *, public: bool = False) -> Callable[[Describe], Describe]:
    """Declare a view with one form."""

    def declare(describe: Describe) -> Describe:
        FIXED[name] = Fixed(
            name=name, columns=columns_of(columns), describe=describe, public=public
        )
        return describe

    return declare


def nothing(_session: Session) -> Iterator[Described]:
    """Describe nothing, for what the stand-in never has."""
    return iter(())


def number(value: int | None) -> Decimal | None:
    """Return a NUMBER."""
    return None if value is None else Decimal(value)


def yes(value: object) -> str:
    """Return YES or NO."""
    return "YES" if value else "NO"


def second(at: int) -> int:
    """Return an instant as a DATE."""
    return at // 1_000_000_000 * 1_000_000_000
