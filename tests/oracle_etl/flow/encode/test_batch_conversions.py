"""Columns that change alike, converted together."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from column_shapes import shape_declared
from delivered_batches import delivered, read_lines, written_by
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.transport import Carriage, TableChoice

MOMENTS = {
    "D": "DATE",
    "E": "DATE",
    "T": "TIMESTAMP(6)",
    "U": "TIMESTAMP(3)",
    "F": "DATE",
    "L": "TIMESTAMP(6) WITH LOCAL TIME ZONE",
}
DIGITS = {"T": "microseconds", "U": "milliseconds", "L": "microseconds"}
FIRST = datetime(1, 1, 1)  # noqa: DTZ001  an Oracle DATE has no zone
START = datetime(1949, 12, 31, 23, 59, 59)  # noqa: DTZ001  as above
_STEPS = {"T": 1, "L": 1, "U": 1000}
"""What a column's digits can tell apart, in microseconds; whole seconds otherwise."""


def moment(column: str, micros: int) -> datetime:
    step = _STEPS.get(column, 10**6)
    return FIRST + timedelta(microseconds=micros // step * step)


def expected(column: str, value: datetime | None) -> str | None:
    if value is None:
        return None
    text = value.isoformat(timespec=DIGITS.get(column, "seconds"))
    return text + "Z" if column == "L" else text


def written(declarations: dict[str, str], rows: list[tuple[Any, ...]]) -> bytes:
    plan = plan_columns(shape_declared(**declarations), TableChoice(table="T"), Carriage())
    encoder = open_encoder(plan, Carriage(), role=PartRole.WHOLE)
    return written_by(encoder, delivered(plan, rows)) + encoder.finish()


class TestColumnsOfMoments:
    @settings(max_examples=60)
    @given(
        st.lists(
            st.tuples(*[st.none() | st.integers(0, 9998 * 365 * 86_400 * 10**6)] * len(MOMENTS)),
            min_size=1,
            max_size=20,
        )
    )
    def test_keep_each_its_own_values_digits_and_nulls(self, given_rows: list[Any]) -> None:
        rows = [
            tuple(
                None if micros is None else moment(column, micros)
                for column, micros in zip(MOMENTS, row, strict=True)
            )
            for row in given_rows
        ]
        assert read_lines(written(MOMENTS, rows)) == [
            {column: expected(column, each) for column, each in zip(MOMENTS, row, strict=True)}
            for row in rows
        ]

    def test_that_are_too_many_for_one_call_come_out_the_same(self) -> None:
        columns = [f"D{number}" for number in range(7)]
        rows = [
            tuple(
                START + timedelta(hours=row * 7 + at) if (row + at) % 5 else None for at in range(7)
            )
            for row in range(7000)
        ]
        lines = read_lines(written(dict.fromkeys(columns, "DATE"), rows))
        assert [tuple(line.values()) for line in lines] == [
            tuple(expected("D", each) for each in row) for row in rows
        ]


class TestColumnsOfShortDecimals:
    def test_are_judged_each_by_its_own_values(self) -> None:
        declarations = {"LARGE": "NUMBER(15,2)", "PLAIN": "NUMBER(13,2)", "SMALL": "NUMBER(9,8)"}
        data = written(declarations, [(123456789012.25, 0.5, 0.00000012), (None, -2.25, None)])
        # Of plain digits alike; a column that went through decimals shows the zeros of its scale.
        assert gzip.decompress(data).splitlines() == [
            b'{"LARGE":123456789012.25,"PLAIN":0.5,"SMALL":0.00000012}',
            b'{"LARGE":null,"PLAIN":-2.25,"SMALL":null}',
        ]

    def test_change_their_type_from_batch_to_batch(self) -> None:
        plan = plan_columns(
            shape_declared(A="NUMBER(15,2)", B="NUMBER(15,2)"), TableChoice(table="T"), Carriage()
        )
        encoder = open_encoder(plan, Carriage(), role=PartRole.WHOLE)
        batches = [(1.5, 2.5), (123456789012.25, 2.5), (1.5, -123456789012.75), (1.5, 2.5)]
        data = written_by(encoder, *(delivered(plan, [each]) for each in batches))
        assert gzip.decompress(data + encoder.finish()).splitlines() == [
            b'{"A":1.5,"B":2.5}',
            b'{"A":123456789012.25,"B":2.5}',
            b'{"A":1.5,"B":-123456789012.75}',
            b'{"A":1.5,"B":2.5}',
        ]
