"""Text that a database's character set cannot have held."""

from __future__ import annotations

import gzip
import hashlib
import hmac
from dataclasses import replace

import pytest

from column_shapes import declared, shape_of
from delivered_batches import delivered, written_by
from oracle_etl.flow.encode import PartRole, open_encoder
from oracle_etl.flow.encode.large_strings import LARGE
from oracle_etl.flow.plan_columns import plan_columns
from oracle_etl.model.errors import UnreadableValue
from oracle_etl.model.transport import Carriage, Format, Mask, MaskKind, TableChoice

KEY = b"a key"
HASHED = (Mask(column="C", kind=MaskKind.HASH),)


def written(
    text: str | None,
    declaration: str,
    character_set: str,
    *,
    format_: Format = Format.JSONL_GZ,
    masks: tuple[Mask, ...] = (),
) -> bytes:
    shape = replace(shape_of(declared("C", declaration)), character_set=character_set)
    carriage = Carriage(format=format_)
    plan = plan_columns(shape, TableChoice(table="T", masks=masks), carriage)
    encoder = open_encoder(plan, carriage, role=PartRole.WHOLE, mask_key=KEY)
    return written_by(encoder, delivered(plan, [(text,)])) + encoder.finish()


class TestTextThatItsCharacterSetCannotHold:
    @pytest.mark.parametrize("format_", [Format.JSONL_GZ, Format.PARQUET])
    @pytest.mark.parametrize("declaration", ["CHAR(9)", "VARCHAR2(9)", "CLOB", "LONG", "XMLTYPE"])
    @pytest.mark.parametrize(
        ("character_set", "text"),
        [
            ("US7ASCII", "\u00a1"),
            ("US7ASCII", "x\ufffd"),
            ("KO16KSC5601", "\ufffdx"),
            ("WE8MSWIN1252", "a\ufffdb"),
            ("US7ASCII", "x" * LARGE + "\u00a1"),
            ("KO16KSC5601", "글" * LARGE + "\ufffd"),
        ],
        ids=["ascii", "ascii replaced", "korean", "western", "large ascii", "large korean"],
    )
    def test_stops_the_table_with_the_columns_name(
        self, declaration: str, character_set: str, text: str, format_: Format
    ) -> None:
        with pytest.raises(UnreadableValue, match=f"column C .* {character_set} has not") as raised:
            written(text, declaration, character_set, format_=format_)
        assert "source_encoding" in raised.value.hint

    def test_is_not_hashed_either(self) -> None:
        with pytest.raises(UnreadableValue, match="column C"):
            written("\ufffd", "VARCHAR2(9)", "KO16KSC5601", masks=HASHED)


class TestTextThatItsCharacterSetHolds:
    @pytest.mark.parametrize(
        ("declaration", "character_set", "text"),
        [
            ("VARCHAR2(9)", "US7ASCII", "plain"),
            ("VARCHAR2(9)", "US7ASCII", None),
            ("VARCHAR2(9)", "KO16MSWIN949", "뷁"),
            ("VARCHAR2(9)", "AL32UTF8", "\ufffd"),
            ("VARCHAR2(9)", "UTF8", "\ufffd"),
            ("NVARCHAR2(9)", "US7ASCII", "한글 \ufffd"),
            ("NCLOB", "KO16KSC5601", "\ufffd"),
        ],
    )
    def test_is_carried(self, declaration: str, character_set: str, text: str | None) -> None:
        found = gzip.decompress(written(text, declaration, character_set)).decode()
        assert found == ('{"C":null}\n' if text is None else f'{{"C":"{text}"}}\n')

    def test_is_hashed_as_in_any_other(self) -> None:
        found = gzip.decompress(written("뷁", "VARCHAR2(9)", "KO16MSWIN949", masks=HASHED))
        assert hmac.new(KEY, "뷁".encode(), hashlib.sha256).hexdigest().encode() in found
