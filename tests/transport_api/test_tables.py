from __future__ import annotations

import json
from pathlib import Path

import pytest

from api_service import Api, an_api, document, problem
from fakes.memory_shelf import MemoryShelf
from fakes.memory_source import MemorySource
from fakes.stepped_clock import SteppedClock
from oracle_etl.settings import SourceSettings
from oracle_etl.wiring.sources import Sources


class TestTheList:
    def test_shows_what_the_account_may_read(self, api: Api) -> None:
        first = document(api.get("/api/tables"))["tables"][0]
        assert first == {
            "table_name": "DEPT",
            "schema": "HR",
            "kind": "heap table",
            "columns": 2,
            "estimated_rows": 2,
            "estimated_bytes": 8192,
            "row_count": None,
        }

    def test_counts_rows_on_request(self, api: Api) -> None:
        tables = document(api.get("/api/tables?counts=exact"))["tables"]
        assert {each["table_name"]: each["row_count"] for each in tables} == {"DEPT": 2, "EMP": 25}

    def test_comes_in_pages(self, api: Api) -> None:
        first = document(api.get("/api/tables?page_size=1"))
        rest = document(api.get(f"/api/tables?page_size=1&page_token={first['next_page_token']}"))
        names = [each["table_name"] for page in (first, rest) for each in page["tables"]]
        assert (names, rest["next_page_token"]) == (["DEPT", "EMP"], None)

    def test_is_narrowed(self, api: Api) -> None:
        assert document(api.get("/api/tables?schema=SYS"))["tables"] == []
        [found] = document(api.get("/api/tables?schema=HR&search=EM"))["tables"]
        assert found["table_name"] == "EMP"

    def test_says_how_old_it_is_and_is_asked_anew_on_request(
        self, api: Api, source: MemorySource
    ) -> None:
        shelved = api.having(shelf=MemoryShelf())
        assert shelved.get("/api/tables").headers["Age"] == "0"
        source.put("NEW", [])
        api.home.clock.wait(90)
        kept = shelved.get("/api/tables")
        assert (len(document(kept)["tables"]), kept.headers["Age"]) == (2, "90")
        fresh = shelved.get("/api/tables", Cache_Control="no-cache")
        assert (len(document(fresh)["tables"]), fresh.headers["Age"]) == (3, "0")

    def test_is_never_younger_than_now(self, api: Api) -> None:
        shelved = api.having(shelf=MemoryShelf())
        api.home.clock.wait(60)
        assert shelved.get("/api/tables").headers["Age"] == "0"
        behind = shelved.having(clock=SteppedClock())
        assert behind.get("/api/tables").headers["Age"] == "0"

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("counts=all", "counts"),
            ("counts=exact&page_size=51", "page_size"),
            ("schema=", "schema"),
            ("search=", "search"),
            ("owner=HR", "owner"),
        ],
    )
    def test_refuses_parameters_by_name(self, api: Api, query: str, field: str) -> None:
        status, _, details = problem(api.get(f"/api/tables?{query}"))
        assert (status, list(details)) == (400, [field])


class TestASourceWithoutAnAddress:
    def test_is_no_fault_of_a_field_that_nobody_sent(self, api: Api) -> None:
        sources = Sources({"default": SourceSettings()}, vault=None, mode="thin")
        response = api.having(source=sources.named).get("/api/tables")
        assert problem(response) == (400, "VALIDATION_ERROR", {})
        assert "ORACLE_DSN" in document(response)["hint"]


class TestATable:
    def test_shows_how_its_columns_are_carried(self, api: Api) -> None:
        shown = document(api.get("/api/tables/hr.emp"))
        assert (shown["table_name"], shown["schema"]) == ("EMP", "HR")
        assert shown["primary_key"] == ["ID"]
        assert [each["name"] for each in shown["columns"]] == ["ID", "NAME"]
        number = shown["columns"][0]
        assert (number["oracle_type"], number["json_type"]) == ("NUMBER(9)", "number")
        assert (number["bigquery_type"], number["nullable"]) == ("INT64", False)

    def test_that_is_not_there_is_a_404(self, api: Api) -> None:
        for path in ("NOTHING", "NOTHING/sample"):
            assert problem(api.get(f"/api/tables/{path}"))[:2] == (404, "TABLE_NOT_FOUND")

    @pytest.mark.parametrize("name", ["a b", "1", "%22", "a.b.c", "%00", "A;B"])
    def test_needs_a_name_that_oracle_could_have(self, api: Api, name: str) -> None:
        for path in (name, f"{name}/sample"):
            status, code, details = problem(api.get(f"/api/tables/{path}"))
            assert (status, code, list(details)) == (400, "VALIDATION_ERROR", ["name"])


class TestATableWithSlashesInItsName:
    @pytest.fixture
    def sap(self, tmp_path: Path) -> Api:
        source = MemorySource()
        source.put("/BIC/AFACT", [(1, "a")])
        return an_api(tmp_path / "sap", source=source)

    @pytest.mark.parametrize("name", ['"/BIC/AFACT"', "%22%2FBIC%2FAFACT%22"])
    def test_is_found_quoted(self, sap: Api, name: str) -> None:
        assert document(sap.get(f"/api/tables/{name}"))["table_name"] == "/BIC/AFACT"
        assert document(sap.get(f"/api/tables/{name}/sample"))["rows"] == [{"ID": 1, "NAME": "a"}]
        sap.home.close()


class TestASample:
    def test_has_a_hundred_rows_unless_asked_for_others(
        self, api: Api, source: MemorySource
    ) -> None:
        source.put("MANY", [(number, None) for number in range(200)])
        shown = document(api.get("/api/tables/MANY/sample"))
        assert shown["row_count"] == len(shown["rows"]) == 100
        assert len(document(api.get("/api/tables/MANY/sample?limit=7"))["rows"]) == 7

    def test_is_json_whatever_the_values(self, api: Api) -> None:
        response = api.get("/api/tables/DEPT/sample")
        assert json.loads(response.data) == {
            "table_name": "DEPT",
            "schema": "HR",
            "columns": ["ID", "NAME"],
            "row_count": 2,
            "rows": [{"ID": 1, "NAME": "영업"}, {"ID": 2, "NAME": None}],
        }

    def test_of_no_rows_is_empty(self, api: Api, source: MemorySource) -> None:
        source.put("NONE", [])
        assert document(api.get("/api/tables/NONE/sample"))["rows"] == []

    @pytest.mark.parametrize("limit", ["0", "1001", "x"])
    def test_is_bounded(self, api: Api, limit: str) -> None:
        status, _, details = problem(api.get(f"/api/tables/EMP/sample?limit={limit}"))
        assert (status, list(details)) == (400, ["limit"])
