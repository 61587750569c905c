"""Progress: what a table or part has carried so far, and the stages it went through."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime


class StageName(enum.StrEnum):
    """The stages of a table, in the order in which they come."""

    PENDING = "pending"
    PLANNING = "planning"
    EXTRACTING = "extracting"
    CLOSING = "closing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    """Given back: the worker ended or stumbled, another one goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One entry of the append-only list that no watcher can miss."""

    name: StageName
    at: datetime
    note: str = ""
    hint: str = ""
    """What somebody can do about it, where the note tells of an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Rows and bytes carried, of how many; a total is an estimate until it was counted."""

    rows: int = 0
    bytes: int = 0
    """Compressed bytes handed to the store."""
    rows_total: int | None = None
    is_estimate: bool = True
    rows_per_second: float = 0.0
    current_part: int | None = None
    parts_total: int = 1
    at: datetime | None = None

    @property
    def percent(self) -> float | None:
        """Share done; an estimate that proved too low never shows more than 99 %."""
        if self.rows_total is None:
            return None
        if self.rows_total == 0:
            return 0.0 if self.is_estimate else 100.0
        share = 100.0 * self.rows / self.rows_total
        return min(share, 99.0) if self.is_estimate else min(share, 100.0)

    @property
    def eta_seconds(self) -> float | None:
        """Seconds left at the present speed, None where it cannot be known."""
        if self.rows_total is None or self.rows_per_second <= 0:
            return None
        return max(0.0, (self.rows_total - self.rows) / self.rows_per_second)

    def carried(self, *, rows: int, size: int, at: datetime, rows_per_second: float) -> Progress:
        """Return progress after more rows and bytes."""
        return replace(
            self,
            rows=self.rows + rows,
            bytes=self.bytes + size,
            rows_per_second=rows_per_second,
            at=at,
        )

    def ended(self, *, rows: int, size: int, at: datetime) -> Progress:
        """Return progress whose totals are known, since all was carried."""
        return replace(self, rows=rows, bytes=size, rows_total=rows, is_estimate=False, at=at)
