from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.ancient_source import ANCIENT_ROW, CAESAR, AncientSource
from fakes.away import Away
from fakes.memory_shelf import MemoryShelf
from fakes.memory_source import COLUMNS, MemorySource
from flow_home import a_home
from oracle_etl.flow import browse_tables
from oracle_etl.flow.browse_tables import (
    MAX_AGE_SECONDS,
    count_tables,
    list_tables,
    sample_table,
    show_table,
)
from oracle_etl.model.columns import DeclaredColumn, TableShape
from oracle_etl.model.errors import BookAway, SourceAway, TableNotFound
from oracle_etl.model.names import TableName
from oracle_etl.outside import Outside
from oracle_etl.ports import CatalogueAsked, PageRequest

EMP = TableName(name="EMP")


class SourceWithABfile(MemorySource):
    """A source whose tables have a column that nothing can carry."""

    def shape(self, table: TableName) -> TableShape:
        shape = super().shape(table)
        bfile = DeclaredColumn(name="SCAN", data_type="BFILE", position=3)
        return replace(shape, columns=(*COLUMNS, bfile))


@pytest.fixture
def source() -> MemorySource:
    source = SourceWithABfile()
    source.put("EMP", [(number, f"name {number}") for number in range(25)])
    source.put("DEPT", [(1, "영업\n부"), (2, None)])
    return source


@pytest.fixture
def home(tmp_path: Path, source: MemorySource) -> Iterator[Outside]:
    home = a_home(tmp_path, source=source)
    yield home
    home.close()


def asked(
    *, size: int = 50, schema: str | None = None, search: str | None = None
) -> CatalogueAsked:
    return CatalogueAsked(
        source="default", page=PageRequest(size=size), schema=schema, search=search
    )


class TestTheList:
    def test_shows_tables_with_estimates(self, home: Outside) -> None:
        page = list_tables(asked(), outside=home)
        assert [(f"{each.table}", each.estimated_rows) for each in page.items] == [
            ("HR.DEPT", 2),
            ("HR.EMP", 25),
        ]
        assert {each.counted_rows for each in page.items} == {None}

    def test_is_narrowed_by_schema_and_name(self, home: Outside) -> None:
        found = list_tables(asked(schema="HR", search="EM"), outside=home)
        assert [each.table.name for each in found.items] == ["EMP"]
        assert list_tables(asked(schema="SYS"), outside=home).items == ()

    def test_is_counted_on_request(self, home: Outside, source: MemorySource) -> None:
        page = list_tables(asked(size=1), outside=home)
        source.put("DEPT", [(1, "a"), (2, "b"), (3, "c")])
        counted = count_tables(page, source_name="default", outside=home)
        assert [each.counted_rows for each in counted.items] == [3]
        assert counted.next_token == page.next_token is not None


class TestAListThatIsKept:
    @pytest.fixture
    def shelved(self, home: Outside) -> Outside:
        """Return a home with a shelf, from which the list was asked once."""
        shelved = replace(home, shelf=MemoryShelf())
        list_tables(asked(), outside=shelved)
        return shelved

    def names(self, home: Outside, **how: float) -> list[str]:
        return [each.table.name for each in list_tables(asked(), outside=home, **how).items]

    def test_is_shown_without_asking_the_source(
        self, shelved: Outside, source: MemorySource
    ) -> None:
        source.put("NEW", [])
        shelved.clock.wait(MAX_AGE_SECONDS - 1)
        assert self.names(shelved) == ["DEPT", "EMP"]

    def test_is_asked_anew_when_it_is_old(self, shelved: Outside, source: MemorySource) -> None:
        source.put("NEW", [])
        shelved.clock.wait(MAX_AGE_SECONDS)
        assert self.names(shelved) == ["DEPT", "EMP", "NEW"]
        source.put("NEWER", [])
        assert self.names(shelved) == ["DEPT", "EMP", "NEW"]

    def test_is_asked_anew_for_whoever_wants_no_other(
        self, shelved: Outside, source: MemorySource
    ) -> None:
        source.put("NEW", [])
        assert self.names(shelved, max_age_seconds=0) == ["DEPT", "EMP", "NEW"]

    def test_is_shown_however_old_while_the_source_is_away(self, shelved: Outside) -> None:
        shelved.clock.wait(MAX_AGE_SECONDS * 9)
        away = replace(shelved, source=lambda _: Away(SourceAway("the database is away")))
        assert self.names(away) == ["DEPT", "EMP"]
        with pytest.raises(SourceAway):
            list_tables(asked(search="E"), outside=away)

    def test_keeps_one_question_apart_from_another(self, shelved: Outside) -> None:
        assert [each.table.name for each in list_tables(asked(size=1), outside=shelved).items] == [
            "DEPT"
        ]

    def test_is_no_condition_of_listing(self, home: Outside) -> None:
        lame = replace(home, shelf=Away(BookAway("the state is away")))
        assert self.names(lame) == ["DEPT", "EMP"]


class TestATable:
    def test_shows_how_each_column_would_be_carried(self, home: Outside) -> None:
        shown = show_table(EMP, source_name="default", outside=home)
        carried = {each.declared.name: each.carried for each in shown.columns}
        assert carried["ID"] is not None
        assert (carried["ID"].json_type, carried["ID"].bigquery_type) == ("number", "INT64")
        assert shown.shape.primary_key == ("ID",)

    def test_says_why_a_column_would_not(self, home: Outside) -> None:
        shown = show_table(EMP, source_name="default", outside=home)
        scan = shown.columns[-1]
        assert (scan.declared.name, scan.carried) == ("SCAN", None)
        assert "SCAN" in scan.refusal
        assert shown.warnings != ()

    def test_that_is_not_there_is_said_so(self, home: Outside) -> None:
        with pytest.raises(TableNotFound):
            show_table(TableName(name="NOTHING"), source_name="default", outside=home)


class TestASample:
    def test_has_the_first_rows_as_objects_would_hold_them(self, home: Outside) -> None:
        found = sample_table(EMP, limit=12, source_name="default", outside=home)
        assert found.columns == ("ID", "NAME")
        assert [json.loads(line) for line in found.lines] == [
            {"ID": number, "NAME": f"name {number}"} for number in range(12)
        ]

    def test_keeps_line_ends_inside_values(self, home: Outside) -> None:
        dept = TableName(name="DEPT")
        found = sample_table(dept, limit=12, source_name="default", outside=home)
        rows = [json.loads(line) for line in found.lines]
        assert rows == [{"ID": 1, "NAME": "영업\n부"}, {"ID": 2, "NAME": None}]

    def test_of_an_empty_table_has_no_rows(self, home: Outside, source: MemorySource) -> None:
        source.put("NONE", [])
        none = TableName(name="NONE")
        assert sample_table(none, limit=1, source_name="default", outside=home).lines == ()

    def test_of_a_year_before_one_shows_it_as_text(self, tmp_path: Path) -> None:
        source = AncientSource()
        source.put("EMP", tuple((number, None) for number in range(25)))
        ancient = a_home(tmp_path, source=source)
        found = sample_table(EMP, limit=25, source_name="default", outside=ancient)
        ancient.close()
        assert json.loads(found.lines[ANCIENT_ROW])["BORN"] == CAESAR

    def test_ends_with_the_row_that_makes_it_large(
        self, home: Outside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(browse_tables, "_MOST_SAMPLE_BYTES", 1)
        found = sample_table(EMP, limit=25, source_name="default", outside=home)
        assert 0 < len(found.lines) < 25
