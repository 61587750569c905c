from __future__ import annotations

import io

import pytest

from answering_server import AnsweringServer, Given
from command_line.api_client import ApiClient
from command_line.exits import Unreachable
from command_line.output import JsonLines
from command_line.session import Session
from command_line.watching import follow
from oracle_etl.settings import Secret


class TestAServerThatStaysAway:
    def test_ends_the_watching_and_not_the_job(self, server: AnsweringServer) -> None:
        away = {"code": "STATE_UNAVAILABLE", "message": "the state is away", "hint": "wait"}
        server.will_answer("GET /api/jobs/J/events", Given.document(away, status=503))
        api = ApiClient(server.url, api_key=Secret(""), wait=lambda _: None)
        with pytest.raises(Unreachable, match="the state is away") as raised:
            follow(Session(api=api, output=JsonLines(io.StringIO())), "J")
        first, second = raised.value.hint.splitlines()
        assert first == "wait"
        assert "`oracle-etl jobs watch J`" in second
        assert raised.value.problem["code"] == "STATE_UNAVAILABLE"
        assert raised.value.problem["job_id"] == "J"
