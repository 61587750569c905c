"""A reading: everything that decides which rows of a table come, and at which moment."""

from __future__ import annotations

from dataclasses import dataclass, field

from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.names import TableName
from oracle_etl.model.predicates import OUR_BINDS
from oracle_etl.model.table_task import RowidRange

MASK_KEY_BIND = f"{OUR_BINDS}mask_key"
"""The bind under which a plan's expressions find the key of hash masks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The rows of one table or part, at one SCN or under a read-only transaction."""

    table: TableName
    query: str | None = None
    """A statement to read instead of a table, as a transport names it."""
    plan: ColumnPlan
    scn: int | None = None
    rows_of: RowidRange | None = None
    where: str | None = None
    binds: dict[str, str | int | float | None] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    limit: int | None = None
    mask_key: bytes | None = field(default=None, repr=False)
    """The key of hash masks; only ever a bind."""
    module: str = "oracle-etl"
    action: str = ""
    client_identifier: str = ""
