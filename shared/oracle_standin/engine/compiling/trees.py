"""Guards on sqlglot's trees."""

from __future__ import annotations

from sqlglot import exp

from oracle_standin.engine.errors import not_done_here


def only(node: exp.Expr, *known: str) -> None:
    """Insist that a node carries nothing but what its compiler looks at."""
    for name, value in node.args.items():
        if name not in known and value not in (None, False, []):
            raise not_done_here(
                f"{name} of {type(node).__name__} ({node.sql(dialect='oracle')[:60]})"
            )
