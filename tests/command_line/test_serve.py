from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner

from command_line.data_folder import prepare_folder
from command_line.exits import BadUsage
from command_line.main import main
from command_line.serve import refuse_a_taken_port, refuse_strangers
from command_line.streams_end import StartResponse, StreamsEnd
from oracle_etl.settings import AuthSettings, HomeSettings, Secret, ServerSettings, Settings

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


class TestAPortThatIsTaken:
    def test_is_named_with_what_to_do(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(BadUsage, match=rf"127.0.0.1, port {port}: [^(]+$") as raised:
                refuse_a_taken_port(ServerSettings(port=port))
        assert "SERVER_PORT" in raised.value.hint

    def test_is_no_matter_where_any_will_do(self) -> None:
        refuse_a_taken_port(ServerSettings(port=0))


class TestTheDataFolder:
    def test_is_made(self, tmp_path: Path) -> None:
        prepare_folder(HomeSettings(data_folder=tmp_path / "a" / "b"))
        assert list((tmp_path / "a").iterdir()) == [tmp_path / "a" / "b"]

    def test_is_refused_where_it_cannot_be_written(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        with pytest.raises(BadUsage, match="cannot be written") as raised:
            prepare_folder(HomeSettings(data_folder=file))
        assert "DATA_FOLDER" in raised.value.hint

    def test_is_not_made_for_the_google_home(self, tmp_path: Path) -> None:
        prepare_folder(HomeSettings(home="google", data_folder=tmp_path / "a"))
        assert not (tmp_path / "a").exists()


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
