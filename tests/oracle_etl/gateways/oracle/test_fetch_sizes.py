"""How many rows one fetch brings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from column_shapes import shape_declared
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.gateways.oracle.fetch_sizes import (
    MOST_AT_ONCE,
    MOST_ROWS,
    SMALL_LOB,
    Fetch,
    fetches,
)
from oracle_etl.model.names import TableName
from oracle_etl.model.reading import Reading
from oracle_etl.model.transport import Carriage, TableChoice

MEGABYTE = 2**20


def reading(**declarations: str) -> Reading:
    plan = plan_columns(shape_declared(**declarations), TableChoice(table="T"), Carriage())
    return Reading(table=TableName(name="T"), plan=plan)


class TestATableWithoutLobs:
    def test_fills_the_bytes_of_a_batch(self) -> None:
        [fetch] = fetches(reading(A="NUMBER(9)", B="DATE"), batch_bytes=1600, rows=0)
        assert fetch == Fetch(rows=100)

    def test_of_few_bytes_a_row_ends_at_a_number_of_rows(self) -> None:
        [fetch] = fetches(reading(A="NUMBER(9)"), batch_bytes=64 * MEGABYTE, rows=0)
        assert fetch.rows == MOST_ROWS

    def test_of_long_declarations_is_bounded_as_if_they_were_filled(self) -> None:
        wide = reading(**{f"C{number}": "VARCHAR2(4000)" for number in range(200)})
        [fetch] = fetches(wide, batch_bytes=512 * MEGABYTE, rows=0)
        assert fetch.rows * 200 * 4000 <= 32 * MEGABYTE

    def test_follows_the_setting_within_that_bound(self) -> None:
        narrow = reading(A="NUMBER(9)")
        assert fetches(narrow, batch_bytes=MEGABYTE, rows=123) == [Fetch(rows=123)]

    def test_brings_at_least_a_row(self) -> None:
        [fetch] = fetches(reading(A="VARCHAR2(4000)"), batch_bytes=1, rows=0)
        assert fetch.rows == 1


class TestATableWithLobs:
    def test_brings_large_ones_apart_and_one_by_one(self) -> None:
        small, large, _ = fetches(reading(A="CLOB", B="BLOB"), batch_bytes=MEGABYTE, rows=0)
        assert small.condition == (
            f'NVL(DBMS_LOB.GETLENGTH("A"),0)<={SMALL_LOB} AND '
            f'NVL(DBMS_LOB.GETLENGTH("B"),0)<={SMALL_LOB}'
        )
        assert large == Fetch(
            condition=f'(NVL(DBMS_LOB.GETLENGTH("A"),0)>{SMALL_LOB} OR '
            f'NVL(DBMS_LOB.GETLENGTH("B"),0)>{SMALL_LOB}) AND '
            f'NVL(DBMS_LOB.GETLENGTH("A"),0)+NVL(DBMS_LOB.GETLENGTH("B"),0)<={MOST_AT_ONCE}',
            rows=1,
        )
        assert 1 < small.rows * SMALL_LOB * 4 * 2 <= 32 * MEGABYTE

    def test_brings_those_that_are_very_large_together_in_pieces(self) -> None:
        _, large, very_large = fetches(reading(A="CLOB", B="BLOB"), batch_bytes=1, rows=0)
        assert large.condition is not None
        assert very_large == Fetch(
            condition=large.condition.replace(f"<={MOST_AT_ONCE}", f">{MOST_AT_ONCE}"),
            rows=1,
            in_pieces=True,
        )

    @pytest.mark.parametrize("change", [{"limit": 5}, {"order": ("ID",)}])
    def test_in_order_or_cut_short_comes_row_by_row(self, change: dict[str, Any]) -> None:
        whole = replace(reading(ID="NUMBER(9)", A="CLOB"), **change)
        assert fetches(whole, batch_bytes=MEGABYTE, rows=0) == [Fetch(rows=1)]

    def test_of_type_long_comes_row_by_row(self) -> None:
        assert fetches(reading(A="LONG"), batch_bytes=MEGABYTE, rows=0) == [Fetch(rows=1)]
