"""The list of tables, of what the dictionary gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from oracle_at_hand import OracleAtHand, stand_in
from oracle_etl.gateways.oracle import OracleTableSource
from oracle_etl.gateways.oracle.catalogue import listing
from oracle_etl.model.errors import InvalidRequest
from oracle_etl.ports import PageRequest
from oracle_standin.engine.dictionary.registry import FAMILIES, Described
from oracle_tables import a_table, reading_of, rows_of


def names_of(*names: str, size: int = 10) -> tuple[list[str], tuple[str, str] | None]:
    """Return what is listed where the dictionary has so many tables, and where it goes on."""

    def query(_text: str, **binds: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401  of any type
        facts = {"NUM_ROWS": 1, "AVG_ROW_LEN": 1, "BLOCKS": 1, "COLUMNS_COUNT": 1}
        rows = [{"OWNER": "HR", "NAME": each, "KIND": "TABLE", **facts} for each in names]
        return rows[: binds["most"]]

    found, last = listing(query, schema=None, search=None, after=None, size=size)
    return [each.table.name for each in found], last


class TestATableThatCannotBeNamed:
    def test_is_left_out_and_no_other_is(self) -> None:
        assert names_of("DEPT", "E\tMP", "LOC") == (["DEPT", "LOC"], None)

    def test_ends_no_list(self) -> None:
        assert names_of("DEPT", "E\tMP", "LOC", size=2) == (["DEPT"], ("HR", "E\tMP"))
        assert names_of("E\tMP", "LOC", size=1) == ([], ("HR", "E\tMP"))


class TestStorageThatNobodyMaySelectFrom:
    @pytest.mark.parametrize(
        "facts", [{"IOT_TYPE": "IOT_OVERFLOW"}, {"IOT_TYPE": "IOT_MAPPING"}, {"NESTED": "YES"}]
    )
    def test_is_left_out(self, facts: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        # Of a table the dictionary tells what it would tell of such storage.
        known = FAMILIES["TABLES"]

        def told(session: Any) -> Iterator[Described]:  # noqa: ANN401  the stand-in's own
            for each in known.describe(session):
                yield {**each, **facts} if each["TABLE_NAME"] == "HIDDEN_PART" else each

        monkeypatch.setitem(FAMILIES, "TABLES", replace(known, describe=told))
        with (
            stand_in() as (oracle, _),
            a_table(oracle, "HIDDEN_PART", "ID NUMBER(9)"),
            a_table(oracle, "SHOWN", "ID NUMBER(9)"),
            oracle.source() as source,
        ):
            page = source.catalogue(PageRequest(), schema=source.schema())
        assert [each.table.name for each in page.items] == ["SHOWN"]


class TestTheCatalogue:
    def test_comes_page_by_page(self, oracle: OracleAtHand, source: OracleTableSource) -> None:
        with (
            a_table(oracle, "CAT_A", "ID NUMBER(9)"),
            a_table(oracle, "CAT_B", "ID NUMBER(9), X DATE"),
            a_table(oracle, "CAT_C", "ID NUMBER(9)"),
        ):
            first = source.catalogue(PageRequest(size=2), search="cat_")
            second = source.catalogue(PageRequest(size=2, token=first.next_token), search="cat_")
        assert [(each.table.name, each.columns) for each in first.items] == [
            ("CAT_A", 1),
            ("CAT_B", 2),
        ]
        assert [each.table.name for each in second.items] == ["CAT_C"]
        assert second.next_token is None

    def test_takes_a_search_literally(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with a_table(oracle, "PERCENT", "ID NUMBER(9)"):
            assert source.catalogue(PageRequest(), search="PER%").items == ()

    def test_takes_a_schema_in_any_case(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with a_table(oracle, "CASED", "ID NUMBER(9)"):
            found = source.catalogue(PageRequest(), schema=source.schema().lower(), search="cased")
        assert [each.table.name for each in found.items] == ["CASED"]

    def test_names_tables_with_blanks_of_any_width(
        self, oracle: OracleAtHand, source: OracleTableSource
    ) -> None:
        with a_table(oracle, '"売上\u3000明細"', "ID NUMBER(9)", "7") as table:
            [found] = source.catalogue(PageRequest(), search="売上").items
            assert rows_of(source, reading_of(source, found.table)) == [{"ID": 7}]
        assert found.table == table

    def test_of_another_schema_is_empty(self, source: OracleTableSource) -> None:
        assert source.catalogue(PageRequest(), schema="NOBODY").items == ()

    def test_refuses_a_token_of_somebody_else(self, source: OracleTableSource) -> None:
        with pytest.raises(InvalidRequest, match="page token"):
            source.catalogue(PageRequest(token="!!"))
