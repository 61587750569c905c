"""How many rows one fetch may bring, so that memory is bounded by bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oracle_etl.model.columns import CarriedColumn
from oracle_etl.model.reading import Reading

MOST_ROWS = 8192
_MOST_BYTES = 32 * 2**20
"""What a fetch may take when every value is as long as its declaration allows."""
_OFFSET_BYTES = 8
"""What Arrow keeps for each value beside its bytes, where these differ in length."""
_OF_ONE_LENGTH = frozenset({"int64", "double", "float", "bool", "timestamp[us]"})
_SHORT_WIDTH = 32
_LONG_TEXT_SHARE = 16
SMALL_LOB = 32 * 1024
"""Characters or bytes of a LOB that may come with others in one fetch."""
MOST_AT_ONCE = 24 * 2**20
"""Characters and bytes of all LOBs of a row that may come in one piece."""
_BYTES_OF_A_CHARACTER = 4
_LONGS = frozenset({"LONG", "LONG RAW"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One statement of a reading: a condition on the sizes of LOBs, and rows a fetch."""

    condition: str | None = None
    rows: int
    in_pieces: bool = False
    """Whether its LOBs are too large to come with their rows."""


def fetches(reading: Reading, *, batch_bytes: int, rows: int) -> Sequence[Fetch]:
    """Return the fetches that together deliver a reading; `rows` of 0 is for us to decide.

    Rows with a large LOB come apart from the others and one by one, those with very large ones in
    pieces: a fetch is counted in rows, and nobody knows a LOB's size before it is there.
    """
    columns = reading.plan.columns
    lobs = [each for each in columns if each.is_lob]
    bounded = min(rows or _fitting(columns, batch_bytes), _bounded(columns))
    if not lobs:
        return [Fetch(rows=bounded)]
    is_whole = bool(reading.order) or reading.limit is not None
    if is_whole or any(each.oracle_type in _LONGS for each in lobs):
        return [Fetch(rows=1)]
    sizes = [f"NVL(DBMS_LOB.GETLENGTH({each.expression}),0)" for each in lobs]
    small = " AND ".join(f"{each}<={SMALL_LOB}" for each in sizes)
    large = f"({' OR '.join(f'{each}>{SMALL_LOB}' for each in sizes)})"
    whole = "+".join(sizes)
    together = _MOST_BYTES // (len(lobs) * SMALL_LOB * _BYTES_OF_A_CHARACTER)
    return [
        Fetch(condition=small, rows=max(1, min(bounded, together))),
        Fetch(condition=f"{large} AND {whole}<={MOST_AT_ONCE}", rows=1),
        Fetch(condition=f"{large} AND {whole}>{MOST_AT_ONCE}", rows=1, in_pieces=True),
    ]


def _fitting(columns: Sequence[CarriedColumn], batch_bytes: int) -> int:
    typical = sum(map(_typical, columns))
    return max(1, min(MOST_ROWS, batch_bytes // typical))


def _bounded(columns: Sequence[CarriedColumn]) -> int:
    return max(1, _MOST_BYTES // max(1, sum(each.width for each in columns if not each.is_lob)))


def _typical(column: CarriedColumn) -> int:
    if column.arrow_type in _OF_ONE_LENGTH or column.arrow_type.startswith("decimal"):
        return column.width
    # Long declarations are seldom filled.
    rest = max(0, column.width - _SHORT_WIDTH) // _LONG_TEXT_SHARE
    return _OFFSET_BYTES + min(column.width, _SHORT_WIDTH) + rest
