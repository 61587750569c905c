"""What a table is, by what the dictionary says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from oracle_etl.gateways.oracle.dictionary import table_shape
from oracle_etl.model.columns import ObjectKind
from oracle_etl.model.names import TableName

MVIEW = TableName(owner="HR", name="SUMS")


def kind_of(types: Sequence[str], **facts: str) -> ObjectKind:
    """Return what a table would be, of whose dictionary only this is known."""

    def query(text: str, **_binds: object) -> Sequence[Mapping[str, Any]]:
        if "FROM ALL_OBJECTS" in text:
            return [{"OBJECT_TYPE": each} for each in types]
        if "FROM ALL_TABLES" in text:
            return [facts]
        return [{"FOUND": 0}] if "COUNT(*)" in text else []

    return table_shape(MVIEW, query=query, hashes_in_database=False).kind


class TestAMaterialisedView:
    TYPES = ("MATERIALIZED VIEW", "TABLE")

    def test_has_ranges_of_its_own(self) -> None:
        kind = kind_of(self.TYPES)
        assert (kind, kind.has_ranges) == (ObjectKind.MATERIALISED_VIEW, True)

    @pytest.mark.parametrize("types", [TYPES, ("TABLE",)], ids=["materialised view", "table"])
    def test_that_is_an_index_has_none_as_no_such_table_has(self, types: Sequence[str]) -> None:
        kind = kind_of(types, IOT_TYPE="IOT")
        assert (kind, kind.has_ranges) == (ObjectKind.INDEX_ORGANISED, False)
