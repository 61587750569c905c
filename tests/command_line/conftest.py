"""What the tests of the command line share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from answering_server import AnsweringServer
from command_line.main import main
from command_runs import Run
from written_versions import any_kind

__all__ = ["any_kind", "run", "server"]


@pytest.fixture
def server() -> Iterator[AnsweringServer]:
    with AnsweringServer().running() as running:
        yield running


@pytest.fixture
def run(server: AnsweringServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command against the server, as a program in a pipe would."""
    for variable in ("ORACLE_ETL_API_KEY", "CONFIG_PATH"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("ORACLE_ETL_URL", server.url)

    def run_command(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    return run_command
