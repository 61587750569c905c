from __future__ import annotations

import math
import struct
import zoneinfo
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from seerdb.common import types as other_client

from oracle_standin.values.booleans import decode_boolean, encode_boolean
from oracle_standin.values.cells import EMPTY, NULL, cell, content
from oracle_standin.values.days import YEAR_0, date_of, day_number
from oracle_standin.values.floats import (
    decode_binary_double,
    decode_binary_float,
    encode_binary_double,
    encode_binary_float,
)
from oracle_standin.values.intervals import (
    decode_interval_ds,
    decode_interval_ym,
    encode_interval_ds,
    encode_interval_ym,
)
from oracle_standin.values.moments import (
    Moment,
    decode_date,
    decode_timestamp,
    decode_timestamp_tz,
    encode_date,
    encode_timestamp,
    encode_timestamp_tz,
)
from oracle_standin.values.number import decode_number, encode_number
from oracle_standin.values.regions import ORACLES, region_names, region_numbers
from oracle_standin.values.rowids import (
    RowId,
    logical_bytes,
    logical_text,
    parse_rowid,
    physical_bytes,
)
from oracle_standin.values.text import CHARACTER_SETS, KO16MSWIN949, US7ASCII

EXACT = Context(prec=60)

numbers = st.builds(
    lambda digits, exponent: Decimal(f"{digits}E{exponent}"),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(-130, 87),
)
days_of_oracle = st.integers(1, 5373484).filter(lambda number: number not in YEAR_0)
clock = {
    "hour": st.integers(0, 23),
    "minute": st.integers(0, 59),
    "second": st.integers(0, 59),
}


@st.composite
def moments(draw: st.DrawFn, /, **more: st.SearchStrategy[int]) -> Moment:
    year, month, day = date_of(draw(days_of_oracle))
    fields: dict[str, Any] = {name: draw(strategy) for name, strategy in (clock | more).items()}
    return replace(Moment(year, month, day), **fields)


class TestACell:
    @given(st.none() | st.binary(max_size=600))
    def test_gives_its_content_back(self, value: bytes | None) -> None:
        assert content(cell(value)) == value

    def test_of_many_bytes_travels_in_chunks(self) -> None:
        value = bytes(100_000)
        assert cell(value).startswith(b"\xfe\x02\x7f\xff")
        assert content(cell(value)) == value

    def test_of_252_bytes_is_plain_and_of_253_is_not(self) -> None:
        assert cell(b"x" * 252)[0] == 252
        assert cell(b"x" * 253)[:3] == b"\xfe\x01\xfd"

    def test_of_nothing_is_not_null(self) -> None:
        assert cell(None) == NULL
        assert cell(b"") == EMPTY
        assert content(EMPTY) == b""


class TestANumber:
    # From the worked examples of DUMP and NUMBER in Oracle's documentation and support notes.
    @pytest.mark.parametrize(
        ("value", "stored"),
        [
            ("0", [128]),
            ("1", [193, 2]),
            ("-1", [62, 100, 102]),
            ("100", [194, 2]),
            ("123456.789", [195, 13, 35, 57, 79, 91]),
            ("0.1", [192, 11]),
            ("1E-130", [128, 2]),
            ("9.9E125", [255, 100]),
        ],
    )
    def test_has_the_bytes_oracle_dumps(self, value: str, stored: list[int]) -> None:
        assert list(encode_number(Decimal(value))) == stored
        assert decode_number(bytes(stored)) == Decimal(value)

    @given(numbers)
    def test_comes_back_exactly(self, value: Decimal) -> None:
        stored = encode_number(value)
        assert decode_number(stored) == value
        assert len(stored) <= 22

    @given(numbers)
    def test_is_read_alike_by_another_client(self, value: Decimal) -> None:
        seen = other_client.decode_number(encode_number(value))
        assert seen is not None
        assert EXACT.create_decimal(seen) == value

    @given(numbers, numbers)
    def test_sorts_as_its_bytes_do(self, one: Decimal, other: Decimal) -> None:
        assert (encode_number(one) < encode_number(other)) == (one < other)

    @given(st.integers(-(10**60), 10**60), st.integers(-100, 40))
    def test_keeps_at_least_39_digits_rounded_to_nearest(self, digits: int, power: int) -> None:
        value = Decimal(f"{digits}E{power}")
        kept = decode_number(encode_number(value))
        error = abs(EXACT.subtract(kept, value))
        assert error <= EXACT.scaleb(abs(value), -38) / 2

    def test_rounds_half_away_from_zero(self) -> None:
        assert decode_number(encode_number(10**40 + 50)) == 10**40 + 100
        assert decode_number(encode_number(-(10**40) - 50)) == -(10**40) - 100
        assert decode_number(encode_number(Decimal("9" * 40 + ".5"))) == 10**40

    def test_too_large_is_refused_and_too_small_is_zero(self) -> None:
        with pytest.raises(OverflowError):
            encode_number(Decimal("1E126"))
        with pytest.raises(OverflowError):
            encode_number(Decimal("Infinity"))
        with pytest.raises(ValueError, match="NaN"):
            encode_number(Decimal("NaN"))
        assert encode_number(Decimal("1E-131")) == encode_number(0)

    def test_read_back_carries_no_needless_digits(self) -> None:
        assert str(decode_number(encode_number(Decimal("1.50")))) == "1.5"
        assert str(decode_number(encode_number(1200))) == "1200"


class TestADay:
    def test_has_the_numbers_oracle_gives_with_format_j(self) -> None:
        assert day_number(-4712, 1, 1) == 1
        assert day_number(1, 1, 1) == 1721424
        assert day_number(1582, 10, 4) == 2299160
        assert day_number(1582, 10, 15) == 2299161
        assert day_number(2000, 1, 1) == 2451545
        assert day_number(9999, 12, 31) == 5373484

    @given(days_of_oracle)
    def test_is_found_again_from_its_date(self, number: int) -> None:
        assert day_number(*date_of(number)) == number

    @given(st.dates(min_value=date(1582, 10, 15)))
    def test_agrees_with_python_since_the_reform(self, day: date) -> None:
        assert day_number(day.year, day.month, day.day) == day.toordinal() + 1721425


class TestAMoment:
    # DUMP of 7-bytes dates as shown in Oracle's documentation of the DATE type.
    def test_has_the_bytes_oracle_dumps(self) -> None:
        assert list(encode_date(Moment(1998, 12, 25, 15, 13, 0))) == [119, 198, 12, 25, 16, 14, 1]
        assert list(encode_date(Moment(-4712, 1, 1))) == [53, 88, 1, 1, 1, 1, 1]

    @given(moments())
    def test_comes_back_as_a_date(self, moment: Moment) -> None:
        assert decode_date(encode_date(moment)) == moment

    @given(moments(nanosecond=st.integers(0, 999_999_999)))
    def test_comes_back_as_a_timestamp(self, moment: Moment) -> None:
        stored = encode_timestamp(moment)
        assert decode_timestamp(stored) == moment
        assert len(stored) == (11 if moment.nanosecond else 7)

    @given(
        moments(
            nanosecond=st.integers(0, 999_999_999), offset_minutes=st.integers(-15 * 60, 14 * 60)
        )
    )
    def test_comes_back_with_its_offset(self, moment: Moment) -> None:
        assert decode_timestamp_tz(encode_timestamp_tz(moment)) == moment

    @given(st.datetimes(min_value=datetime(1971, 1, 1)), st.sampled_from(sorted(ORACLES)))  # noqa: DTZ001 - a clock, its zone is the next argument
    def test_with_a_known_region_is_read_alike_by_another_client(
        self, clock_time: datetime, region: str
    ) -> None:
        zone = zoneinfo.ZoneInfo(region)
        utc = clock_time.replace(tzinfo=zone).astimezone(UTC)
        shown = utc.astimezone(zone)
        assume(not shown.fold)
        stored = encode_timestamp_tz(
            Moment(
                shown.year,
                shown.month,
                shown.day,
                shown.hour,
                shown.minute,
                shown.second,
                shown.microsecond * 1000,
                region=region,
            )
        )
        assert other_client.decode_date(stored) == shown

    @given(st.sampled_from(sorted(region_numbers())), moments())
    def test_with_any_region_keeps_its_instant(self, region: str, moment: Moment) -> None:
        stored = encode_timestamp_tz(
            Moment(moment.year, moment.month, moment.day, moment.hour, region=region)
        )
        again = decode_timestamp_tz(stored)
        assert again.region == region
        assert encode_timestamp_tz(again) == stored

    def test_region_numbers_are_distinct_and_fit_thirteen_bits(self) -> None:
        assert len(region_names()) == len(region_numbers())
        assert max(region_names()) < 1 << 13


class TestAnInterval:
    @given(st.timedeltas(timedelta(days=-999_999), timedelta(days=999_999)))
    def test_of_days_comes_back(self, span: timedelta) -> None:
        sign = -1 if span < timedelta(0) else 1
        rest, micros = divmod(abs(span) // timedelta(microseconds=1), 1_000_000)
        rest, seconds = divmod(rest, 60)
        rest, minutes = divmod(rest, 60)
        days, hours = divmod(rest, 24)
        fields = [sign * part for part in (days, hours, minutes, seconds, micros * 1000)]
        assert list(decode_interval_ds(encode_interval_ds(*fields))) == fields

    @given(st.integers(-999_999_999, 999_999_999), st.integers(-11, 11))
    def test_of_months_comes_back(self, years: int, months: int) -> None:
        assert decode_interval_ym(encode_interval_ym(years, months)) == (years, months)


class TestABinaryFloat:
    @given(st.floats(allow_nan=False))
    def test_double_comes_back(self, value: float) -> None:
        assert decode_binary_double(encode_binary_double(value)) == value

    @given(st.floats(allow_nan=False, width=32))
    def test_single_comes_back(self, value: float) -> None:
        assert decode_binary_float(encode_binary_float(value)) == value

    @given(st.floats(allow_nan=False), st.floats(allow_nan=False))
    def test_sorts_as_its_bytes_do(self, one: float, other: float) -> None:
        assert (encode_binary_double(one) < encode_binary_double(other)) == (one < other)

    def test_that_is_not_a_number_has_one_form(self) -> None:
        odd_nan = struct.unpack(">d", bytes.fromhex("fff8000000000001"))[0]
        assert encode_binary_double(odd_nan) == bytes.fromhex("fff8000000000000")
        assert math.isnan(decode_binary_double(encode_binary_double(math.nan)))
        assert math.isnan(decode_binary_float(encode_binary_float(math.nan)))

    def test_negative_zero_becomes_zero(self) -> None:
        assert encode_binary_double(-0.0) == encode_binary_double(0.0)


class TestABoolean:
    @pytest.mark.parametrize("value", [True, False])
    def test_comes_back(self, value: bool) -> None:  # noqa: FBT001 - pytest passes it by name
        assert decode_boolean(encode_boolean(value=value)) is value


rowids = st.builds(
    RowId,
    st.integers(0, 2**32 - 1),
    st.integers(0, 1023),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**16 - 1),
)


class TestARowid:
    # The example in Oracle's documentation of DBMS_ROWID and extended ROWIDs.
    def test_reads_as_oracle_explains_it(self) -> None:
        assert parse_rowid("AAAAaoAATAAABrXAAA") == RowId(1704, 19, 6871, 0)

    @given(rowids)
    def test_comes_back_from_its_text(self, rowid: RowId) -> None:
        assert parse_rowid(str(rowid)) == rowid
        assert len(physical_bytes(rowid)) == 13

    @given(rowids)
    def test_is_written_alike_by_another_client(self, rowid: RowId) -> None:
        fields = (rowid.object, rowid.file, rowid.block, rowid.slot)
        assert other_client.rowid_to_string(*fields) == str(rowid)
        assert other_client.urowid_to_string(physical_bytes(rowid)) == str(rowid)

    @pytest.mark.parametrize("text", ["", "AAAAaoAATAAABrXAA", "AAAAaoAATAAABrXAA!", "A" * 19])
    def test_of_other_text_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="not a ROWID"):
            parse_rowid(text)

    @given(st.binary(min_size=1, max_size=40))
    def test_logical_one_comes_back_and_is_read_alike(self, key: bytes) -> None:
        text = logical_text(key)
        assert logical_bytes(text) == b"\x02" + key
        assert other_client.urowid_to_string(b"\x02" + key) == text


class TestACharacterSet:
    def test_is_known_by_oracles_name_and_number(self) -> None:
        numbers_by_name = {name: known.number for name, known in CHARACTER_SETS.items()}
        assert numbers_by_name == {
            "US7ASCII": 1,
            "WE8MSWIN1252": 178,
            "KO16MSWIN949": 846,
            "AL32UTF8": 873,
            "AL16UTF16": 2000,
        }

    def test_writes_and_reads_korean(self) -> None:
        assert KO16MSWIN949.encode("한글똠") == bytes.fromhex("c7d1b1db8c63")
        assert KO16MSWIN949.decode(bytes.fromhex("c7d1b1db8c63")) == "한글똠"

    def test_refuses_what_it_lacks(self) -> None:
        with pytest.raises(UnicodeEncodeError):
            US7ASCII.encode("한")
        with pytest.raises(UnicodeDecodeError):
            US7ASCII.decode(b"\xc7\xd1")
