"""`oracle-etl tables`."""

from __future__ import annotations

import json

from answering_server import AnsweringServer, Given
from command_runs import Run

LISTED = {
    "table_name": "EMP",
    "schema": "HR",
    "kind": "heap table",
    "columns": 8,
    "estimated_rows": 1000,
    "estimated_bytes": 64000,
    "row_count": None,
}


class TestTablesList:
    def test_shows_estimates_as_such(self, run: Run, server: AnsweringServer) -> None:
        page = Given.document({"tables": [LISTED], "next_page_token": None})
        server.will_answer("GET /api/tables?schema=HR&search=E&page_size=200", page)
        lines = run("tables", "list", "--schema", "HR", "--search", "E").stdout.splitlines()
        assert lines[1].split("\t") == ["HR", "EMP", "heap table", "8", "~1,000", "64.0 kB"]

    def test_counts_where_asked_to(self, run: Run, server: AnsweringServer) -> None:
        counted = {**LISTED, "row_count": 999}
        page = Given.document({"tables": [counted], "next_page_token": None})
        server.will_answer("GET /api/tables?counts=exact&page_size=5", page)
        assert "\t999\t" in run("tables", "list", "--count").stdout


class TestTablesShow:
    def test_shows_each_column(self, run: Run, server: AnsweringServer) -> None:
        column = {
            "name": "ID",
            "oracle_type": "NUMBER(9)",
            "nullable": False,
            "json_type": "number",
            "bigquery_type": "INT64",
            "note": "",
        }
        server.will_answer("GET /api/tables/HR.EMP", Given.document({"columns": [column]}))
        lines = run("tables", "show", "HR.EMP").stdout.splitlines()
        assert lines[1].split("\t") == ["ID", "NUMBER(9)", "no", "number", "INT64", ""]


class TestTablesSample:
    def test_shows_rows_as_a_table(self, run: Run, server: AnsweringServer) -> None:
        answer = {"columns": ["ID", "NAME"], "rows": [{"ID": 1, "NAME": None}]}
        server.will_answer("GET /api/tables/EMP/sample?limit=10", Given.document(answer))
        assert run("tables", "sample", "EMP").stdout.splitlines() == ["ID\tNAME", "1\t"]

    def test_gives_programs_rows_as_the_object_would_hold_them(
        self, run: Run, server: AnsweringServer
    ) -> None:
        row = {"ID": "12345678901234567890"}
        answer = {"columns": ["ID"], "rows": [row]}
        server.will_answer("GET /api/tables/EMP/sample?limit=1", Given.document(answer))
        result = run("tables", "sample", "EMP", "--limit", "1", "--json")
        assert json.loads(result.stdout)["data"] == row
