"""INTERVAL literals, bounded and rounded by the precisions of their units."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlglot import exp

from oracle_standin.engine import intervals_text, kinds
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.compiling.trees import only
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.execution import constant
from oracle_standin.engine.kinds import Compiled
from oracle_standin.engine.limits import rounded_fraction

LEADING_DIGITS = 2
FRACTION_DIGITS = 6


def interval_literal(node: exp.Expr, _scope: Scope) -> Compiled:
    """Compile INTERVAL 'text' unit [TO unit]."""
    only(node, "this", "unit")
    unit = node.args["unit"]
    first, last = unit, unit
    if isinstance(unit, exp.IntervalSpan):
        first, last = unit.this, unit.expression
    if not isinstance(node.this, exp.Literal):
        raise not_done_here("an interval of an expression")
    written = node.this.name
    leading, fraction = _digits(first, last)
    found = re.search(r"\d+", written)
    if found is not None and len(found[0].lstrip("0")) > leading:
        raise ora(1873)
    if _name(first) in {"YEAR", "MONTH"}:
        months = intervals_text.year_month(written, first=_name(first), last=_name(last))
        kind = replace(kinds.INTERVAL_YM, precision=leading)
        return Compiled(type=kind, run=constant(months), literal=True)
    length = intervals_text.day_second(written, first=_name(first), last=_name(last))
    kind = replace(kinds.INTERVAL_DS, precision=leading, scale=fraction)
    rounded = rounded_fraction(length, fraction)
    return Compiled(type=kind, run=constant(rounded), literal=True)


def _digits(first: exp.Expr, last: exp.Expr) -> tuple[int, int]:
    """Return how many digits the leading unit and the fraction of a second may have."""
    leading, *behind = [*_precisions(first), LEADING_DIGITS]
    if _name(last) != "SECOND":
        return leading, 0
    if first is last:
        return leading, behind[0] if len(behind) > 1 else FRACTION_DIGITS
    return leading, [*_precisions(last), FRACTION_DIGITS][0]


def _precisions(unit: exp.Expr) -> list[int]:
    return [int(one.name) for one in unit.expressions] if isinstance(unit, exp.Anonymous) else []


def _name(unit: exp.Expr) -> str:
    return str(unit.this).upper() if isinstance(unit, (exp.Anonymous, exp.Var)) else ""
