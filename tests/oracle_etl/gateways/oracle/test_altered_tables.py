"""Tables whose columns are altered between the planning and the reading."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from oracle_at_hand import OracleAtHand
from oracle_etl.gateways.oracle import OracleTableSource
from oracle_etl.model.errors import TableChanged, UnreadableValue
from oracle_etl.model.transport import Mask, MaskKind, TableChoice
from oracle_tables import a_table, reading_of, rows_of


class TestATableThatIsAlteredBeforeItIsRead:
    """Without an SCN nothing but our looking keeps its values from being cut."""

    @pytest.mark.parametrize(
        ("before", "after", "value"),
        [
            ("NUMBER(9)", "NUMBER(12,2)", "1.5"),
            ("NUMBER(9)", "NUMBER", "1.5"),
            ("NUMBER(12,2)", "NUMBER(20,2)", "123456789012345678.99"),
            ("NUMBER(38,2)", "NUMBER", "12345678901234567890123456789012345678"),
            ("TIMESTAMP(3)", "TIMESTAMP(6)", "TIMESTAMP '2024-01-01 00:00:00.123456'"),
            ("BINARY_FLOAT", "BINARY_DOUBLE", "0.1d"),
            (
                "TIMESTAMP(3) WITH LOCAL TIME ZONE",
                "TIMESTAMP(6) WITH LOCAL TIME ZONE",
                "TIMESTAMP '2024-01-01 00:00:00.123456'",
            ),
            (
                "TIMESTAMP(3) WITH TIME ZONE",
                "TIMESTAMP(6) WITH TIME ZONE",
                "TIMESTAMP '2024-01-01 00:00:00.123456 +00:00'",
            ),
            ("TIMESTAMP(7)", "TIMESTAMP(9)", "TIMESTAMP '2024-01-01 00:00:00.123456789'"),
            (
                "TIMESTAMP(9)",
                "TIMESTAMP(9) WITH TIME ZONE",
                "TIMESTAMP '2024-01-01 00:00:00.123456789 +09:00'",
            ),
        ],
    )
    def test_fails_and_names_the_column(
        self,
        oracle: OracleAtHand,
        source: OracleTableSource,
        before: str,
        after: str,
        value: str,
    ) -> None:
        with a_table(oracle, "WIDENED", f"C {before}") as table:
            reading = reading_of(source, table)
        with (
            a_table(oracle, "WIDENED", f"C {after}", value),
            pytest.raises(TableChanged, match="column C was") as raised,
        ):
            rows_of(source, reading)
        assert before in raised.value.message

    @pytest.mark.parametrize(
        ("before", "value"),
        [("INTEGER", "1E50"), ("NUMBER(9)", "1E20"), ("NUMBER(38,2)", "1E40")],
    )
    def test_names_the_columns_that_a_value_may_stand_in(
        self, oracle: OracleAtHand, source: OracleTableSource, before: str, value: str
    ) -> None:
        with a_table(oracle, "LARGE", f"C {before}, D DATE") as table:
            planned = reading_of(source, table)
        with a_table(oracle, "LARGE", "C NUMBER, D DATE", f"{value}, NULL"):
            reading = replace(planned, scn=source.current_scn())
            with pytest.raises(UnreadableValue, match=r"in one of C\Z"):
                rows_of(source, reading)

    @pytest.mark.parametrize(
        ("before", "after", "value", "read"),
        [
            ("NUMBER(12,2)", "NUMBER(9)", "7", 7),
            ("INTEGER", "INTEGER", "7", "7"),
            ("NUMBER(5,-2)", "NUMBER(5,-2)", "1234567", 1234600),
            ("NUMBER(3,5)", "NUMBER(3,5)", "0.00123", Decimal("0.00123")),
            ("TIMESTAMP(6)", "DATE", "DATE '2024-01-01'", "2024-01-01T00:00:00.000000"),
            ("BINARY_DOUBLE", "BINARY_FLOAT", "0.5f", Decimal("0.5")),
            ("NUMBER", "NUMBER(9)", "7", "7"),
            (
                "TIMESTAMP(6) WITH LOCAL TIME ZONE",
                "TIMESTAMP(6) WITH LOCAL TIME ZONE",
                "TIMESTAMP '2024-01-01 00:00:00.123456'",
                "2024-01-01T00:00:00.123456Z",
            ),
            (
                "TIMESTAMP(6) WITH TIME ZONE",
                "TIMESTAMP(3) WITH TIME ZONE",
                "TIMESTAMP '2024-01-01 00:00:00.123 +09:00'",
                "2024-01-01T00:00:00.123000+09:00",
            ),
            (
                "TIMESTAMP(9)",
                "TIMESTAMP(7)",
                "TIMESTAMP '2024-01-01 00:00:00.1234567'",
                "2024-01-01T00:00:00.123456700",
            ),
        ],
    )
    def test_is_read_where_every_value_fits(
        self,
        oracle: OracleAtHand,
        source: OracleTableSource,
        before: str,
        after: str,
        value: str,
        read: Any,  # noqa: ANN401  a value of JSON
    ) -> None:
        with a_table(oracle, "NARROWED", f"C {before}") as table:
            reading = reading_of(source, table)
        with a_table(oracle, "NARROWED", f"C {after}", value):
            assert rows_of(source, reading) == [{"C": read}]

    def test_is_read_where_the_column_is_masked(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        masks = (Mask(column="C", kind=MaskKind.YEAR),)
        with a_table(oracle, "YEARS", "C DATE", "DATE '1970-05-06'") as table:
            choice = TableChoice(table="YEARS", masks=masks)
            assert rows_of(source, reading_of(source, table, choice=choice)) == [{"C": 1970}]
