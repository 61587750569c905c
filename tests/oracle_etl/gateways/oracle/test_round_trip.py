"""Random tables, through Oracle, the driver, the engine and files, to readers of other hands."""

from __future__ import annotations

import io

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carried_kinds import KINDS, CarriedKind
from delivered_batches import read_lines
from oracle_at_hand import OracleAtHand
from oracle_etl.gateways.oracle import OracleTableSource
from oracle_etl.model.transport import Carriage, Format
from round_trips import Row, carried, in_order, shape, stored, tables


class TestRandomTables:
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(table=tables())
    def test_come_back_equal_from_lines(
        self,
        oracle: OracleAtHand,
        source: OracleTableSource,
        table: tuple[list[CarriedKind], list[Row]],
    ) -> None:
        kinds, rows = table
        with stored(oracle, kinds, rows):
            data = carried(source, shape(oracle, kinds), Carriage())
        found = [
            [
                None if row[f"c{n}"] is None else kind.read_json(row[f"c{n}"])
                for n, kind in enumerate(kinds)
            ]
            for row in in_order(read_lines(data))
        ]
        assert found == [
            [
                None if value is None else kind.in_json(value)
                for kind, value in zip(kinds, row, strict=True)
            ]
            for row in rows
        ]

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(table=tables())
    def test_come_back_equal_from_parquet(
        self,
        oracle: OracleAtHand,
        source: OracleTableSource,
        table: tuple[list[CarriedKind], list[Row]],
    ) -> None:
        kinds, rows = table
        with stored(oracle, kinds, rows):
            data = carried(source, shape(oracle, kinds), Carriage(format=Format.PARQUET))
        found = [
            [
                None if row[f"c{n}"] is None else kind.read_parquet(row[f"c{n}"])
                for n, kind in enumerate(kinds)
            ]
            for row in in_order(pq.read_table(io.BytesIO(data)).to_pylist())
        ]
        assert found == [
            [
                None if value is None else kind.in_parquet(value)
                for kind, value in zip(kinds, row, strict=True)
            ]
            for row in rows
        ]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
class TestEachKind:
    @settings(
        max_examples=5,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(data=st.data())
    def test_comes_back_equal_alone(
        self,
        oracle: OracleAtHand,
        source: OracleTableSource,
        kind: CarriedKind,
        data: st.DataObject,
    ) -> None:
        values = data.draw(st.lists(kind.values, min_size=1, max_size=20))
        with stored(oracle, [kind], [(value,) for value in values]):
            lines = carried(source, shape(oracle, [kind]), Carriage())
        assert [kind.read_json(row["c0"]) for row in in_order(read_lines(lines))] == [
            kind.in_json(value) for value in values
        ]
