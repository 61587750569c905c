"""Korean text in a database that calls its character set US7ASCII."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oracle_at_hand import OracleAtHand, stand_in
from oracle_etl.gateways.oracle import OracleTableSource
from oracle_etl.model.errors import UnreadableValue
from oracle_etl.model.names import TableName
from oracle_etl.model.transport import Mask, MaskKind, TableChoice
from oracle_standin.values.text import US7ASCII
from oracle_tables import a_table, reading_of, rows_of
from standin_sql import database

LOOKS_LIKE_UTF_8 = "41C2A1"
"""A letter and a syllable in cp949, and another character in UTF-8."""
TEXT = bytes.fromhex(LOOKS_LIKE_UTF_8).decode("cp949")


@pytest.fixture(scope="module")
def misnamed() -> Iterator[tuple[OracleAtHand, TableName]]:
    row = f"UTL_RAW.CAST_TO_VARCHAR2(HEXTORAW('{LOOKS_LIKE_UTF_8}'))"
    with (
        stand_in(database(charset=US7ASCII)) as (oracle, _),
        a_table(oracle, "PEOPLE", "NAME VARCHAR2(10)", row) as table,
    ):
        yield oracle, table


@pytest.fixture
def source(misnamed: tuple[OracleAtHand, TableName]) -> Iterator[OracleTableSource]:
    with misnamed[0].source() as opened:
        yield opened


class TestTextWhoseEncodingNobodyNamed:
    def test_is_not_taken_for_other_text(
        self, misnamed: tuple[OracleAtHand, TableName], source: OracleTableSource
    ) -> None:
        with pytest.raises(UnreadableValue, match=r"column NAME .* US7ASCII has not"):
            rows_of(source, reading_of(source, misnamed[1]))

    def test_shows_no_other_text_where_its_last_characters_are_kept(
        self, misnamed: tuple[OracleAtHand, TableName], source: OracleTableSource
    ) -> None:
        masks = (Mask(column="NAME", kind=MaskKind.KEEP_LAST, keep=1),)
        reading = reading_of(source, misnamed[1], choice=TableChoice(table="PEOPLE", masks=masks))
        with pytest.raises(UnreadableValue, match="column NAME"):
            rows_of(source, reading)

    def test_is_not_hashed_as_other_text(
        self, misnamed: tuple[OracleAtHand, TableName], source: OracleTableSource
    ) -> None:
        masks = (Mask(column="NAME", kind=MaskKind.HASH),)
        choice = TableChoice(table="PEOPLE", masks=masks)
        reading = reading_of(source, misnamed[1], choice=choice, mask_key=b"key")
        if not reading.plan.columns[0].hash_in_worker:
            pytest.fail("the account may call DBMS_CRYPTO, so this shows nothing")
        with pytest.raises(UnreadableValue, match="column NAME"):
            rows_of(source, reading)


class TestTextWhoseEncodingIsNamed:
    def test_is_decoded(
        self, misnamed: tuple[OracleAtHand, TableName], source: OracleTableSource
    ) -> None:
        choice = TableChoice(table="PEOPLE", source_encoding="cp949")
        found = rows_of(source, reading_of(source, misnamed[1], choice=choice))
        assert found == [{"NAME": TEXT}]
