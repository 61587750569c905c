"""Where statements start to be compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_standin.engine.compiling.context import Compilation
from oracle_standin.engine.compiling.expressions import compile_expression
from oracle_standin.engine.compiling.select import compile_query
from oracle_standin.port import ColumnType

if TYPE_CHECKING:
    from oracle_standin.engine.session import Session


def compilation(session: Session, types: tuple[ColumnType, ...] = ()) -> Compilation:
    """Return a new compilation for a session."""
    return Compilation(
        session=session,
        bind_types=types,
        compile_query=compile_query,
        expression=compile_expression,
    )
