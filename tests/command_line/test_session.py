from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from command_line.exits import MEANINGS, DataDiffers, JobFailed, NotAuthorised, Stop
from command_line.output import Output
from command_line.session import says_how_it_ends
from oracle_etl.model.errors import BookAway, InvalidRequest, NoSuchJob


def run_as_command(work: Callable[[], object], *options: str) -> Result:
    @click.command
    @says_how_it_ends
    def command(output: Output) -> None:
        del output
        work()

    return CliRunner().invoke(command, options)


def ended(work: Callable[[], object]) -> tuple[int, str]:
    """Run work as a command, and return how it ended and what it said of that."""
    result = run_as_command(work)
    return result.exit_code, result.stderr


def raising(error: BaseException) -> Callable[[], object]:
    def work() -> object:
        raise error

    return work


class TestACommand:
    def test_that_does_its_work_ends_with_0(self) -> None:
        assert ended(lambda: None) == (0, "")

    @pytest.mark.parametrize("kind", [JobFailed, DataDiffers, NotAuthorised])
    def test_that_stops_ends_with_the_code_of_why(self, kind: type[Stop]) -> None:
        code, said = ended(raising(kind("so it is", hint="do that")))
        assert code == kind.exit_code
        assert code in MEANINGS
        assert said == "Error: so it is\n  do that\n"

    def test_with_unusable_settings_ends_with_2(self) -> None:
        code, said = ended(raising(InvalidRequest("no", hint="see README.md")))
        assert (code, said) == (2, "Error: no\n  see README.md\n")

    def test_that_finds_nothing_ends_with_3(self) -> None:
        code, said = ended(raising(NoSuchJob("there is no JOB-x")))
        assert (code, said.splitlines()[0]) == (3, "Error: there is no JOB-x")

    def test_that_finds_the_state_away_ends_with_4(self) -> None:
        code, said = ended(raising(BookAway("the state is away", hint="wait")))
        assert (code, said) == (4, "Error: the state is away\n  wait\n")

    def test_that_is_interrupted_ends_with_130_and_adds_nothing_to_its_result(self) -> None:
        assert ended(raising(KeyboardInterrupt())) == (130, "interrupted\n")

    def test_that_click_refuses_ends_as_click_says(self) -> None:
        code, said = ended(raising(click.UsageError("not like this")))
        assert code == 2
        assert "not like this" in said

    def test_with_a_fault_shows_where_it_lies(self) -> None:
        code, said = ended(raising(ZeroDivisionError("oh")))
        assert code == 70
        assert "ZeroDivisionError: oh" in said

    @pytest.mark.skipif(
        not Path("/dev/full").exists(), reason="there is no disk that is always full"
    )
    @pytest.mark.parametrize("options", [(), ("--json",)])
    def test_whose_disk_is_full_ends_with_2_and_says_so(self, options: tuple[str, ...]) -> None:
        with Path("/dev/full").open("w") as full:
            ended = subprocess.run(  # noqa: S603 - our own command
                (sys.executable, "-m", "command_line", "version", *options),
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        assert ended.returncode == 2
        assert ended.stderr.splitlines() == [
            "Error: what this command writes cannot be kept: No space left on device",
            "  make room on the disk of its output, and on that of temporary files",
        ]

    def test_whose_disk_of_temporary_files_is_full_tells_so_where_it_tells_all(self) -> None:
        result = run_as_command(raising(OSError(errno.ENOSPC, "no room")), "--json")
        told = json.loads(result.stdout)
        assert (result.exit_code, told["event"], told["data"]["exit_code"]) == (2, "problem", 2)
        assert told["data"]["message"] == "what this command writes cannot be kept: no room"

    @pytest.mark.parametrize("options", ["", " --json"])
    def test_whose_output_is_closed_ends_as_if_somebody_read_it(self, options: str) -> None:
        command = f"{sys.executable} -m command_line version{options} >&-"
        ended = subprocess.run(("sh", "-c", command), capture_output=True, check=False)  # noqa: S603, S607 - our own
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("version",),
            ("version", "--json"),
            ("jobs", "list", "--url", "http://127.0.0.1:1", "--json"),
        ],
    )
    def test_whose_reader_has_gone_ends_with_141_and_says_nothing(
        self, arguments: tuple[str, ...]
    ) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        try:
            result = subprocess.run(  # noqa: S603 - our own command
                (sys.executable, "-m", "command_line", *arguments),
                stdout=writing,
                stderr=subprocess.PIPE,
                check=False,
            )
        finally:
            os.close(writing)
        assert (result.returncode, result.stderr) == (141, b"")
