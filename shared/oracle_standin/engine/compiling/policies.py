"""Row-level policies: conditions that a table puts on what others may see."""

from __future__ import annotations

from collections.abc import Iterator

from oracle_standin.engine.compiling.conditions import truth
from oracle_standin.engine.compiling.joins import Plan, Step
from oracle_standin.engine.compiling.relations import TableRelation
from oracle_standin.engine.compiling.scope import Relation, Scope
from oracle_standin.engine.kinds import Evaluate, Frame
from oracle_standin.engine.parsing.dialect import parse_condition
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.engine.storage.segments import Range


def restricted(plan: Plan, scope: Scope) -> None:
    """Add the policies of the tables to a plan, before any other condition."""
    for step in plan.steps:
        conditions = _conditions(step, scope)
        if not conditions:
            continue
        if not step.side and step is plan.steps[0]:
            step.after[:0] = conditions
        else:
            step.source.relation = _Filtered(step.source.relation, step.source.slot, conditions)


def _conditions(step: Step, scope: Scope) -> list[Evaluate]:
    relation = step.source.relation
    if not isinstance(relation, TableRelation) or not relation.table.policies:
        return []
    if scope.context.session.has("EXEMPT ACCESS POLICY"):
        return []
    alone = Scope(context=scope.context, sources=[step.source])
    return [truth(parse_condition(one.condition), alone) for one in relation.table.policies]


class _Filtered:
    """A relation of which only some rows are seen."""

    def __init__(self, inner: Relation, slot: int, conditions: list[Evaluate]) -> None:
        self.inner = inner
        self.slot = slot
        self.conditions = conditions
        self.columns = inner.columns
        self.locates = inner.locates
        self.no_rowid = inner.no_rowid
        self.wants_address = inner.wants_address

    def batches(self, frame: Frame, within: Range) -> Iterator[list[Row]]:
        """Yield the rows that every condition lets through."""
        inner = list(frame)
        for rows in self.inner.batches(frame, within):
            kept: list[Row] = []
            for row in rows:
                inner[self.slot] = row
                if all(condition(inner) is True for condition in self.conditions):
                    kept.append(row)
            yield kept
