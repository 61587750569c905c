"""Arithmetic on NUMBER against Python's decimals, and moments against Python's calendar."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Context, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from standin_sql import asking, database

EXACT = Context(prec=120, rounding=ROUND_HALF_UP)
NUMBERS = st.decimals(
    min_value=Decimal("-1E19"), max_value=Decimal("1E19"), places=9, allow_nan=False
)
MOMENTS = st.datetimes(min_value=dt.datetime(1600, 1, 1), max_value=dt.datetime(9000, 1, 1))  # noqa: DTZ001 -- clocks without a zone
HERE = asking(database())


def close(found: Decimal, exact: Decimal) -> bool:
    """Tell whether a result has Oracle's 39 or 40 digits of the exact one."""
    difference = EXACT.abs(EXACT.subtract(found, exact))
    return difference <= EXACT.multiply(EXACT.abs(exact), Decimal("1E-38"))


class TestArithmetic:
    @settings(max_examples=150, deadline=None)
    @given(NUMBERS, NUMBERS)
    def test_is_exact_to_thirty_eight_digits(self, a: Decimal, b: Decimal) -> None:
        divided = ":1 / NULLIF(:2, 0)"
        ((added, taken, multiplied, quotient),) = HERE.rows(
            f"SELECT :1 + :2, :1 - :2, :1 * :2, {divided} FROM DUAL", a, b
        )
        assert close(added, EXACT.add(a, b))
        assert close(taken, EXACT.subtract(a, b))
        assert close(multiplied, EXACT.multiply(a, b))
        assert quotient is None if not b else close(quotient, EXACT.divide(a, b))

    @settings(max_examples=100, deadline=None)
    @given(NUMBERS)
    def test_survives_text(self, a: Decimal) -> None:
        texts = "TO_NUMBER(TO_CHAR(:1)), TO_NUMBER(TO_CHAR(:1, 'TM9')), -(-:1)"
        assert HERE.rows(f"SELECT {texts} FROM DUAL", a) == [(a, a, a)]

    @settings(max_examples=100, deadline=None)
    @given(NUMBERS, NUMBERS)
    def test_compares_and_sorts_as_numbers_do(self, a: Decimal, b: Decimal) -> None:
        sign = "SIGN(:1 - :2), CASE WHEN :1 < :2 THEN 'less' WHEN :1 = :2 THEN 'same' END"
        expected = "less" if a < b else "same" if a == b else None
        assert HERE.rows(f"SELECT {sign} FROM DUAL", a, b) == [((a > b) - (a < b), expected)]


class TestMoments:
    @settings(max_examples=150, deadline=None)
    @given(MOMENTS, st.integers(-100_000, 100_000))
    def test_add_as_the_calendar_does(self, at: dt.datetime, seconds: int) -> None:
        moved = at.replace(microsecond=0) + dt.timedelta(seconds=seconds)
        text = HERE.value(
            "TO_CHAR(CAST(:1 AS DATE) + :2 / 86400, 'YYYY-MM-DD HH24:MI:SS')", at, seconds
        )
        assert text == f"{moved:%Y-%m-%d %H:%M:%S}"

    @settings(max_examples=150, deadline=None)
    @given(MOMENTS)
    def test_survive_text(self, at: dt.datetime) -> None:
        model = "YYYY-MM-DD HH24:MI:SS.FF6"
        back = f"TO_CHAR(TO_TIMESTAMP(TO_CHAR(:1, '{model}'), '{model}'), '{model}')"
        week = "TO_CHAR(:1, 'IYYY-IW DDD')"
        text, weeks = HERE.rows(f"SELECT {back}, {week} FROM DUAL", at)[0]
        year, number, _ = at.isocalendar()
        assert text == f"{at:%Y-%m-%d %H:%M:%S.%f}"
        assert weeks == f"{year:04d}-{number:02d} {at.timetuple().tm_yday:03d}"
