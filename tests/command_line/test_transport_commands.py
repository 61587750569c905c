"""`oracle-etl transports`, one transport at a time."""

from __future__ import annotations

import json

import pytest

from answering_server import AnsweringServer, Given
from command_answers import COMPLETE, J, T, job, transport, transports_held
from command_runs import Run
from oracle_etl.model.transport import Schedule


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

    def test_with_an_empty_schedule_says_how_one_is_taken_away(self, run: Run) -> None:
        result = run("transports", "update", T, "--schedule", "")
        assert result.exit_code == 2
        assert "--no-schedule" in result.stderr

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
