"""The SQL of a reading: text and binds, within what Oracle 11.2 understands.

Identifiers are quoted, values are binds, and the binds that we add have names of our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from oracle_etl.model.columns import CarriedColumn
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.model.predicates import OUR_BINDS, check_predicate, check_query, order_term
from oracle_etl.model.reading import MASK_KEY_BIND, Reading

Value = str | int | float | bytes | None
SCN, LOW, HIGH, LIMIT = (f"{OUR_BINDS}{name}" for name in ("scn", "low", "high", "limit"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement and the values of its binds."""

    text: str
    binds: dict[str, Value] = field(default_factory=dict, repr=False)
    """Not shown: among them are keys of masks, and values of users' filters."""


def select_rows(reading: Reading, *, also: str | None = None) -> Statement:
    """Return the statement that delivers a reading; `also` is a condition of ours."""
    expressions = list(_expressions(reading.plan.columns))
    source, conditions, binds = _rows(reading, also)
    if MASK_KEY_BIND in "".join(expressions):
        if reading.mask_key is None:
            raise InvalidRequest(
                "a column is to be hashed, and there is no key", hint="set ETL_MASK_KEY"
            )
        binds[MASK_KEY_BIND] = reading.mask_key
    order = f" ORDER BY {','.join(map(order_term, reading.order))}" if reading.order else ""
    rows = f"{source}{conditions}{order}"
    if not reading.order or reading.limit is None:
        text = f"SELECT {','.join(expressions)} FROM {rows}"  # noqa: S608  every part is checked or ours
        return Statement(text=text, binds=binds)
    named = ",".join(f"{each} AS C{number}" for number, each in enumerate(expressions, start=1))
    shown = ",".join(f"C{number}" for number in range(1, len(expressions) + 1))
    binds[LIMIT] = reading.limit
    text = f"SELECT {shown} FROM (SELECT {named} FROM {rows}) WHERE ROWNUM<=:{LIMIT}"  # noqa: S608  as above
    return Statement(text=text, binds=binds)


def count_rows(reading: Reading) -> Statement:
    """Return the statement that counts what the reading would deliver."""
    source, conditions, binds = _rows(replace(reading, order=()), None)
    counted = f"{source}{conditions}"
    if reading.limit is not None:
        counted = f"(SELECT 1 FROM {counted})"  # noqa: S608  as above
    text = f"SELECT COUNT(*) FROM {counted}"  # noqa: S608  as above
    return Statement(text=text, binds=binds)


def try_flashback(table: str, scn: int) -> Statement:
    """Return a statement that reads nothing and fails where flashback is not allowed."""
    return Statement(
        text=f"SELECT COUNT(*) FROM {table} AS OF SCN :{SCN} WHERE ROWNUM<1",  # noqa: S608  a quoted name
        binds={SCN: scn},
    )


def sample_blocks(reading: Reading, *, percent: float | None) -> Statement:
    """Return one ROWID for each of some blocks between a reading's bounds, in Oracle's own order.

    No percent takes all blocks.
    """
    binds: dict[str, Value] = {}
    bounds = " AND ".join(_bounds(reading, binds))
    where = f"WHERE {bounds} " if bounds else ""
    # A percentage cannot be a bind. Rows of a block share the first 15 characters.
    sample = "" if percent is None else f" SAMPLE BLOCK ({percent:.6f})"
    blocks = (
        f"SELECT MIN(ROWID) AS FIRST_ROW FROM {reading.table.quoted}{sample} {where}"  # noqa: S608  a quoted name, a number and binds
        "GROUP BY SUBSTR(ROWIDTOCHAR(ROWID),1,15)"
    )
    text = f"SELECT ROWIDTOCHAR(FIRST_ROW) FROM ({blocks}) ORDER BY FIRST_ROW"  # noqa: S608  as above
    return Statement(text=text, binds=binds)


def count_blocks(table: str, *, percent: float, most_rows: int) -> Statement:
    """Return how many blocks of a table hold rows, among some percent of them.

    It reads no further than so many rows, whatever the table's size.
    """
    sample = (
        f"SELECT ROWID AS FOUND FROM {table} SAMPLE BLOCK ({percent:.6f}) "  # noqa: S608  a quoted name and a number
        f"WHERE ROWNUM<=:{LIMIT}"
    )
    return Statement(
        text=f"SELECT COUNT(DISTINCT SUBSTR(ROWIDTOCHAR(FOUND),1,15)) FROM ({sample})",  # noqa: S608  as above
        binds={LIMIT: most_rows},
    )


def _expressions(columns: tuple[CarriedColumn, ...]) -> Iterator[str]:
    for column in columns:
        yield column.expression
        if column.continuation is not None:
            yield column.continuation


def _rows(reading: Reading, also: str | None) -> tuple[str, str, dict[str, Value]]:
    """Return what stands after FROM, the WHERE clause with its word, and the binds."""
    binds: dict[str, Value] = {}
    source = _source(reading, binds)
    conditions = list(_conditions(reading, binds))
    if also is not None:
        conditions.append(also)
    return source, f" WHERE {' AND '.join(conditions)}" if conditions else "", binds


def _source(reading: Reading, binds: dict[str, Value]) -> str:
    if reading.query is not None:
        check_query(reading.query, binds=reading.binds)
        if reading.scn is not None:
            raise InvalidRequest(
                "a query cannot be read at an SCN",
                hint="read it in a read-only transaction, or name its tables in the transport",
            )
        binds.update(reading.binds)
        return f"({reading.query})"
    if reading.scn is None:
        return reading.table.quoted
    binds[SCN] = reading.scn
    return f"{reading.table.quoted} AS OF SCN :{SCN}"


def _conditions(reading: Reading, binds: dict[str, Value]) -> Iterator[str]:
    yield from _bounds(reading, binds)
    if reading.where is not None:
        check_predicate(reading.where, binds=reading.binds)
        binds.update(reading.binds)
        yield f"({reading.where})"
    if reading.limit is not None and not reading.order:
        binds[LIMIT] = reading.limit
        yield f"ROWNUM<=:{LIMIT}"


def _bounds(reading: Reading, binds: dict[str, Value]) -> Iterator[str]:
    bounds = reading.rows_of
    if bounds is not None and bounds.low is not None:
        binds[LOW] = bounds.low
        yield f"ROWID>=CHARTOROWID(:{LOW})"
    if bounds is not None and bounds.high is not None:
        binds[HIGH] = bounds.high
        yield f"ROWID<CHARTOROWID(:{HIGH})"
