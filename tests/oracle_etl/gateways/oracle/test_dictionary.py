"""What a table is, by what the dictionary says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from oracle_etl.gateways.oracle.dictionary import table_shape
from oracle_etl.model.columns import ObjectKind
from oracle_etl.model.names import TableName

SUMS = TableName(owner="HR", name="SUMS")


def kind_of(types: Sequence[str], **facts: str) -> ObjectKind:
    """Return what a table would be, of whose dictionary only this is known."""

    def query(text: str, **_binds: object) -> Sequence[Mapping[str, Any]]:
        if "FROM ALL_OBJECTS" in text:
            return [{"OBJECT_TYPE": each} for each in types]
        if "FROM ALL_TABLES" in text:
            return [facts]
        return [{"FOUND": 0}] if "COUNT(*)" in text else []

    return table_shape(SUMS, query=query, hashes_in_database=False).kind


class TestAView:
    def test_has_the_types_that_it_has_when_it_is_used(self) -> None:
        used: list[str] = []

        def query(text: str, **_binds: object) -> Sequence[Mapping[str, Any]]:
            """Answer as for a view of a table whose column was widened from 9 digits to 12."""
            if 'FROM "HR"."SUMS"' in text:
                used.append(text)
            if "FROM ALL_OBJECTS" in text:
                return [{"OBJECT_TYPE": "VIEW"}]
            if "FROM ALL_TAB_COLS" in text:
                return [number_column(digits=12 if used else 9)]
            return [{"FOUND": 0}] if "COUNT(*)" in text else []

        [column] = table_shape(SUMS, query=query, hashes_in_database=False).columns
        assert column.precision == 12


def number_column(*, digits: int) -> Mapping[str, Any]:
    return {
        "COLUMN_NAME": "N",
        "DATA_TYPE": "NUMBER",
        "DATA_PRECISION": digits,
        "DATA_SCALE": 0,
        "DATA_LENGTH": 22,
        "CHAR_USED": None,
        "CHAR_LENGTH": 0,
        "NULLABLE": "Y",
        "COLUMN_ID": 1,
        "CHARACTER_SET_NAME": None,
        "HIDDEN_COLUMN": "NO",
    }


class TestAMaterialisedView:
    TYPES = ("MATERIALIZED VIEW", "TABLE")

    def test_has_ranges_of_its_own(self) -> None:
        kind = kind_of(self.TYPES)
        assert (kind, kind.has_ranges) == (ObjectKind.MATERIALISED_VIEW, True)

    @pytest.mark.parametrize("types", [TYPES, ("TABLE",)], ids=["materialised view", "table"])
    def test_that_is_an_index_has_none_as_no_such_table_has(self, types: Sequence[str]) -> None:
        kind = kind_of(types, IOT_TYPE="IOT")
        assert (kind, kind.has_ranges) == (ObjectKind.INDEX_ORGANISED, False)
