"""ORDER BY, OFFSET and FETCH."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from oracle_standin.engine import kinds
from oracle_standin.engine.compiling.coercion import converted, ordered
from oracle_standin.engine.compiling.scope import Scope
from oracle_standin.engine.compiling.trees import only
from oracle_standin.engine.errors import not_done_here, ora
from oracle_standin.engine.kinds import Compiled, Evaluate, Frame, Value
from oracle_standin.engine.storage.blocks import Row

Keyed = tuple[tuple[Value, ...], Row]
FETCH_RELEASE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """One expression to order by."""

    run: Evaluate
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """OFFSET and FETCH as written."""

    offset: Evaluate | None = None
    count: Evaluate | None = None

    def cut(self, frame: Frame, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows inside the window."""
        skip = max(int(self.offset(frame) or 0), 0) if self.offset else 0
        left = max(int(self.count(frame) or 0), 0) if self.count else None
        for index, row in enumerate(rows):
            if index < skip:
                continue
            if left is not None and index - skip >= left:
                return
            yield row


def sort_key(node: exp.Expr, compiled: Compiled) -> SortKey:
    """Make a sort key of an expression and the direction that its node names."""
    only(node, "this", "desc", "nulls_first")
    if compiled.type.type in kinds.INCOMPARABLE:
        raise ora(932, "-", kinds.word(compiled.type))
    return SortKey(
        run=ordered(compiled, blank_padded=False),
        descending=bool(node.args.get("desc")),
        nulls_first=bool(node.args.get("nulls_first")),
    )


def sorted_rows(keyed: list[Keyed], keys: Sequence[SortKey]) -> list[Row]:
    """Sort rows by the values of their keys, equal ones in the order they came."""
    for index in reversed(range(len(keys))):
        key = keys[index]
        known = [one for one in keyed if one[0][index] is not None]
        unknown = [one for one in keyed if one[0][index] is None]
        known.sort(key=lambda one, index=index: one[0][index], reverse=key.descending)  # type: ignore[misc]
        keyed = unknown + known if key.nulls_first else known + unknown
    return [row for _, row in keyed]


def window(tree: exp.Expr, scope: Scope) -> Window | None:
    """Compile OFFSET and FETCH; ORA-00933 in releases that do not know them."""
    limit, offset = tree.args.get("limit"), tree.args.get("offset")
    if limit is None and offset is None:
        return None
    if scope.context.version < FETCH_RELEASE:
        raise ora(933)
    count: Evaluate | None = None
    if limit is not None:
        if not isinstance(limit, exp.Fetch):
            raise ora(933)
        options = limit.args.get("limit_options")
        if options is not None and (options.args.get("percent") or options.args.get("with_ties")):
            raise not_done_here("FETCH of a percentage or WITH TIES")
        count = _number(limit.args.get("count") or exp.Literal.number(1), scope)
    skip = _number(offset.expression, scope) if offset is not None else None
    return Window(offset=skip, count=count)


def _number(node: exp.Expr, scope: Scope) -> Evaluate:
    return converted(scope.context.expression(node, scope), kinds.NUMBER).run


def batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Yield rows in lists."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
