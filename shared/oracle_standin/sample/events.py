"""EVENTS: a table of a million rows, made of a pool of rows when somebody first reads it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

from oracle_standin.engine import codec, instants
from oracle_standin.engine.kinds import Value
from oracle_standin.engine.storage.blocks import Row
from oracle_standin.port import Column
from oracle_standin.replay import GeneratedTable
from oracle_standin.sample.trading_house import CITIES, DAY_ONE

EVENT_ROWS = 1_000_000
POOL = 5_000
SEED = 20260102
SECONDS_BETWEEN = 617
KINDS = ("click", "view", "buy", "return", "문의")
DESCRIBED_BY = (
    "SELECT CAST(1 AS NUMBER(12)) EVENT_ID, CAST(1 AS NUMBER(8)) CUSTOMER_ID, "
    "CAST('x' AS VARCHAR2(20)) KIND, SYSDATE HAPPENED, CAST(SYSTIMESTAMP AS TIMESTAMP(6)) "
    "SEEN, CAST(1 AS NUMBER(10,2)) AMOUNT, CAST(1 AS NUMBER(9,8)) SCORE, "
    "CAST('x' AS VARCHAR2(40)) CITY, CAST('x' AS VARCHAR2(200)) NOTE, "
    "CAST('x' AS CHAR(2)) FLAG FROM DUAL"
)
"""A query whose columns are those of EVENTS."""


def events(columns: tuple[Column, ...], *, rows: int) -> GeneratedTable:
    """Return the table, of so many rows."""
    return GeneratedTable(
        columns=columns,
        rows_of=lambda count: _pool(columns, count),
        pool_size=POOL,
        row_count=rows,
    )


def _pool(columns: Sequence[Column], count: int) -> list[Row]:
    choose = random.Random(SEED)
    encoders = [codec.encoder(column.type) for column in columns]
    return [
        tuple(
            encode(value) for encode, value in zip(encoders, _values(number, choose), strict=True)
        )
        for number in range(1, count + 1)
    ]


def _values(number: int, choose: random.Random) -> tuple[Value, ...]:
    at = DAY_ONE + number * SECONDS_BETWEEN * instants.SECOND
    return (
        Decimal(number),
        Decimal(choose.randrange(1, 2001)),
        choose.choice(KINDS),
        at,
        at + choose.randrange(10**6) * 1000,
        Decimal(choose.randrange(10**7)).scaleb(-2),
        Decimal(choose.randrange(10**8)).scaleb(-8),
        choose.choice(CITIES),
        None if number % 4 else f"비고 {number} " + "x" * choose.randrange(40),
        choose.choice(("Y ", "N ")),
    )
