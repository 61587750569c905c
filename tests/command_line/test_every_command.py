"""What all commands have in common."""

from __future__ import annotations

import json

import pytest

from answering_server import AnsweringServer, Given
from command_answers import J
from command_runs import Run


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
