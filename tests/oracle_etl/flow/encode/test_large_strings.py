"""Large values in JSON: the same text as small ones, in pieces that stay small."""

from __future__ import annotations

import base64
import gzip
import json
import random
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from column_shapes import declared, shape_of
from delivered_batches import broken_text, delivered, written_by
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.encode.json_lines import JsonLines
from oracle_etl.flow.encode.large_strings import LARGE
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.errors import UnreadableValue
from oracle_etl.model.transport import Carriage, NullsAs, NumbersAs, TableChoice

CARRIAGE = Carriage(numbers=NumbersAs.DIGITS)
PLAN: ColumnPlan = plan_columns(
    shape_of(
        declared("F", "BINARY_DOUBLE"),
        declared("A", "BLOB"),
        declared("J", "JSON"),
        declared("C", "CLOB"),
        declared("B", "BLOB"),
        declared("N", "NUMBER"),
        declared("T", "VARCHAR2(40)"),
    ),
    TableChoice(table="T"),
    CARRIAGE,
)
CLOB: ColumnPlan = plan_columns(shape_of(declared("C", "CLOB")), TableChoice(table="T"), Carriage())
MOST_OF_A_PIECE = 2**19
SHORT = 'x\x7f\x7f":"y'
LONG = 'a "quoted" line\n\x00\x1f\\ 글 😀\x7f\x7f":"\x7f":1 ' * (LARGE // 20)


def octets(size: int) -> bytes:
    return (bytes(range(256)) * (size // 256 + 1))[:size]


@pytest.mark.parametrize("rest", [0, 1, 2, 255])
@pytest.mark.parametrize("other", [None, b"", b"small", octets(LARGE + 1)])
@pytest.mark.parametrize("text", [None, SHORT, LONG])
class TestALargeBinaryValue:
    def test_is_written_as_a_small_one_would_be(
        self, rest: int, other: bytes | None, text: str | None
    ) -> None:
        large = octets(LARGE + rest)
        row = (float("nan"), large, '{"a":1}', text, other, ".5", SHORT)
        encoder = open_encoder(PLAN, CARRIAGE, role=PartRole.WHOLE)
        data = written_by(encoder, delivered(PLAN, [row])) + encoder.finish()
        found = json.loads(gzip.decompress(data))
        assert found == {
            "F": "NaN",
            "A": base64.b64encode(large).decode(),
            "J": {"a": 1},
            "C": text,
            "B": None if other is None else base64.b64encode(other).decode(),
            "N": 0.5,
            "T": SHORT,
        }

    def test_goes_out_in_pieces(self, rest: int, other: bytes | None, text: str | None) -> None:
        document = json.dumps([LONG, rest])
        row = (1.5, octets(LARGE * 3 + rest), document, text, other, "1", "x")
        lines, pieces = JsonLines(PLAN.columns, nulls=NullsAs.ABSENT, mask_key=None), list[bytes]()
        lines.write(delivered(PLAN, [row]), pieces.append)
        assert max(map(len, pieces)) < MOST_OF_A_PIECE
        assert b"".join(pieces).endswith(b"}\n")
        assert json.loads(b"".join(pieces))["J"] == [LONG, rest]
        assert lines.rows == 1


class TestALargeValueThatIsHardToCompress:
    def test_leaves_the_encoder_in_pieces(self) -> None:
        plan = plan_columns(shape_of(declared("B", "BLOB")), TableChoice(table="T"), Carriage())
        value = random.Random(1).randbytes(4 * LARGE)  # noqa: S311  bytes for a test
        encoder, pieces = open_encoder(plan, Carriage(), role=PartRole.WHOLE), list[bytes]()
        encoder.encode(delivered(plan, [(value,)]), pieces.append)
        assert max(map(len, pieces)) < 2 * LARGE
        row = json.loads(gzip.decompress(b"".join(pieces) + encoder.finish()))
        assert base64.b64decode(row["B"]) == value


def line_of(batch: Any, plan: ColumnPlan = CLOB) -> bytes:  # noqa: ANN401  an Arrow batch
    return JsonLines(plan.columns, nulls=NullsAs.EXPLICIT, mask_key=None).lines(batch)


class TestALargeText:
    @settings(max_examples=20)
    @given(text=st.text(min_size=1, max_size=40), shift=st.integers(0, 5))
    def test_is_written_byte_for_byte_as_beside_another_row(self, text: str, shift: int) -> None:
        large = "x" * shift + text * (LARGE // len(text.encode()) + 1)
        together, _ = line_of(delivered(CLOB, [(large,), ("y",)])).split(b"\n", 1)
        assert line_of(delivered(CLOB, [(large,)])) == together + b"\n"

    @pytest.mark.parametrize("at", [0, 3 * 2**16 - 1, LARGE])
    def test_that_is_none_stops_the_table_with_the_columns_name_and_the_place(
        self, at: int
    ) -> None:
        whole = b"x" * at + b"\xff" + b"x" * LARGE
        with pytest.raises(UnreadableValue, match=f"column C .* from byte {at} of the value"):
            line_of(pa.record_batch([broken_text([whole])], names=["x"]))

    def test_that_ends_within_a_character_stops_it_too(self) -> None:
        whole = b"x" * LARGE + b"\xea\xb8"
        with pytest.raises(UnreadableValue, match=f"from byte {LARGE} of the value"):
            line_of(pa.record_batch([broken_text([whole])], names=["x"]))


class TestARowThatIsASliceOfLargerOnes:
    @pytest.mark.parametrize("at", range(4))
    def test_has_its_own_value_and_stays_null(self, at: int) -> None:
        texts = pa.array([LONG, None, "small", LONG + "!"], pa.large_string())
        batch = pa.record_batch([texts.slice(at, 1)], names=["x"])
        assert orjson.loads(line_of(batch)) == {"C": texts[at].as_py()}
