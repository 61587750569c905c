"""`oracle-etl jobs`."""

from __future__ import annotations

import json

import pytest

from answering_server import AnsweringServer, Given
from builders import a_table, later
from command_answers import COMPLETE, J, T, job, tables_to_load
from command_runs import Run
from oracle_etl.model.job import JobStatus
from oracle_etl.model.table_task import Failure
from transport_api.answers_of_job_tables import TableOfJobAnswer


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
