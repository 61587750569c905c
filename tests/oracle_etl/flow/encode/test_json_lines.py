"""Rows as lines of JSON."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import datetime  # noqa: F401  the case file writes moments with it
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from column_shapes import shape_declared
from delivered_batches import broken_text, delivered, read_lines, written_by
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.errors import UnreadableValue
from oracle_etl.model.transport import (
    Carriage,
    Mask,
    MaskKind,
    NullsAs,
    NumbersAs,
    TableChoice,
)

D = Decimal  # the case file writes decimals with it
CASES = [
    tuple(part.strip() for part in line.split(" | "))
    for line in (Path(__file__).parent / "values.cases").read_text().splitlines()
    if not line.startswith("#")
]


def encoded(
    rows: list[tuple[Any, ...]],
    carriage: Carriage,
    *,
    choice: TableChoice | None = None,
    mask_key: bytes | None = None,
    **declarations: str,
) -> list[dict[str, Any]]:
    return encoded_as(declarations, rows, carriage, choice=choice, mask_key=mask_key)


def encoded_as(
    declarations: dict[str, str],
    rows: list[tuple[Any, ...]],
    carriage: Carriage,
    *,
    choice: TableChoice | None = None,
    mask_key: bytes | None = None,
) -> list[dict[str, Any]]:
    shape = shape_declared(**declarations)
    plan = plan_columns(shape, choice or TableChoice(table="T"), carriage)
    encoder = open_encoder(plan, carriage, role=PartRole.WHOLE, mask_key=mask_key)
    return read_lines(written_by(encoder, delivered(plan, rows)) + encoder.finish())


def exactly(text: str) -> Any:  # noqa: ANN401  a value of any type
    return json.loads(text, parse_float=D, parse_int=D)


def _read(text: str | None) -> Any:  # noqa: ANN401  a value of any type
    return None if text is None else exactly(text)


TRICKY = st.none() | st.text('\x7f":,\\a', max_size=6)
NUMBERS = st.sampled_from([None, "0", "-1", "12345678901234567890"])
DOCUMENTS = TRICKY.map(lambda text: None if text is None else json.dumps({text: text}))


class TestAValue:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[2][:40]}")
    def test_is_written_as_its_case_says(self, case: tuple[str, ...]) -> None:
        declaration, numbers, given, expected = case
        value = eval(given)  # noqa: S307  the case file is ours
        rows = encoded(
            [(value, "x")], Carriage(numbers=NumbersAs(numbers)), C=declaration, AFTER="CHAR(1)"
        )
        assert rows == [{"C": exactly(expected), "AFTER": "x"}]

    @pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[2][:40]}")
    def test_stands_apart_from_a_null_of_its_column(self, case: tuple[str, ...]) -> None:
        declaration, numbers, given, _ = case
        value = eval(given)  # noqa: S307  the case file is ours
        rows = encoded(
            [(None,), (value,), (None,)], Carriage(numbers=NumbersAs(numbers)), C=declaration
        )
        assert [row["C"] is None for row in rows] == [True, False, True]

    @pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[2][:40]}")
    def test_leaves_its_key_out_for_null_where_absent_nulls_are_chosen(
        self, case: tuple[str, ...]
    ) -> None:
        declaration, numbers, given, _ = case
        value = eval(given)  # noqa: S307  the case file is ours
        carriage = Carriage(numbers=NumbersAs(numbers), nulls=NullsAs.ABSENT)
        rows = encoded([(None,), (value,)], carriage, C=declaration)
        assert [list(row) for row in rows] == [[], ["C"]]


class TestARow:
    def test_keeps_the_order_of_the_columns(self) -> None:
        rows = encoded(
            [(".5", "{}", 1, float("nan"))],
            Carriage(numbers=NumbersAs.DIGITS),
            N="NUMBER",
            J="JSON",
            I="NUMBER(5)",
            F="BINARY_DOUBLE",
        )
        assert list(rows[0].items()) == [("N", D("0.5")), ("J", {}), ("I", 1), ("F", "NaN")]

    def test_is_one_line_whatever_its_values(self) -> None:
        rows = encoded([("a\nb\r\n", '{\n"k":\n1}')] * 3, Carriage(), T="VARCHAR2(9)", J="JSON")
        assert rows == [{"T": "a\nb\r\n", "J": {"k": 1}}] * 3

    def test_may_have_keys_of_any_characters(self) -> None:
        names = {"a,b": "NUMBER", ":": "NUMBER", "큰 수": "NUMBER", "\\": "JSON"}
        rows = encoded_as(names, [(".5", "-.5", "3", "[]")], Carriage(numbers=NumbersAs.DIGITS))
        assert rows == [{"a,b": D("0.5"), ":": D("-0.5"), "큰 수": 3, "\\": []}]

    def test_keeps_texts_that_end_in_delete_beside_bare_numbers(self) -> None:
        given = [(".5", "a\x7f", "b"), ("1", "\x7f", "\x7f")]
        rows = encoded(
            given, Carriage(numbers=NumbersAs.DIGITS), N="NUMBER", T="CHAR(9)", U="CHAR(9)"
        )
        assert rows == [
            {"N": D("0.5"), "T": "a\x7f", "U": "b"},
            {"N": 1, "T": "\x7f", "U": "\x7f"},
        ]

    @settings(max_examples=200, deadline=None)
    @given(given_rows=st.lists(st.tuples(NUMBERS, TRICKY, DOCUMENTS, TRICKY), min_size=1))
    def test_keeps_what_could_be_taken_for_a_mark(
        self, given_rows: list[tuple[str | None, str | None, str | None, str | None]]
    ) -> None:
        rows = encoded(
            given_rows,
            Carriage(numbers=NumbersAs.DIGITS),
            N="NUMBER",
            T="CHAR(9)",
            J="JSON",
            U="CHAR(9)",
        )
        assert rows == [
            {"N": _read(number), "T": text, "J": _read(document), "U": other}
            for number, text, document, other in given_rows
        ]

    def test_without_any_value_is_an_empty_object_where_nulls_are_absent(self) -> None:
        carriage = Carriage(nulls=NullsAs.ABSENT, numbers=NumbersAs.DIGITS)
        rows = encoded([(None, None)] * 2, carriage, N="NUMBER", J="JSON")
        assert rows == [{}, {}]


class TestBytesThatAreNoText:
    def test_stop_the_table_with_the_columns_name(self) -> None:
        plan = plan_columns(
            shape_declared(A="NUMBER(3)", B="CHAR(9)"), TableChoice(table="T"), Carriage()
        )
        batch = pa.record_batch(
            [pa.array([1, 2]), broken_text([b"fine", b'"\x80\xff'])], names=["x", "y"]
        )
        with pytest.raises(UnreadableValue, match="column B holds bytes that are no text in row 1"):
            written_by(open_encoder(plan, Carriage(), role=PartRole.WHOLE), batch)

    def test_are_found_where_two_values_would_make_a_letter(self) -> None:
        plan = plan_columns(shape_declared(B="CHAR(9)"), TableChoice(table="T"), Carriage())
        batch = pa.record_batch([broken_text([b"a\xc3", b"\xa9b"])], names=["y"])
        with pytest.raises(UnreadableValue, match="column B"):
            written_by(open_encoder(plan, Carriage(), role=PartRole.WHOLE), batch)

    def test_stop_the_table_also_where_no_column_can_be_blamed(self) -> None:
        plan = plan_columns(shape_declared(B="CHAR(9)"), TableChoice(table="T"), Carriage())
        texts = pa.DictionaryArray.from_arrays(pa.array([0]), broken_text([b"\xff"]), safe=False)
        with pytest.raises(UnicodeDecodeError):
            written_by(
                open_encoder(plan, Carriage(), role=PartRole.WHOLE),
                pa.record_batch([texts], names=["y"]),
            )


class TestTextUnderAnotherEncoding:
    CARRIAGE = Carriage(source_encoding="cp949")

    def test_is_decoded(self) -> None:
        rows = encoded([("한글".encode("cp949"),), (None,)], self.CARRIAGE, C="VARCHAR2(20)")
        assert rows == [{"C": "한글"}, {"C": None}]

    def test_in_two_pieces_is_decoded_whole(self) -> None:
        raw = ("가" * 1500 + "x").encode("cp949")
        shape = replace(shape_declared(C="VARCHAR2(4000)"), character_set="WE8ISO8859P1")
        plan = plan_columns(shape, TableChoice(table="T"), self.CARRIAGE)
        encoder = open_encoder(plan, self.CARRIAGE, role=PartRole.WHOLE)
        batch = delivered(plan, [(raw[:1999], raw[1999:]), (b"ab", None)])
        written = written_by(encoder, batch)
        assert read_lines(written + encoder.finish()) == [{"C": "가" * 1500 + "x"}, {"C": "ab"}]

    def test_that_breaks_it_stops_the_table_with_the_columns_name(self) -> None:
        with pytest.raises(UnreadableValue, match="column C holds bytes that are no cp949"):
            encoded([(b"\xff\xff",)], self.CARRIAGE, C="VARCHAR2(20)")


class TestAHashedColumn:
    CHOICE = TableChoice(table="T", masks=(Mask(column="C", kind=MaskKind.HASH),))
    KEY = b"a key of the transport"

    def expected(self, text: str) -> str:
        return hmac.new(self.KEY, text.encode(), hashlib.sha256).hexdigest()

    def test_is_the_hmac_of_its_text(self) -> None:
        rows = encoded(
            [("비밀",), (None,)], Carriage(), choice=self.CHOICE, mask_key=self.KEY, C="CHAR(9)"
        )
        assert rows == [{"C": self.expected("비밀")}, {"C": None}]

    def test_is_the_hmac_of_a_numbers_canonical_text(self) -> None:
        rows = encoded(
            [(".5",)], Carriage(), choice=self.CHOICE, mask_key=self.KEY, C="NUMBER(5,1)"
        )
        assert rows == [{"C": self.expected("0.5")}]

    def test_without_a_key_stops_the_table(self) -> None:
        with pytest.raises(UnreadableValue, match="no key"):
            encoded([("x",)], Carriage(), choice=self.CHOICE, C="CHAR(9)")


class TestAnInfiniteNumber:
    @pytest.mark.parametrize("text", ["~", "-~"])
    def test_stops_the_table_with_the_columns_name(self, text: str) -> None:
        with pytest.raises(UnreadableValue, match="column C holds an infinite NUMBER"):
            encoded([("1",), (text,)], Carriage(), C="NUMBER")


class TestTextThatIsNoJson:
    def test_stops_the_table_with_the_columns_name(self) -> None:
        with pytest.raises(UnreadableValue, match="column C holds text that is no JSON"):
            encoded([("{",)], Carriage(), C="JSON")


class TestAnIntervalNobodyKnows:
    @pytest.mark.parametrize(
        "declaration", ["INTERVAL DAY(2) TO SECOND(6)", "INTERVAL YEAR(2) TO MONTH"]
    )
    def test_stops_the_table_with_the_columns_name(self, declaration: str) -> None:
        with pytest.raises(UnreadableValue, match="column C holds an interval"):
            encoded([("three days",)], Carriage(), C=declaration)


class TestAnEmptyTable:
    def test_is_a_valid_object_of_no_lines(self) -> None:
        plan = plan_columns(shape_declared(C="NUMBER"), TableChoice(table="T"), Carriage())
        encoder = open_encoder(plan, Carriage(), role=PartRole.WHOLE)
        assert gzip.decompress(encoder.finish()) == b""
        assert encoder.rows == 0

    def test_of_an_empty_batch_is_the_same(self) -> None:
        assert encoded([], Carriage(), C="NUMBER", J="JSON") == []
