"""Decimals of up to 15 digits, which travel to JSON as doubles."""

from __future__ import annotations

import gzip
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from column_shapes import shape_declared
from delivered_batches import delivered, read_lines, written_by
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.transport import Carriage, TableChoice

MOST = 10**15 - 1
POWERS = [10**power for power in range(15)]
DIGITS = st.integers(-MOST, MOST) | st.integers(0, 15).map(lambda power: 10**power - (power == 15))


@pytest.mark.parametrize("scale", [1, 2, 3, 4, 5, 6, 8, 10, 14, 15])
class TestADecimal:
    @settings(max_examples=40)
    @given(digits=st.lists(DIGITS, min_size=1, max_size=30))
    def test_comes_out_with_the_digits_it_had(self, scale: int, digits: list[int]) -> None:
        plan = plan_columns(
            shape_declared(C=f"NUMBER(15,{scale})"), TableChoice(table="T"), Carriage()
        )
        values = [Decimal(f"{each}E-{scale}") for each in digits]
        encoder = open_encoder(plan, Carriage(), role=PartRole.WHOLE)
        # float() of a text rounds as the driver's strtod does: to the nearest double.
        batch = delivered(plan, [(float(f"{value:f}"),) for value in values])
        data = written_by(encoder, batch) + encoder.finish()
        assert [row["C"] for row in read_lines(data)] == values

    @settings(max_examples=40)
    @given(digits=st.lists(DIGITS, min_size=1, max_size=30))
    @example(digits=POWERS)
    @example(digits=[-each for each in POWERS])
    def test_is_written_without_a_power_of_ten(self, scale: int, digits: list[int]) -> None:
        plan = plan_columns(
            shape_declared(C=f"NUMBER(15,{scale})"), TableChoice(table="T"), Carriage()
        )
        encoder = open_encoder(plan, Carriage(), role=PartRole.WHOLE)
        batch = delivered(plan, [(float(f"{each}E-{scale}"),) for each in digits])
        written = gzip.decompress(written_by(encoder, batch) + encoder.finish())
        assert b"e" not in written.lower()
