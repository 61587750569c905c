from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner

from command_line.exits import BadUsage
from command_line.main import main
from command_line.serve import refuse_strangers
from command_line.streams_end import StartResponse, StreamsEnd
from oracle_etl.settings import AuthSettings, Secret, ServerSettings, Settings

WITH_KEYS = AuthSettings(enabled=True, api_keys=(Secret("k"),))


class TestServingWithoutKeys:
    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.5", "db.example.org"])  # noqa: S104 - refused
    def test_is_refused_on_any_address_that_others_reach(self, host: str) -> None:
        with pytest.raises(BadUsage) as raised:
            refuse_strangers(Settings(server=ServerSettings(host=host)))
        assert "AUTH_ENABLED" in raised.value.hint

    @pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
    def test_is_allowed_on_this_machine(self, host: str) -> None:
        refuse_strangers(Settings(server=ServerSettings(host=host)))

    def test_ends_the_command_with_what_to_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SERVER_HOST", "10.0.0.5")
        monkeypatch.setenv("AUTH_ENABLED", "false")
        result = CliRunner().invoke(main, ["serve"])
        assert result.exit_code == 2
        assert "SERVER_HOST=127.0.0.1" in result.stderr


class TestServingWithKeys:
    def test_is_allowed_anywhere(self) -> None:
        server = ServerSettings(host="10.0.0.5")
        refuse_strangers(replace(Settings(auth=WITH_KEYS), server=server))


class TestSettingsThatAreWrong:
    def test_are_told_all_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SERVER_PORT", "eighty")
        monkeypatch.setenv("ETL_LEASE", "soon")
        result = CliRunner().invoke(main, ["serve"])
        assert result.exit_code == 2
        assert "SERVER_PORT" in result.stderr
        assert "ETL_LEASE" in result.stderr


class Body:
    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks = chunks
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)

    def close(self) -> None:
        self.closed = True


def answered(body: Body, content_type: str, ending: Event) -> Iterable[bytes]:
    def application(_: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", content_type)])
        return body

    return StreamsEnd(application, ending)({}, lambda *_: None)


class TestAServiceThatEnds:
    def test_cuts_its_event_streams_at_the_next_chunk(self) -> None:
        ending = Event()
        body = Body([b"1", b"2", b"3"])
        chunks = iter(answered(body, "text/event-stream; charset=utf-8", ending))
        assert next(chunks) == b"1"
        ending.set()
        assert list(chunks) == []

    def test_lets_other_answers_come_whole(self) -> None:
        ending = Event()
        ending.set()
        body = Body([b"1", b"2", b"3"])
        assert list(answered(body, "application/json", ending)) == [b"1", b"2", b"3"]

    def test_closes_what_it_cuts(self) -> None:
        body = Body([b"1"])
        stream = answered(body, "text/event-stream", Event())
        stream.close()  # type: ignore[attr-defined] # as WSGI servers do
        assert body.closed
