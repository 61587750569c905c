"""`oracle-etl transports apply` and `export`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from answering_server import AnsweringServer, Given
from command_answers import T, transport, transports_held
from command_runs import Run
from oracle_etl.model.transport import Schedule

VALIDATED = "validate_only=true"


class TestTransportsApply:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "transports.yaml"

    def test_creates_and_updates_what_differs(
        self, run: Run, server: AnsweringServer, file: Path
    ) -> None:
        transports_held(server, transport())
        server.will_answer("POST /api/transports", Given.document(transport(), status=201))
        server.will_answer(f"PATCH /api/transports/{T}", Given.document(transport()))
        entries = [{"name": "nightly", "tables": ["EMP"]}, {"name": "new", "tables": ["A"]}]
        file.write_text(json.dumps({"transports": entries}))
        result = run("transports", "apply", str(file))
        assert result.stdout.splitlines()[-1] == "1 created, 1 updated, 0 unchanged"
        changes = [(each.method, each.body) for each in server.asked if each.body]
        assert changes == [
            ("PATCH", {"tables": [{**_entry("EMP")}]}),
            ("POST", {"name": "new", "tables": ["A"]}),
        ]
        assert server.asked[-2].headers["If-Match"] == '"1"'

    def test_shows_what_would_change_and_changes_nothing_when_dry(
        self, run: Run, server: AnsweringServer, file: Path
    ) -> None:
        transports_held(server, transport())
        server.will_answer(f"PATCH /api/transports/{T}?{VALIDATED}", Given.document(transport()))
        file.write_text('transports: [{name: nightly, tables: [EMP], target_bucket: "b"}]')
        result = run("transports", "apply", str(file), "--dry-run")
        assert result.exit_code == 0
        assert "update nightly" in result.stdout
        assert "-- DEPT" in result.stdout
        assert "+target_bucket: b" in result.stdout
        changes = [each for each in server.asked if each.method != "GET"]
        assert [each.path for each in changes] == [f"/api/transports/{T}?{VALIDATED}"]
        assert changes[0].headers["If-Match"] == '"1"'

    def test_tells_all_that_the_server_would_refuse_when_dry(
        self, run: Run, server: AnsweringServer, file: Path
    ) -> None:
        transports_held(server)
        refused = {"code": "VALIDATION_ERROR", "message": "format must be parquet"}
        server.will_answer(
            f"POST /api/transports?{VALIDATED}",
            Given.document(transport()),
            Given.document(refused, status=400),
        )
        entries = [{"name": name, "tables": ["A"]} for name in ("first", "second", "third")]
        file.write_text(json.dumps({"transports": entries}))
        result = run("transports", "apply", str(file), "--dry-run")
        assert result.exit_code == 3
        assert [line for line in result.stdout.splitlines() if "refused" in line] == [
            "second: would be refused: format must be parquet",
            "third: would be refused: format must be parquet",
        ]
        assert result.stderr.splitlines()[0] == "Error: 2 of 3 entries would be refused"
        told = [json.loads(line) for line in run_json(run, file).splitlines()]
        assert [each["data"]["name"] for each in told if each["event"] == "refused"] == [
            "first",
            "second",
            "third",
        ]

    def test_that_cannot_be_judged_is_not_taken_for_good(
        self, run: Run, server: AnsweringServer, file: Path
    ) -> None:
        transports_held(server)
        away = {"code": "STATE_UNAVAILABLE", "message": "the state is away"}
        server.will_answer(f"POST /api/transports?{VALIDATED}", Given.document(away, status=503))
        file.write_text("transports: [{name: nightly, tables: [EMP]}]")
        assert run("transports", "apply", str(file), "--dry-run").exit_code == 4

    def test_of_an_export_changes_nothing(
        self, run: Run, server: AnsweringServer, file: Path
    ) -> None:
        schedule = Schedule(cron="0 3 * * *", time_zone="Asia/Seoul")
        transports_held(server, transport(schedule=schedule, description="매출: 1"))
        file.write_text(run("transports", "export").stdout, encoding="utf-8")
        result = run("transports", "apply", str(file))
        assert result.stdout.splitlines()[-1] == "0 created, 0 updated, 1 unchanged"

    def test_will_not_guess_between_two_of_a_name(
        self, run: Run, server: AnsweringServer, file: Path
    ) -> None:
        transports_held(server, transport(), {**transport(), "id": "TRPID-00000002"})
        file.write_text("transports: [{name: nightly, tables: [EMP]}]")
        result = run("transports", "apply", str(file))
        assert result.exit_code == 3
        assert "TRPID-00000001, TRPID-00000002" in result.stderr

    def test_is_refused_where_two_entries_find_one_transport(
        self, run: Run, server: AnsweringServer, file: Path
    ) -> None:
        transports_held(server, transport())
        entries = [
            {"id": T, "name": "new name", "tables": ["A"]},
            {"name": "nightly", "tables": ["B"]},
        ]
        file.write_text(json.dumps({"transports": entries}))
        result = run("transports", "apply", str(file))
        assert result.exit_code == 2
        assert f"'new name' and 'nightly' are both the transport {T}" in result.stderr
        assert {each.method for each in server.asked} == {"GET"}

    def test_is_refused_where_somebody_else_was_quicker(
        self, run: Run, server: AnsweringServer, file: Path
    ) -> None:
        transports_held(server, transport())
        stale = {"code": "PRECONDITION_FAILED", "message": "it is at revision 2"}
        server.will_answer(f"PATCH /api/transports/{T}", Given.document(stale, status=412))
        file.write_text("transports: [{name: nightly, tables: [EMP]}]")
        assert run("transports", "apply", str(file)).exit_code == 3

    def test_names_the_entry_that_is_refused_and_what_is_done(
        self, run: Run, server: AnsweringServer, file: Path
    ) -> None:
        transports_held(server)
        refused = {
            "code": "VALIDATION_ERROR",
            "message": "format must be parquet",
            "hint": "correct it",
            "details": {"format": "must be parquet", "source": "is another one"},
        }
        server.will_answer(
            "POST /api/transports",
            Given.document(transport(), status=201),
            Given.document(refused, status=400),
        )
        entries = [{"name": name, "tables": ["A"]} for name in ("first", "second", "third")]
        file.write_text(json.dumps({"transports": entries}))
        result = run("transports", "apply", str(file))
        assert result.exit_code == 3
        assert result.stderr.splitlines() == [
            "Error: second: format must be parquet",
            "  source: is another one",
            "  correct it",
            "  1 of 3 entries are done; apply again for the others",
        ]


def run_json(run: Run, file: Path) -> str:
    return run("transports", "apply", str(file), "--dry-run", "--json").stdout


def _entry(table: str) -> dict[str, Any]:
    return {
        "table": table,
        "query": None,
        "columns": [],
        "exclude": [],
        "where": None,
        "binds": {},
        "order": [],
        "masks": [],
        "source_encoding": None,
        "on_unsupported": None,
    }


class TestTransportsExport:
    def test_writes_what_people_would(self, run: Run, server: AnsweringServer) -> None:
        transports_held(server, transport())
        assert run("transports", "export").stdout.splitlines() == [
            "transports:",
            f"- id: {T}",
            "  name: nightly",
            "  tables:",
            "  - EMP",
            "  - DEPT",
            "  target_bucket: lake",
            "  parallel_tables: 4",
        ]

    def test_can_be_of_some(self, run: Run, server: AnsweringServer) -> None:
        transports_held(server, transport())
        assert run("transports", "export", T).exit_code == 0
        assert [each.path for each in server.asked] == [f"/api/transports/{T}"]
