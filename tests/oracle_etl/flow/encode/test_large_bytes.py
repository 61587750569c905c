"""Large binary values in JSON: the same text as small ones, in pieces that stay small."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from column_shapes import declared, shape_of
from delivered_batches import delivered
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.encode.json_lines import JsonLines
from oracle_etl.flow.encode.large_bytes import LARGE
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.columns import ColumnPlan
from oracle_etl.model.transport import Carriage, NullsAs, NumbersAs, TableChoice

CARRIAGE = Carriage(numbers=NumbersAs.DIGITS)
PLAN: ColumnPlan = plan_columns(
    shape_of(
        declared("F", "BINARY_DOUBLE"),
        declared("A", "BLOB"),
        declared("J", "JSON"),
        declared("B", "BLOB"),
        declared("N", "NUMBER"),
        declared("T", "VARCHAR2(40)"),
    ),
    TableChoice(table="T"),
    CARRIAGE,
)
MOST_OF_A_PIECE = 2**19


def octets(size: int) -> bytes:
    return (bytes(range(256)) * (size // 256 + 1))[:size]


@pytest.mark.parametrize("rest", [0, 1, 2, 255])
@pytest.mark.parametrize("other", [None, b"", b"small", octets(LARGE + 1)])
class TestALargeBinaryValue:
    def test_is_written_as_a_small_one_would_be(self, rest: int, other: bytes | None) -> None:
        large = octets(LARGE + rest)
        row = (float("nan"), large, '{"a":1}', other, ".5", 'x\x7f\x7f":"y')
        encoder = open_encoder(PLAN, CARRIAGE, role=PartRole.WHOLE)
        data = encoder.encode(delivered(PLAN, [row])) + encoder.finish()
        found = json.loads(gzip.decompress(data))
        assert found == {
            "F": "NaN",
            "A": base64.b64encode(large).decode(),
            "J": {"a": 1},
            "B": None if other is None else base64.b64encode(other).decode(),
            "N": 0.5,
            "T": 'x\x7f\x7f":"y',
        }

    def test_goes_out_in_pieces(self, rest: int, other: bytes | None) -> None:
        row = (1.5, octets(LARGE * 3 + rest), "[]", other, "1", "x")
        lines, pieces = JsonLines(PLAN.columns, nulls=NullsAs.ABSENT, mask_key=None), list[bytes]()
        lines.write(delivered(PLAN, [row]), pieces.append)
        assert max(map(len, pieces)) < MOST_OF_A_PIECE
        assert b"".join(pieces).endswith(b"}\n")
        assert lines.rows == 1
