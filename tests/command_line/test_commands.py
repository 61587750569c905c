"""The client commands against a server whose answers are the API's own types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from answering_server import AnsweringServer, Given
from builders import a_job, a_table, a_transport, later
from command_runs import Run
from oracle_etl.flow.load_into_bigquery import BigqueryLoad
from oracle_etl.model.job import Counts, Job, JobStatus
from oracle_etl.model.table_task import Failure
from oracle_etl.model.transport import Schedule, Transport
from transport_api.answers_of_job_tables import TableOfJobAnswer
from transport_api.job_answers import JobAnswer
from transport_api.transport_answers import TransportAnswer

T = "TRPID-00000001"
J = "JOB-20260301-120000-0001"
VALIDATED = "validate_only=true"
COMPLETE = Given.events('event: complete\nid: x\ndata: {"status": "completed"}\n\n')


def transport(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a transport
    made: Transport = a_transport(T, **changes)
    return TransportAnswer.of(made).model_dump(mode="json")


def job(status: JobStatus = JobStatus.COMPLETED, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a job
    made: Job = a_job(
        J,
        status=status,
        started_at=later(1),
        completed_at=later(3.5),
        counts=Counts(rows=1234, bytes=5600),
        **changes,
    )
    answer = JobAnswer.of(
        made, now=later(9), location="/data/x", manifest="/data/x/m.json", queue_position=None
    )
    return answer.model_dump(mode="json")


def transports_held(server: AnsweringServer, *held: dict[str, Any]) -> None:
    """Let the server hold transports."""
    page = {"transports": list(held), "next_page_token": None}
    server.will_answer("GET /api/transports?page_size=500", Given.document(page))
    for each in held:
        answer = Given.document(each, ETag='"1"')
        server.will_answer(f"GET /api/transports/{each['id']}", answer)


class TestTransportsList:
    def test_shows_a_line_for_each(self, run: Run, server: AnsweringServer) -> None:
        schedule = Schedule(cron="0 3 * * *", time_zone="Asia/Seoul")
        page = {"transports": [transport(schedule=schedule)], "next_page_token": None}
        server.will_answer("GET /api/transports?page_size=50", Given.document(page))
        result = run("transports", "list")
        assert result.stdout.splitlines() == [
            "TRANSPORT\tNAME\tSTATUS\tTABLES\tBUCKET\tSCHEDULE",
            f"{T}\tnightly\tidle\t2\tlake\t0 3 * * * Asia/Seoul",
        ]

    def test_says_which_are_switched_off(self, run: Run, server: AnsweringServer) -> None:
        page = {"transports": [transport(enabled=False)], "next_page_token": None}
        server.will_answer("GET /api/transports?page_size=1", Given.document(page))
        assert "\tdisabled\t" in run("transports", "list", "--limit", "1").stdout


class TestAListThatIsCutOff:
    @pytest.fixture(autouse=True)
    def more(self, server: AnsweringServer) -> None:
        page = {"transports": [transport()], "next_page_token": "t"}
        server.will_answer("GET /api/transports?page_size=1", Given.document(page))

    def test_says_so_beside_its_rows(self, run: Run) -> None:
        result = run("transports", "list", "--limit", "1")
        assert len(result.stdout.splitlines()) == 2
        assert result.stderr == "there are more of them: see --limit\n"

    def test_tells_programs_by_an_event(self, run: Run) -> None:
        lines = run("transports", "list", "--limit", "1", "--json").stdout.splitlines()
        assert [json.loads(each)["event"] for each in lines] == ["transport", "cut_off"]


class TestTransportsCreate:
    def test_sends_what_the_options_say(self, run: Run, server: AnsweringServer) -> None:
        server.will_answer("POST /api/transports", Given.document(transport(), status=201))
        options = ("--table", "A", "--table", "B.*", "--bucket", "b", "--disabled")
        when = ("--schedule", "0 3 * * *", "--time-zone", "Asia/Seoul")
        result = run("transports", "create", "--name", "n", *options, *when)
        assert result.stdout == f"{T} created\n"
        assert server.asked[0].body == {
            "name": "n",
            "tables": ["A", "B.*"],
            "target_bucket": "b",
            "enabled": False,
            "schedule": {"cron": "0 3 * * *", "time_zone": "Asia/Seoul"},
        }

    def test_gives_programs_the_transport(self, run: Run, server: AnsweringServer) -> None:
        server.will_answer("POST /api/transports", Given.document(transport(), status=201))
        result = run("transports", "create", "--name", "n", "--table", "A", "--json")
        event = json.loads(result.stdout)
        assert (event["v"], event["event"], event["data"]["id"]) == (1, "transport", T)

    @pytest.mark.parametrize(
        "options", [(), ("--table", "A", "--time-zone", "UTC"), ("--table", "A", "--format", "x")]
    )
    def test_without_what_it_needs_is_bad_usage(
        self, run: Run, server: AnsweringServer, options: tuple[str, ...]
    ) -> None:
        assert run("transports", "create", "--name", "n", *options).exit_code == 2
        assert server.asked == []


class TestTransportsUpdate:
    def test_changes_what_it_has_seen(self, run: Run, server: AnsweringServer) -> None:
        server.will_answer(f"GET /api/transports/{T}", Given.document(transport(), ETag='"7"'))
        server.will_answer(f"PATCH /api/transports/{T}", Given.document(transport()))
        result = run("transports", "update", T, "--prefix", "p")
        assert result.exit_code == 0
        assert server.asked[1].headers["If-Match"] == '"7"'
        assert server.asked[1].body == {"prefix": "p"}

    def test_with_nothing_to_change_is_bad_usage(self, run: Run) -> None:
        assert run("transports", "update", T).exit_code == 2

    def test_takes_a_schedule_away(self, run: Run, server: AnsweringServer) -> None:
        transports_held(server, transport())
        server.will_answer(f"PATCH /api/transports/{T}", Given.document(transport()))
        assert run("transports", "update", T, "--no-schedule").exit_code == 0
        assert server.asked[-1].body == {"schedule": None}

    def test_with_a_schedule_and_none_is_bad_usage(self, run: Run) -> None:
        result = run("transports", "update", T, "--no-schedule", "--schedule", "0 3 * * *")
        assert result.exit_code == 2


class TestTransportsShow:
    def test_shows_every_field(self, run: Run, server: AnsweringServer) -> None:
        server.will_answer(f"GET /api/transports/{T}", Given.document(transport()))
        lines = dict(each.split("\t") for each in run("transports", "show", T).stdout.splitlines())
        assert lines.keys() == transport().keys()
        assert lines["tables"] == '["EMP", "DEPT"]'

    def test_of_one_that_is_not_there_ends_with_3(self, run: Run, server: AnsweringServer) -> None:
        problem = {"code": "TRANSPORT_NOT_FOUND", "message": "there is no transport X"}
        server.will_answer("GET /api/transports/X", Given.document(problem, status=404))
        result = run("transports", "show", "X")
        assert (result.exit_code, result.stdout) == (3, "")
        assert result.stderr == "Error: there is no transport X\n"


class TestTransportsDelete:
    def test_says_so(self, run: Run, server: AnsweringServer) -> None:
        server.will_answer(f"DELETE /api/transports/{T}", Given(status=204, body=b""))
        assert run("transports", "delete", T).stdout == f"{T} deleted\n"


class TestTransportsExecute:
    def test_starts_a_job_under_a_key_of_its_own(self, run: Run, server: AnsweringServer) -> None:
        server.will_answer(f"POST /api/transports/{T}/execute", Given.document(job(), status=202))
        for _ in range(2):
            assert run("transports", "execute", T).stdout == f"{J} started\n"
        keys = {each.headers["Idempotency-Key"] for each in server.asked}
        assert len(keys) == 2
        assert server.asked[0].body == {}

    def test_says_what_of_it(self, run: Run, server: AnsweringServer) -> None:
        server.will_answer(f"POST /api/transports/{T}/execute", Given.document(job(), status=202))
        more = ("--limit", "10", "--table", "A", "--idempotency-key", "k")
        assert run("transports", "execute", T, *more).exit_code == 0
        assert server.asked[0].body == {"limit": 10, "tables": ["A"]}
        assert server.asked[0].headers["Idempotency-Key"] == "k"

    def test_watches_it_to_its_end(self, run: Run, server: AnsweringServer) -> None:
        server.will_answer(f"POST /api/transports/{T}/execute", Given.document(job(), status=202))
        server.will_answer(f"GET /api/jobs/{J}/events", COMPLETE)
        server.will_answer(f"GET /api/jobs/{J}", Given.document(job()))
        result = run("transports", "execute", T, "--watch")
        assert result.stdout.splitlines()[1] == f"{J} completed: 1,234 rows, 5.6 kB, 2.5 s"

    def test_of_one_that_runs_ends_with_3_and_names_the_job(
        self, run: Run, server: AnsweringServer
    ) -> None:
        problem = {"code": "TRANSPORT_RUNNING", "message": "it runs", "details": {"job_id": J}}
        server.will_answer(f"POST /api/transports/{T}/execute", Given.document(problem, status=409))
        result = run("transports", "execute", T)
        assert result.exit_code == 3
        assert f"job_id: {J}" in result.stderr


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


class TestJobsList:
    def test_shows_a_line_for_each(self, run: Run, server: AnsweringServer) -> None:
        page = {"jobs": [job()], "next_page_token": None}
        query = f"transport={T}&status=completed&page_size=20"
        server.will_answer(f"GET /api/jobs?{query}", Given.document(page))
        result = run("jobs", "list", "--transport", T, "--status", "completed")
        assert result.stdout.splitlines()[1].split("\t") == [
            J,
            T,
            "v001",
            "completed",
            "2026-03-01 12:00:01Z",
            "1,234 rows, 5.6 kB, 2.5 s",
        ]


class TestJobsShow:
    def test_shows_the_job_and_its_tables(self, run: Run, server: AnsweringServer) -> None:
        failed = a_table(name="EMP").failed(
            Failure(code="ACCESS_DENIED", message="not granted"), now=later(2)
        )
        tables = [TableOfJobAnswer.of(failed, objects=[], load=None).model_dump(mode="json")]
        server.will_answer(f"GET /api/jobs/{J}", Given.document(job()))
        page = Given.document({"tables": tables, "next_page_token": None})
        server.will_answer(f"GET /api/jobs/{J}/tables", page)
        lines = run("jobs", "show", J).stdout.splitlines()
        assert lines[:3] == [f"job\t{J}", f"transport\t{T}", "version\tv001"]
        assert "result\t1,234 rows, 5.6 kB, 2.5 s" in lines
        assert "error" not in {line.split("\t")[0] for line in lines}
        assert lines[-1].split("\t") == ["HR.EMP", "failed", "0", "0 B", "", "not granted"]

    def test_says_what_went_wrong_and_what_to_do(self, run: Run, server: AnsweringServer) -> None:
        failure = Failure(code="TABLES_FAILED", message="1 of 2 tables failed", hint="retry it")
        failed = job(JobStatus.FAILED, failure=failure, version=None, warnings=("mind this",))
        server.will_answer(f"GET /api/jobs/{J}", Given.document(failed))
        page = Given.document({"tables": [], "next_page_token": None})
        server.will_answer(f"GET /api/jobs/{J}/tables", page)
        lines = dict(line.split("\t")[:2] for line in run("jobs", "show", J).stdout.splitlines())
        assert lines["error"] == "1 of 2 tables failed"
        assert lines["what to do"] == "retry it"
        assert lines["version"] == "none: a full run"
        assert lines["warning 1"] == "mind this"

    @pytest.mark.parametrize(
        ("command", "last"),
        [
            (
                "bq load DATASET.EMP gs://lake/EMP.parquet",
                [
                    "to load it into BigQuery, with your data set in place of DATASET:",
                    "bq load DATASET.EMP gs://lake/EMP.parquet",
                ],
            ),
            (None, ["copy it first"]),
        ],
    )
    def test_says_how_its_tables_get_into_bigquery(
        self, run: Run, server: AnsweringServer, command: str | None, last: list[str]
    ) -> None:
        server.will_answer(f"GET /api/jobs/{J}", Given.document(job()))
        server.will_answer(f"GET /api/jobs/{J}/tables", tables_to_load(command, "copy it first"))
        assert run("jobs", "show", J).stdout.splitlines()[-len(last) :] == last


def tables_to_load(command: str | None, hint: str) -> Given:
    """Return a page of two tables, the first of which is to be loaded so."""
    load = BigqueryLoad(command=command, hint=hint)
    tables = [
        TableOfJobAnswer.of(a_table(name="EMP"), objects=[], load=load),
        TableOfJobAnswer.of(a_table(name="DEPT"), objects=[], load=None),
    ]
    shown = [each.model_dump(mode="json") for each in tables]
    return Given.document({"tables": shown, "next_page_token": None})


class TestJobsWatch:
    def test_ends_with_how_its_first_tables_get_into_bigquery(
        self, run: Run, server: AnsweringServer
    ) -> None:
        of_many = {**job(), "location": "gs://lake/T/v001", "tables_total": 11}
        server.will_answer(f"GET /api/jobs/{J}/events", COMPLETE)
        server.will_answer(f"GET /api/jobs/{J}", Given.document(of_many))
        page = tables_to_load("bq load DATASET.EMP gs://lake/EMP.parquet", "a hint")
        server.will_answer(f"GET /api/jobs/{J}/tables?page_size=10", page)
        assert run("jobs", "watch", J).stdout.splitlines()[-4:] == [
            f"{J} completed: 1,234 rows, 5.6 kB, 2.5 s",
            "to load it into BigQuery, with your data set in place of DATASET:",
            "bq load DATASET.EMP gs://lake/EMP.parquet",
            f"`oracle-etl jobs show {J}` has those of all tables",
        ]

    def test_of_a_job_that_fails_ends_with_1_and_says_why(
        self, run: Run, server: AnsweringServer
    ) -> None:
        failure = Failure(code="TABLES_FAILED", message="1 of 2 tables failed", hint="retry it")
        failed = Given.document(job(JobStatus.FAILED, failure=failure))
        server.will_answer(f"GET /api/jobs/{J}/events", COMPLETE)
        server.will_answer(f"GET /api/jobs/{J}", failed)
        result = run("jobs", "watch", J)
        assert result.exit_code == 1
        assert result.stderr.splitlines() == [
            f"Error: {J} failed: 1 of 2 tables failed",
            "  retry it",
        ]

    def test_of_a_job_that_is_cancelled_says_how_to_go_on(
        self, run: Run, server: AnsweringServer
    ) -> None:
        server.will_answer(f"GET /api/jobs/{J}/events", COMPLETE)
        server.will_answer(f"GET /api/jobs/{J}", Given.document(job(JobStatus.CANCELLED)))
        result = run("jobs", "watch", J)
        assert result.exit_code == 1
        assert result.stderr.splitlines() == [
            f"Error: {J} was cancelled",
            f"  `oracle-etl jobs retry {J}` does what it left undone",
        ]

    def test_gives_programs_every_event_then_the_job(
        self, run: Run, server: AnsweringServer
    ) -> None:
        server.will_answer(f"GET /api/jobs/{J}/events", COMPLETE)
        server.will_answer(f"GET /api/jobs/{J}", Given.document(job()))
        lines = run("jobs", "watch", J, "--json").stdout.splitlines()
        assert [json.loads(line)["event"] for line in lines] == ["complete", "job"]


class TestJobsCancel:
    def test_says_so(self, run: Run, server: AnsweringServer) -> None:
        server.will_answer(f"POST /api/jobs/{J}/cancel", Given.document(job(), status=202))
        assert run("jobs", "cancel", J).stdout == f"{J} is being cancelled\n"


class TestJobsRetry:
    def test_starts_a_new_job(self, run: Run, server: AnsweringServer) -> None:
        server.will_answer(f"POST /api/jobs/{J}/retry", Given.document(job(), status=202))
        assert run("jobs", "retry", J).stdout == f"{J} started\n"


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


class TestEveryCommand:
    def test_sends_the_key_of_the_environment(
        self, run: Run, server: AnsweringServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ORACLE_ETL_API_KEY", "from-environment")
        run("jobs", "show", J)
        run("jobs", "show", J, "--api-key", "from-option")
        keys = [each.headers["X-API-Key"] for each in server.asked]
        assert keys == ["from-environment", "from-option"]

    def test_goes_to_the_server_it_is_told(self, run: Run, server: AnsweringServer) -> None:
        result = run("jobs", "list", "--url", "http://127.0.0.1:1", "--json")
        assert result.exit_code == 4
        assert json.loads(result.stdout)["data"]["code"] == "UNREACHABLE"
        assert server.asked == []

    def test_ends_with_5_without_the_key(self, run: Run, server: AnsweringServer) -> None:
        problem = {
            "code": "AUTHENTICATION_ERROR",
            "message": "this call needs an API key",
            "hint": "send X-API-Key: <key>",
        }
        server.will_answer("GET /api/jobs?page_size=20", Given.document(problem, status=401))
        result = run("jobs", "list")
        assert result.exit_code == 5
        assert "set ORACLE_ETL_API_KEY" in result.stderr

    def test_says_that_a_surprise_is_its_own_fault(self, run: Run, server: AnsweringServer) -> None:
        server.will_answer("GET /api/jobs?page_size=20", Given.document({"unexpected": True}))
        result = run("jobs", "list")
        assert result.exit_code == 70
        assert "KeyError" in result.stderr


class TestVersion:
    def test_is_told(self, run: Run) -> None:
        assert run("version").stdout.startswith("oracle-etl 0.")


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_is_a_script_for_the_shell(self, run: Run, shell: str) -> None:
        assert "_ORACLE_ETL_COMPLETE" in run("completion", shell).stdout


class TestHelp:
    @pytest.mark.parametrize(
        "command",
        [
            (),
            ("serve",),
            ("tables", "list"),
            ("tables", "show"),
            ("tables", "sample"),
            ("transports", "create"),
            ("transports", "list"),
            ("transports", "show"),
            ("transports", "update"),
            ("transports", "delete"),
            ("transports", "execute"),
            ("transports", "apply"),
            ("transports", "export"),
            ("jobs", "list"),
            ("jobs", "show"),
            ("jobs", "watch"),
            ("jobs", "cancel"),
            ("jobs", "retry"),
        ],
    )
    def test_has_an_example(self, run: Run, command: tuple[str, ...]) -> None:
        result = run(*command, "--help")
        assert result.exit_code == 0
        assert "Example" in result.stdout
        assert f"oracle-etl {' '.join(command)}".strip() in result.stdout
