"""One run of a statement: its binds, its snapshot, its clock, and what it has remembered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oracle_standin.engine.kinds import EXECUTION, Evaluate, Frame, Value
from oracle_standin.engine.settings import Settings
from oracle_standin.engine.storage.blocks import Snapshot

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session


@dataclass(slots=True, kw_only=True)
class Execution:
    """What expressions find in their frame beside rows."""

    session: Session
    binds: tuple[Value, ...]
    snapshot: Snapshot
    settings: Settings
    remembered: dict[int, Value] = field(default_factory=dict)
    """Results of subqueries that do not depend on outer rows, by the id of their plan."""


def base_frame(execution: Execution, outer: Frame | None = None, sources: int = 0) -> Frame:
    """Return a frame with room for the rows of so many sources."""
    return [outer, execution, None, *[None] * sources]


def settings_of(frame: Frame) -> Settings:
    """Return the settings under which a frame's statement runs."""
    execution: Execution = frame[EXECUTION]
    return execution.settings


def constant(value: Value) -> Evaluate:
    """Return an evaluation that always gives a value."""
    return lambda _frame: value
