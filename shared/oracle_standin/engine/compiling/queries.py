"""Compiled queries: what they give, and how other parts of a statement use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from oracle_standin.engine import codec
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.execution import Execution, base_frame
from oracle_standin.engine.kinds import EXECUTION, FIRST_SOURCE, Compiled, Evaluate, Frame, Value
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.port import Column, RowSource


class Rows(Protocol):
    """Runs a query within an outer frame."""

    def __call__(self, execution: Execution, outer: Frame | None, /) -> Iterator[list[Row]]:
        """Yield the rows in lists."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class Query:
    """A query ready to run."""

    columns: tuple[Column, ...]
    rows: Rows
    scopes: tuple[Scope, ...]
    direct: Callable[[Execution], RowSource | None] = lambda _execution: None
    """Gives the rows as a keeper of its own hands them out, None where work is left to do."""

    @property
    def correlated(self) -> bool:
        """Tell whether its rows depend on an outer query's."""
        return any(scope.correlated for scope in self.scopes)

    def remembering(self, run: Evaluate) -> Evaluate:
        """Return an evaluation that runs once where nothing outside can change it."""
        key = id(run)

        def value(frame: Frame) -> Value:
            if self.correlated:
                return run(frame)
            execution: Execution = frame[EXECUTION]
            if key not in execution.remembered:
                execution.remembered[key] = run(frame)
            return execution.remembered[key]

        return value

    def values(self, position: int) -> Callable[[Frame, int], Iterator[Value]]:
        """Return how to read the values of one column, at most so many."""
        decode = codec.decoder(self.columns[position].type)

        def read(frame: Frame, most: int) -> Iterator[Value]:
            left = most
            for batch in self.rows(frame[EXECUTION], frame):
                for row in batch[:left]:
                    yield decode(row[position])
                left -= len(batch)
                if left <= 0:
                    return

        return read

    def readable(self, position: int) -> Compiled:
        """Return a column as an expression over frames whose only source are these rows."""
        kind = self.columns[position].type
        decode = codec.decoder(kind)
        return Compiled(type=kind, run=lambda frame: decode(frame[FIRST_SOURCE][position]))

    def members(self, runs: Sequence[Evaluate]) -> Evaluate:
        """Return how to collect the rows as two sets: the whole ones, and those with a NULL."""

        def collect(frame: Frame) -> tuple[set[tuple[Value, ...]], set[tuple[Value, ...]]]:
            execution: Execution = frame[EXECUTION]
            inner = base_frame(execution, frame, 1)
            found: set[tuple[Value, ...]] = set()
            unknown: set[tuple[Value, ...]] = set()
            for batch in self.rows(execution, frame):
                for row in batch:
                    inner[FIRST_SOURCE] = row
                    key = tuple(run(inner) for run in runs)
                    (unknown if None in key else found).add(key)
            return found, unknown

        return collect

    def any_row(self, frame: Frame) -> bool:
        """Tell whether there is a row."""
        return any(batch for batch in self.rows(frame[EXECUTION], frame))
