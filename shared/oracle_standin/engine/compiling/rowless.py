"""Queries whose rows have no ROWIDs, and what Oracle says to who asks for them."""

from __future__ import annotations

from sqlglot import exp

from oracle_standin.engine.compiling.grouping import contains_aggregate
from oracle_standin.engine.errors import NOT_DONE

MERGING = ("distinct", "group", "having", "limit", "fetch")
"""Clauses by which a row is no longer one row of a table."""


def unlocated(tree: exp.Expr) -> int:
    """Return the error for asking a query's rows for ROWIDs; those of plain views are not done."""
    merged = (
        not isinstance(tree, exp.Select)
        or any(tree.args.get(clause) for clause in MERGING)
        or any(map(contains_aggregate, tree.expressions))
    )
    if merged:
        return 1446
    return 1445 if tree.args.get("joins") else NOT_DONE
