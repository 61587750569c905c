"""Zstandard frames."""

from __future__ import annotations

import zstandard

from column_shapes import shape_declared
from delivered_batches import delivered, written_by
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.transport import Carriage, Format, TableChoice

CARRIAGE = Carriage(format=Format.JSONL_ZST)
PLAN = plan_columns(shape_declared(ID="NUMBER(5)"), TableChoice(table="T"), CARRIAGE)


def read(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


class TestATable:
    def test_is_one_frame_of_lines(self) -> None:
        encoder = open_encoder(PLAN, CARRIAGE, role=PartRole.WHOLE)
        data = written_by(encoder, delivered(PLAN, [(1,)]), delivered(PLAN, [(2,)]))
        plain = read(data + encoder.finish())
        assert plain == b'{"ID":1}\n{"ID":2}\n'
        assert (encoder.rows, encoder.plain_bytes) == (2, len(plain))

    def test_without_rows_is_an_empty_frame(self) -> None:
        encoder = open_encoder(PLAN, CARRIAGE, role=PartRole.WHOLE)
        assert read(encoder.finish()) == b""
