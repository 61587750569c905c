from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import oracledb
import pytest

from command_line.column_readings import WAYS_FOR_ANY_YEAR, reading_of

Value = Any
"""Of any type that Oracle or JSON has."""


class TestAColumn:
    @pytest.mark.parametrize(
        ("data_type", "from_oracle", "from_json"),
        [
            ("NUMBER", Decimal("12.5"), "12.50"),
            ("NUMBER", Decimal(7), 7),
            ("NUMBER", Decimal(-1), -1),
            ("NUMBER", Decimal("-1.0"), "-1"),
            ("NUMBER", Decimal("1E+100"), "1.0E+100"),
            ("FLOAT", Decimal("0.5"), "0.5"),
            ("BINARY_DOUBLE", 1.5, Decimal("1.5")),
            ("BINARY_DOUBLE", -1.0, Decimal(-1)),
            ("BINARY_DOUBLE", float("nan"), "NaN"),
            ("BINARY_FLOAT", float("-inf"), "-Infinity"),
            ("BOOLEAN", True, True),
            ("VARCHAR2", "매출", "매출"),
            ("DATE", datetime(2026, 1, 18, 10, 30), "2026-01-18T10:30:00"),  # noqa: DTZ001 - DATE has no zone
            ("TIMESTAMP(6)", datetime(2026, 1, 18, 10, 30, 0, 1), "2026-01-18T10:30:00.000001"),  # noqa: DTZ001 - as above
            ("TIMESTAMP(9)", "2026-01-18T10:30:00.120000000", "2026-01-18T10:30:00.12"),
            (
                "TIMESTAMP(6) WITH TIME ZONE",
                "2026-01-18T01:30:00.500000000 Asia/Seoul",
                "2026-01-18T10:30:00.500000+09:00[Asia/Seoul]",
            ),
            (
                "TIMESTAMP(6) WITH TIME ZONE",
                "2026-01-18T15:30:00.000000000 -05:00",
                "2026-01-18T10:30:00.000000-05:00",
            ),
            (
                "TIMESTAMP(6) WITH LOCAL TIME ZONE",
                "2026-01-18T01:30:00.000001000",
                "2026-01-18T01:30:00.000001Z",
            ),
            ("INTERVAL DAY(2) TO SECOND(6)", timedelta(days=3, seconds=4.25), "P3DT4.25S"),
            ("INTERVAL DAY(2) TO SECOND(6)", -timedelta(hours=25), "-P1DT1H"),
            ("INTERVAL YEAR(2) TO MONTH", oracledb.IntervalYM(-1, -2), "-P1Y2M"),
            ("RAW", b"\x00\xff", "AP8="),
            ("JSON", {"a": [1, Decimal("2.50")]}, {"a": [1, Decimal("2.5")]}),
            ("XMLTYPE", "<a b='1'/>", '<a b="1"></a>'),
            ("DATE", None, None),
            ("RAW", None, None),
        ],
    )
    def test_gives_the_same_value_from_both_sides(
        self, data_type: str, from_oracle: Value, from_json: Value
    ) -> None:
        reading = reading_of("C", data_type)
        assert reading.from_driver(from_oracle) == reading.from_json(from_json)

    @pytest.mark.parametrize(
        ("data_type", "from_oracle", "from_json"),
        [
            ("NUMBER", Decimal("12345678901234567890.1"), "12345678901234567890.2"),
            ("VARCHAR2", "a", "a "),
            ("DATE", datetime(2026, 1, 18, 10, 30), "2026-01-18T10:30:01"),  # noqa: DTZ001 - DATE has no zone
            ("TIMESTAMP(9)", "2026-01-18T10:30:00.120000001", "2026-01-18T10:30:00.12"),
            (
                "TIMESTAMP(6) WITH TIME ZONE",
                "2026-01-18T01:30:00.500000000 Asia/Seoul",
                "2026-01-18T10:30:00.500000+09:00",
            ),
            ("INTERVAL DAY(2) TO SECOND(6)", timedelta(days=1), "P1DT1S"),
            ("RAW", b"", None),
            ("JSON", {"a": 1}, {"a": 2}),
        ],
    )
    def test_gives_other_values_where_they_differ(
        self, data_type: str, from_oracle: Value, from_json: Value
    ) -> None:
        reading = reading_of("C", data_type)
        assert reading.from_driver(from_oracle) != reading.from_json(from_json)

    @pytest.mark.parametrize(
        ("data_type", "from_oracle", "from_json"),
        [
            ("NUMBER", Decimal(-1), -2),
            ("NUMBER", Decimal(-2), "-1"),
            ("FLOAT", Decimal(-1), "-2"),
            ("BINARY_DOUBLE", -1.0, Decimal(-2)),
            ("INTERVAL DAY(2) TO SECOND(6)", -timedelta(days=1), "-P2D"),
            ("INTERVAL YEAR(2) TO MONTH", oracledb.IntervalYM(0, -1), "-P2M"),
        ],
    )
    def test_gives_other_hashes_where_python_has_one_for_minus_one_and_minus_two(
        self, data_type: str, from_oracle: Value, from_json: Value
    ) -> None:
        reading = reading_of("C", data_type)
        assert hash(reading.from_driver(from_oracle)) != hash(reading.from_json(from_json))

    @pytest.mark.parametrize(
        ("data_type", "from_oracle", "from_json"),
        [
            ("DATE", "-4712-01-01T00:00:00", "-4712-01-01T00:00:00"),
            ("TIMESTAMP(6)", "-0044-03-15T12:00:00.500000000", "-0044-03-15T12:00:00.5"),
        ],
    )
    def test_can_hold_years_that_python_has_not(
        self, data_type: str, from_oracle: str, from_json: str
    ) -> None:
        reading = reading_of("C", data_type, WAYS_FOR_ANY_YEAR)
        assert reading.from_driver(from_oracle) == reading.from_json(from_json)

    def test_of_a_type_it_cannot_compare_is_refused(self) -> None:
        with pytest.raises(ValueError, match="BFILE"):
            reading_of("C", "BFILE")

    @pytest.mark.parametrize(
        ("data_type", "text"),
        [
            ("TIMESTAMP(6) WITH TIME ZONE", "yesterday"),
            ("INTERVAL DAY(2) TO SECOND(6)", "3 days"),
            ("INTERVAL YEAR(2) TO MONTH", "1 year"),
        ],
    )
    def test_refuses_what_is_no_value_of_its_type(self, data_type: str, text: str) -> None:
        with pytest.raises(ValueError, match="is no"):
            reading_of("C", data_type).from_json(text)
